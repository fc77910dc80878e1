"""The EventStoreDB adapter over the protocol-level test double, one server a lab."""

from __future__ import annotations

from pathlib import Path

from kernel.codec import Codec
from kernel.stores.eventstoredb import EventStoreDbStore
from kernel.vault import SqliteKeys, Vault
from tests.esdb_server.server import Server
from tests.support.stores import SECRET, Lab


class EsdbLab(Lab):
    """The server listens inside this event loop; `reopen` restarts the service and the server."""

    durable = True
    store: EventStoreDbStore | None = None

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.server = Server(directory / "server")

    async def open(self) -> EventStoreDbStore:
        await self.server.start()
        self.keys = SqliteKeys(self.directory / "keys.db")
        self.vault = Vault(self.keys, SECRET)
        codec = Codec("toy", self.vault)
        self.store = await EventStoreDbStore.open(self.server.uri, self.directory / "toy", codec, self.clock)
        return self.store

    async def close(self) -> None:
        if self.store is not None:
            await self.store.close()
            self.keys.close()
            self.store = None
        await self.server.stop()
