"""The compose file: what it tells each process exists, and every container is as closed as it says."""

from __future__ import annotations

import re
import shutil
import subprocess
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml

from kernel.settings import Settings

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
OURS = {name: service for name, service in COMPOSE["services"].items() if service["image"] == "guichet"}
PROCESSES = ("identity", "dossiers", "discussion", "files", "notifier", "gateway")
# Read by the compose file itself, to publish ports.
PUBLISHED = {"GUICHET_PORT", "GUICHET_MAILBOX_PORT"}


def settings_of(process: str) -> set[str]:
    """The variables that a process reads, secrets from files included."""
    package = "gateway" if process == "gateway" else f"services.{process}"
    # A process without settings of its own has those of every service.
    own = (ROOT / package.replace(".", "/") / "settings.py").exists()
    module = import_module(f"{package}.settings" if own else "kernel.settings")
    classes = [value for value in vars(module).values() if isinstance(value, type) and issubclass(value, Settings)]
    fields = {f"GUICHET_{field.upper()}" for found in classes for field in found.model_fields}
    return fields | {f"{field}_FILE" for field in fields}


@pytest.mark.parametrize("process", PROCESSES)
def test_every_variable_a_process_is_told_is_one_it_reads(process: str) -> None:
    told = {name for name in OURS[process]["environment"] if name.startswith("GUICHET_")}
    assert told - settings_of(process) == set()


def test_every_variable_of_the_example_exists() -> None:
    named = set(re.findall(r"^(?:# )?(GUICHET_\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    known = set().union(*map(settings_of, PROCESSES)) | PUBLISHED
    assert named - known == set()


@pytest.mark.parametrize("process", PROCESSES)
def test_the_module_a_container_runs_exists(process: str) -> None:
    module = OURS[process]["command"][-1]
    assert (ROOT / module.replace(".", "/")).with_suffix(".py").exists()


@pytest.mark.parametrize("name", OURS)
def test_a_container_is_closed(name: str) -> None:
    service = OURS[name]
    assert service["user"] == "10001:10001"
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert "mem_limit" in service
    assert "healthcheck" in service or name == "keys"
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


@pytest.mark.parametrize("process", PROCESSES)
def test_a_process_is_given_its_own_keys_and_no_others(process: str) -> None:
    mounted = {volume["volume"]["subpath"] for volume in OURS[process]["volumes"] if isinstance(volume, dict)}
    assert mounted == {process, "trust"} | ({"servers/s3"} if process == "files" else set())


def test_only_files_can_reach_the_object_store() -> None:
    assert {name for name, service in OURS.items() if "storage" in service.get("networks", [])} == {"s3", "files"}
    assert COMPOSE["networks"]["storage"] == {"internal": True}


def test_every_volume_and_network_is_declared() -> None:
    for service in COMPOSE["services"].values():
        sources = {v["source"] if isinstance(v, dict) else v.partition(":")[0] for v in service.get("volumes", [])}
        assert sources <= set(COMPOSE["volumes"])
        assert set(service.get("networks", [])) <= set(COMPOSE["networks"])


def compose_exists() -> bool:
    if shutil.which("docker") is None:
        return False
    return subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not compose_exists(), reason="no docker client with compose here")
def test_docker_compose_accepts_the_file() -> None:
    done = subprocess.run(["docker", "compose", "config", "-q"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
