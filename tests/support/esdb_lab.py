"""The EventStoreDB adapter over the protocol-level test double, or over the cluster that `GUICHET_TEST_ESDB` names."""

from __future__ import annotations

import os
from collections.abc import Awaitable
from pathlib import Path
from uuid import uuid4

import pytest

from kernel.codec import Codec
from kernel.errors import Refused
from kernel.events import Event
from kernel.eventstore import History
from kernel.stores.eventstoredb import EventStoreDbStore
from kernel.vault import SqliteKeys, Vault
from tests.esdb_server.server import Server
from tests.support.stores import SECRET, Lab
from tests.support.toy import CounterAdded

CLUSTER = os.environ.get("GUICHET_TEST_ESDB")


class EsdbLab(Lab):
    """One double a lab, which listens inside this event loop; `reopen` restarts the service and the double."""

    durable = True
    namespace = ""
    store: EventStoreDbStore | None = None

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.server = Server(directory / "server")

    async def uri(self) -> str:
        """Where the double listens, started if need be."""
        return (await self.server.start()).uri

    async def open(self) -> EventStoreDbStore:
        self.keys = SqliteKeys(self.directory / "keys.db")
        self.vault = Vault(self.keys, SECRET)
        codec = Codec("toy", self.vault)
        self.store = await EventStoreDbStore.open(
            await self.uri(), self.directory / "toy", codec, self.clock, namespace=self.namespace
        )
        return self.store

    async def close(self) -> None:
        if self.store is not None:
            await self.store.close()
            self.keys.close()
            self.store = None
        await self.server.stop()


class ClusterLab(EsdbLab):
    """A server that is there already, and stays: every lab has a namespace of its own in it."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.namespace = f"test-{uuid4().hex}."

    async def uri(self) -> str:
        if not CLUSTER:
            pytest.skip("GUICHET_TEST_ESDB names no EventStoreDB server (make test-esdb ESDB_URI=esdb://…)")
        return CLUSTER


class Replicas:
    """Services over one log, each with a directory of its own and the same keys."""

    def __init__(self, directory: Path, uri: str) -> None:
        self._directory, self._uri = directory, uri
        self._keys = SqliteKeys(directory / "keys.db")
        self._open: list[EventStoreDbStore] = []

    async def open(self, name: str = "one", patience: float = 5.0) -> EventStoreDbStore:
        codec = Codec("toy", Vault(self._keys, SECRET))
        store = await EventStoreDbStore.open(self._uri, self._directory / name, codec, patience=patience)
        self._open.append(store)
        return store

    async def __aenter__(self) -> Replicas:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
        self._keys.close()

    async def close(self, *stores: EventStoreDbStore) -> None:
        for store in stores or tuple(self._open):
            self._open.remove(store)
            await store.close()


async def refused(attempt: Awaitable[object], slug: str) -> Refused:
    """What a command is refused with."""
    with pytest.raises(Refused) as caught:
        await attempt
    assert caught.value.slug == slug
    return caught.value


def count(history: History) -> list[Event]:
    """One more fact, which tells how many there were."""
    return [CounterAdded(counter="a", amount=len(history))]


async def attempt(command: Awaitable[object]) -> object:
    """The outcome of a command, a refusal included."""
    try:
        return await command
    except Refused as refusal:
        return refusal
