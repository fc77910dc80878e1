"""The five services and the gateway: what each is told, and nothing that is another's."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from console.component import Component, Stage
from console.probes import http_status

# Who alone receives variables that begin so; other variables go to everybody.
PRIVATE = {
    "GUICHET_S3_": "files",
    "GUICHET_CLAMD": "files",
    "GUICHET_SMTP_": "notifier",
    "GUICHET_FRANCECONNECT_CLIENT_SECRET": "identity",
    "GUICHET_PROCONNECT_CLIENT_SECRET": "identity",
}


class NotInstalled(Exception):
    """A process whose code is not part of this installation."""


def module_of(name: str) -> str:
    """The module that a process runs."""
    return "gateway.main" if name == "gateway" else f"services.{name}.main"


def process(name: str, port: int, data: Path, environment: Mapping[str, str], own_bus: bool) -> Component:
    """The component of a service or of the gateway. Raises NotInstalled when its module does not exist.

    `own_bus`: the NATS server is ours and knows this process's NKey.
    """
    module = module_of(name)
    if not _exists(module):
        raise NotInstalled(f"Le composant {name} ne fait pas partie de cette installation (module {module} absent).")

    async def ready() -> bool:
        return await http_status(port, "/readyz") == 200

    return Component(
        name=name,
        stage=Stage.GATEWAY if name == "gateway" else Stage.SERVICE,
        argv=[sys.executable, "-m", module],
        environment=told(name, port, data, environment, own_bus),
        ready=ready,
    )


def told(name: str, port: int, data: Path, environment: Mapping[str, str], own_bus: bool) -> dict[str, str]:
    """A process's environment: the common part without other processes' secrets, its address and its own keys."""
    room = data / "keys" / name
    common = {key: value for key, value in environment.items() if _may_know(name, key)}
    if own_bus:
        common["GUICHET_NATS_SEED_FILE"] = str(room / "nats.seed")
    return common | {
        "GUICHET_BIND": f"127.0.0.1:{port}",
        "GUICHET_SIGNING_KEY_FILE": str(room / "signing.pem"),
        "GUICHET_SECRET_FILE": str(room / "secret"),
        "GUICHET_TRUST": str(data / "keys" / "trust"),
    }


def _may_know(name: str, variable: str) -> bool:
    return all(owner == name for prefix, owner in PRIVATE.items() if variable.startswith(prefix))


def _exists(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False
