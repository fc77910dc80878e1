"""Adapters of the event store port. Only composition roots choose one."""

from __future__ import annotations

from pathlib import Path

from kernel.clock import Clock
from kernel.codec import Codec
from kernel.eventstore import EVENTSTOREDB, EventStore


async def open_store(url: str, directory: Path, codec: Codec, clock: Clock) -> EventStore:
    """The log of a service: in `directory` for `sqlite:`, or in the cluster an `esdb://` URL names.

    Raises StoreInUse, or Refused(unavailable) when a cluster is away and nothing of it was copied yet.
    """
    if url.startswith(EVENTSTOREDB):
        from kernel.stores.eventstoredb import EventStoreDbStore

        return await EventStoreDbStore.open(url, directory, codec, clock)
    from kernel.stores.sqlite import SqliteStore

    return SqliteStore(directory, codec, clock)
