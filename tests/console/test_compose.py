"""The compose file, in every profile: what it tells each process exists, and containers are as closed as it says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml

from console.components import containers
from console.keys import make_keys
from kernel.settings import ServiceSettings, Settings

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text()
VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")
PROCESSES = ("identity", "dossiers", "discussion", "files", "notifier", "gateway")
SERVICES = PROCESSES[:-1]


def variables(file: str) -> dict[str, str]:
    """What an environment file sets, commented examples included."""
    return dict(re.findall(r"^(?:# )?([A-Z_]+)=(.*)$", (ROOT / file).read_text(), re.MULTILINE))


ENVIRONMENTS = {
    "single": {},
    "cluster": variables("deploy/cluster.env"),
    "antivirus": {"COMPOSE_PROFILES": "antivirus", "GUICHET_CLAMD": "tcp://clamd:3310", "GUICHET_DEMO": "1"},
    "console": {"COMPOSE_PROFILES": "console"},
}


def composed(environment: dict[str, str]) -> dict[str, Any]:
    """The file as compose reads it in an environment, without the services of other profiles."""
    text = VARIABLE.sub(lambda found: environment.get(found[1]) or found[2] or "", TEXT)
    read: dict[str, Any] = yaml.safe_load(text)
    chosen = {environment.get("COMPOSE_PROFILES")}
    read["services"] = {
        name: service
        for name, service in read["services"].items()
        if not service.get("profiles") or chosen & set(service["profiles"])
    }
    for service in read["services"].values():
        told = service.get("environment", {})
        passed = {name: environment.get(name) if value is None else str(value) for name, value in told.items()}
        service["environment"] = {name: value for name, value in passed.items() if value is not None}
    return read


COMPOSED = {name: composed(environment) for name, environment in ENVIRONMENTS.items()}
EVERY = {name: service for profile in COMPOSED.values() for name, service in profile["services"].items()}
profiles = pytest.mark.parametrize("profile", ENVIRONMENTS)
processes = pytest.mark.parametrize("process", PROCESSES)


def settings_of(process: str) -> type[Settings]:
    """What a process reads its environment with."""
    package = "gateway" if process == "gateway" else f"services.{process}"
    # A process without settings of its own has those of every service.
    if not (ROOT / package.replace(".", "/") / "settings.py").exists():
        return ServiceSettings
    found: list[type[Settings]] = [
        value
        for value in vars(import_module(f"{package}.settings")).values()
        if isinstance(value, type) and issubclass(value, Settings)
    ]
    return max(found, key=lambda each: len(each.__mro__))


def known_to(process: str) -> set[str]:
    """The variables that a process reads, secrets from files included."""
    fields = {f"GUICHET_{field.upper()}" for field in settings_of(process).model_fields}
    return fields | {f"{field}_FILE" for field in fields}


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The volume `keys`, as its container leaves it."""
    data = tmp_path_factory.mktemp("installation")
    make_keys(data)
    containers.write(data)
    return data / "keys"


def seen_from_here(service: dict[str, Any], path: str, keys: Path) -> Path:
    """Where a file that a container is given lies in the volume `keys`."""
    (found,) = [v for v in service["volumes"] if isinstance(v, dict) and Path(path).is_relative_to(v["target"])]
    return keys / str(found["volume"]["subpath"]) / Path(path).relative_to(found["target"])


@profiles
@processes
def test_every_variable_a_process_is_told_is_one_it_reads(process: str, profile: str) -> None:
    told = COMPOSED[profile]["services"][process]["environment"]
    assert {name for name in told if name.startswith("GUICHET_")} - known_to(process) == set()


@profiles
@processes
def test_a_process_starts_with_what_it_is_told(
    process: str, profile: str, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = COMPOSED[profile]["services"][process]
    for name in [name for name in os.environ if name.startswith("GUICHET_")]:
        monkeypatch.delenv(name)
    for name, value in service["environment"].items():
        file = name.endswith("_FILE") or name == "GUICHET_TRUST"
        monkeypatch.setenv(name, str(seen_from_here(service, value, keys)) if file else value)
    settings = settings_of(process)()
    assert (settings.trust / "console.pub.pem").exists()
    if isinstance(settings, ServiceSettings):
        nodes = 3 if profile == "cluster" else 1
        assert settings.eventstore.startswith("esdb://")
        assert (settings.eventstore.count(":2113"), settings.nats_replicas) == (nodes, nodes)
        assert re.fullmatch(rf"postgresql://{process}:\w+@postgres:5432/{process}", settings.database)


@profiles
def test_every_server_a_process_is_told_of_runs(profile: str) -> None:
    services = COMPOSED[profile]["services"]
    reachable = set(services) | {a for s in services.values() for a in aliases(s)}
    for name in PROCESSES:
        for key, value in services[name]["environment"].items():
            hosts = [] if key == "GUICHET_PUBLIC_URL" else re.findall(r"(?:://|,)(?:[^@,/]*@)?([\w-]+):\d+", value)
            assert set(hosts) <= reachable, (name, value)
            for host in hosts:
                met = [s for n, s in services.items() if host in {n, *aliases(s)}]
                assert any(set(services[name]["networks"]) & set(server["networks"]) for server in met), (name, host)


def aliases(service: dict[str, Any]) -> set[str]:
    networks = service.get("networks", {})
    return {alias for n in networks.values() for alias in n["aliases"]} if isinstance(networks, dict) else set()


@profiles
def test_a_cluster_replaces_the_single_nodes(profile: str) -> None:
    services = COMPOSED[profile]["services"]
    for server in ("nats", "eventstoredb"):
        nodes = [name for name in services if re.fullmatch(rf"{server}-\d", name)]
        assert (services[server]["deploy"]["replicas"], len(nodes)) in {("1", 0), ("0", 3)}
        assert {server, *nodes} <= set(services["dossiers"]["depends_on"])


def test_every_variable_of_the_file_is_explained_and_every_explained_one_exists() -> None:
    explained = set(variables(".env.example")) | set(variables("deploy/cluster.env")) - {"COMPOSE_PROFILES"}
    passed = {
        n for s in yaml.safe_load(TEXT)["services"].values() for n, v in s.get("environment", {}).items() if not v
    }
    assert {found[0] for found in VARIABLE.findall(TEXT)} | passed == explained


def test_caddy_is_told_every_variable_of_its_file() -> None:
    read = set(re.findall(r"\{\$(\w+)", (ROOT / "deploy/Caddyfile").read_text()))
    assert read == set(yaml.safe_load(TEXT)["services"]["caddy"]["environment"])


def test_nobody_but_caddy_shares_the_network_that_the_gateways_trust() -> None:
    assert {name for name, service in EVERY.items() if "edge" in service.get("networks", [])} == {"caddy", "gateway"}
    (network,) = COMPOSED["single"]["networks"]["edge"]["ipam"]["config"]
    assert EVERY["gateway"]["environment"]["GUICHET_TRUSTED_PROXIES"] == network["subnet"]


@processes
def test_the_module_a_container_runs_exists(process: str) -> None:
    module = EVERY[process]["command"][-1]
    assert (ROOT / module.replace(".", "/")).with_suffix(".py").exists()


@pytest.mark.parametrize("name", [name for name, service in EVERY.items() if "nats" in name])
def test_a_nats_server_finds_its_configuration(name: str, keys: Path) -> None:
    assert seen_from_here(EVERY[name], EVERY[name]["command"][-1], keys).exists()


@pytest.mark.parametrize("name", EVERY)
def test_a_container_is_closed(name: str) -> None:
    service = EVERY[name]
    assert service["user"] in ("10001:10001", "1000:1000", "clamav")
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service.get("cap_add", []) == (["NET_BIND_SERVICE"] if name == "caddy" else [])
    assert "no-new-privileges:true" in service["security_opt"]
    assert {"mem_limit", "pids_limit"} <= set(service)
    assert "healthcheck" in service or name in ("keys", "console")
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


@processes
def test_a_process_is_given_its_own_keys_and_no_others(process: str) -> None:
    mounted = {volume["volume"]["subpath"] for volume in EVERY[process]["volumes"] if isinstance(volume, dict)}
    assert mounted == {process, "trust"} | ({"servers/s3"} if process == "files" else set())


@pytest.mark.parametrize(
    ("network", "who"),
    [
        ("storage", {"s3", "files", "clamd"}),
        ("events", {*SERVICES, "eventstoredb", "eventstoredb-1", "eventstoredb-2", "eventstoredb-3"}),
        ("database", {*SERVICES, "postgres"}),
    ],
)
def test_a_store_is_reached_by_those_who_need_it(network: str, who: set[str]) -> None:
    assert {name for name, service in EVERY.items() if network in service.get("networks", [])} == who
    assert COMPOSED["single"]["networks"][network] == {"internal": True}


def test_replicas_of_a_service_share_no_directory() -> None:
    for name in SERVICES:
        assert [volume for volume in EVERY[name]["volumes"] if isinstance(volume, str)] == ["/data"]


def test_every_volume_and_network_is_declared() -> None:
    declared = COMPOSED["single"]
    for service in EVERY.values():
        volumes = service.get("volumes", [])
        sources = {v["source"] for v in volumes if isinstance(v, dict) and v["type"] == "volume"}
        sources |= {v.partition(":")[0] for v in volumes if isinstance(v, str) and ":" in v}
        assert sources <= set(declared["volumes"])
        assert set(service.get("networks", [])) <= set(declared["networks"])
        assert all((ROOT / v["source"]).exists() for v in volumes if isinstance(v, dict) and v["type"] == "bind")


def compose_exists() -> bool:
    if shutil.which("docker") is None:
        return False
    return subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not compose_exists(), reason="no docker client with compose here")
@pytest.mark.parametrize("file", [".env.example", "deploy/cluster.env"])
def test_docker_compose_accepts_the_file(file: str) -> None:
    command = ["docker", "compose", "--env-file", file, "--profile", "antivirus", "config", "-q"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
