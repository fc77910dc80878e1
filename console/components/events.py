"""The event store of `--store esdb`: a test double that speaks EventStoreDB's protocol, and says so."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from console.component import Component, Stage
from console.components.services import NotInstalled
from console.probes import listens

MODULE = "tests.esdb_server"


def event_store(data: Path, port: int, environment: Mapping[str, str]) -> Component:
    """The double. Raises NotInstalled where the tests are not part of the installation."""
    try:
        found = find_spec(MODULE) is not None
    except ModuleNotFoundError:
        found = False
    if not found:
        raise NotInstalled(f"« --store esdb » démarre une doublure d'EventStoreDB qui n'est pas installée ({MODULE}).")
    room = data / "esdb"
    room.mkdir(exist_ok=True)

    async def ready() -> bool:
        return await listens(port)

    return Component(
        name="esdb",
        stage=Stage.SERVER,
        argv=[sys.executable, "-m", MODULE, "--host", "127.0.0.1", "--port", str(port), "--data", str(room)],
        environment=environment,
        ready=ready,
    )
