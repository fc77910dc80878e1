"""What a start consists of: which components, on which ports, told what. Decided before anything runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from console import ports
from console.component import Component
from console.components.bus import SERVICES, nats_server
from console.components.events import event_store
from console.components.mailbox import mailbox
from console.components.objects import PORTS as S3_PORTS
from console.components.objects import s3_server
from console.components.services import NotInstalled, process

# Started by `--store esdb` only: the embedded store needs no server.
EVENT_STORE = "esdb"
EVERYTHING = ("nats", "s3", "mailbox", *SERVICES, "gateway")
GATEWAY_PORT, MAILBOX_PORT = 8000, 8025
# An embedded server steps aside when its variable says where another one is.
ELSEWHERE = {"nats": "GUICHET_NATS_URL", "s3": "GUICHET_S3_URL", "mailbox": "GUICHET_SMTP_URL"}
# Not for children: the first makes every start three times slower, the second is ours to say.
FORGOTTEN = ("PYTHONDONTWRITEBYTECODE", "GUICHET_DEMO")
DEMO_AGENTS = ("instructeur", "instructeur2", "administrateur", "auditeur")
DEMO_PASSWORD = "guichet-demo-2026!"  # noqa: S105


class Impossible(Exception):
    """A start that cannot succeed; the message says why, in French."""


@dataclass(frozen=True)
class Plan:
    """The components to run and where they answer."""

    components: list[Component]
    urls: dict[str, str]
    demo: bool
    data: Path

    def summary(self, seconds: float) -> list[str]:
        """What the person at the terminal reads once everything answers."""
        lines = ["", f"Guichet est prêt en {seconds:.1f} s.".replace(".", ",", 1), ""]
        ours = {component.name for component in self.components}
        lines += [f"  {label:<24} {self.urls[name]}{path}" for name, label, path in ADDRESSES if name in ours]
        lines.append(f"  {'Journaux':<24} {self.data / 'logs'}")
        if self.demo and "gateway" in ours:
            labels = ("Agents de démo", *[""] * len(DEMO_AGENTS))
            lines += [
                f"  {label:<24} {name}@demo.example.org" for label, name in zip(labels, DEMO_AGENTS, strict=False)
            ]
            lines.append(f"  {'Leur mot de passe':<24} {DEMO_PASSWORD}")
        return [*lines, "", "Ctrl-C pour arrêter."]


ADDRESSES = (
    ("gateway", "Portail", "/"),
    ("gateway", "API", "/api/docs"),
    ("mailbox", "Boîte aux lettres", "/"),
    ("nats", "NATS", ""),
    (EVENT_STORE, "EventStoreDB (doublure)", ""),
    ("s3", "S3", ""),
)


def compose(data: Path, only: Iterable[str], demo: bool, environ: Mapping[str, str]) -> Plan:
    """Decides everything about a start. Raises Impossible or PortTaken, before any process exists."""
    chosen = _chosen(only, demo, environ)
    given = _ports(chosen, data, environ)
    urls = _urls(chosen, given, environ)
    environment = _common(data, demo, urls, environ)
    if "s3" in chosen:
        environment.pop("GUICHET_S3_SECRET_KEY", None)
        environment |= _embedded_s3(data)
    bare = {key: value for key, value in environment.items() if not key.startswith("GUICHET_")}
    makers = {
        EVENT_STORE: lambda: event_store(data, given[EVENT_STORE], bare),
        "nats": lambda: nats_server(data, given["nats"], bare),
        "s3": lambda: s3_server(data, given, bare),
        "mailbox": lambda: mailbox(data, given["mailbox"], given["smtp"], bare),
    }
    try:
        components = [
            makers[name]() if name in makers else process(name, given[name], data, environment, "nats" in chosen)
            for name in chosen
        ]
    except (NotInstalled, FileNotFoundError) as missing:
        raise Impossible(str(missing)) from None
    return Plan(components, urls, demo, data)


def _chosen(only: Iterable[str], demo: bool, environ: Mapping[str, str]) -> list[str]:
    wanted = list(only)
    whole = set(wanted) - {EVENT_STORE} == set(EVERYTHING)
    if whole and not demo and not environ.get("GUICHET_SMTP_URL"):
        raise Impossible(
            "Sans --demo, il n'y a pas de boîte aux lettres : indiquez le serveur de courrier dans GUICHET_SMTP_URL."
        )
    return [name for name in wanted if not (name in ELSEWHERE and environ.get(ELSEWHERE[name]))]


def _ports(chosen: list[str], data: Path, environ: Mapping[str, str]) -> dict[str, int]:
    free = [name for name in chosen if name not in ("gateway", "mailbox", "s3")]
    paired = S3_PORTS if "s3" in chosen else ()
    smtp = ("smtp",) if "mailbox" in chosen else ()
    given = ports.assign((*free, *paired, *smtp), paired, data / "run" / "ports.json", environ)
    if "gateway" in chosen:
        given["gateway"] = ports.fixed("GUICHET_PORT", GATEWAY_PORT, environ)
    if "mailbox" in chosen:
        given["mailbox"] = ports.fixed("GUICHET_MAILBOX_PORT", MAILBOX_PORT, environ)
    return given


def _urls(chosen: list[str], given: Mapping[str, int], environ: Mapping[str, str]) -> dict[str, str]:
    schemes = {"nats": "nats", "smtp": "smtp"}
    ours = {name: f"{schemes.get(name, 'http')}://127.0.0.1:{port}" for name, port in given.items()}
    ours = {name: url for name, url in ours.items() if name in (*chosen, "smtp")}
    if EVENT_STORE in ours:
        ours[EVENT_STORE] = f"esdb://127.0.0.1:{given[EVENT_STORE]}?Tls=false"
    elsewhere = {"nats": ELSEWHERE["nats"], "s3": ELSEWHERE["s3"], "smtp": ELSEWHERE["mailbox"]}
    return ours | {name: environ[variable] for name, variable in elsewhere.items() if environ.get(variable)}


def _common(data: Path, demo: bool, urls: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    """What every process is told; `told` then takes away what only one of them may know."""
    environment = {key: value for key, value in environ.items() if key not in FORGOTTEN}
    told = (*SERVICES, "nats", "s3", "smtp")
    environment |= {f"GUICHET_{name.upper()}_URL": urls[name] for name in told if name in urls}
    if EVENT_STORE in urls:
        environment["GUICHET_EVENTSTORE"] = urls[EVENT_STORE]
    environment |= {"GUICHET_DATA": str(data), "PYTHONUNBUFFERED": "1"}
    if "gateway" in urls:
        environment.setdefault("GUICHET_PUBLIC_URL", urls["gateway"])
    if demo:
        environment["GUICHET_DEMO"] = "1"
    return environment


def _embedded_s3(data: Path) -> dict[str, str]:
    """Where the credentials of our own server are; the server itself reads them from its configuration."""
    room = data / "keys" / "servers" / "s3"
    return {
        "GUICHET_S3_ACCESS_KEY": (room / "access").read_text(),
        "GUICHET_S3_SECRET_KEY_FILE": str(room / "secret"),
    }
