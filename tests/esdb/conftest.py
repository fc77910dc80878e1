"""One server for most tests, each with streams of its own; and every client against it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import pytest

from tests.esdb_server.process import EsdbServer
from tests.esdb_server.server import Server
from tests.support.esdb import Client, connect
from tests.support.esdb_lab import Replicas

LIMIT = 64 * 1024


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EsdbServer]:
    """A server that takes at most LIMIT bytes in an append."""
    with EsdbServer(tmp_path_factory.mktemp("esdb"), "--max-append-size", str(LIMIT)) as running:
        yield running


@pytest.fixture(params=["append", "batch", "asyncio"])
def writing(request: pytest.FixtureRequest) -> str:
    """Each way an append travels."""
    return str(request.param)


@pytest.fixture
async def writer(server: EsdbServer, writing: str) -> AsyncIterator[Client]:
    """A client for each way an append travels."""
    made = await connect(writing, server.uri)
    yield made
    await made.close()


@pytest.fixture(params=["sync", "asyncio"])
async def client(request: pytest.FixtureRequest, server: EsdbServer) -> AsyncIterator[Client]:
    """Both clients."""
    made = await connect(request.param, server.uri)
    yield made
    with suppress(ValueError):
        await made.close()


@pytest.fixture
def stream() -> str:
    """A stream no other test uses."""
    return f"order-{uuid4().hex}"


@pytest.fixture
async def double(tmp_path: Path) -> AsyncIterator[Server]:
    """Inside this event loop."""
    async with Server(tmp_path / "server") as running:
        yield running


@pytest.fixture
async def replicas(tmp_path: Path, double: Server) -> AsyncIterator[Replicas]:
    """Of a service over it."""
    async with Replicas(tmp_path, double.uri) as made:
        yield made
