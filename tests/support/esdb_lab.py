"""The EventStoreDB adapter over the protocol-level test double, or over the cluster that `ESDB_URI` names."""

from __future__ import annotations

import os
from pathlib import Path
from uuid import uuid4

from kernel.codec import Codec
from kernel.stores.eventstoredb import EventStoreDbStore
from kernel.vault import SqliteKeys, Vault
from tests.esdb_server.server import Server
from tests.support.stores import SECRET, Lab

CLUSTER = os.environ.get("ESDB_URI")


class EsdbLab(Lab):
    """One double a lab, which listens inside this event loop; `reopen` restarts the service and the double.

    In a cluster, every lab has a namespace of its own.
    """

    durable = True
    store: EventStoreDbStore | None = None

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.server = Server(directory / "server")
        self.namespace = f"test-{uuid4().hex}." if CLUSTER else ""

    async def open(self) -> EventStoreDbStore:
        uri = CLUSTER or (await self.server.start()).uri
        self.keys = SqliteKeys(self.directory / "keys.db")
        self.vault = Vault(self.keys, SECRET)
        codec = Codec("toy", self.vault)
        self.store = await EventStoreDbStore.open(
            uri, self.directory / "toy", codec, self.clock, namespace=self.namespace
        )
        return self.store

    async def close(self) -> None:
        if self.store is not None:
            await self.store.close()
            self.keys.close()
            self.store = None
        await self.server.stop()
