"""From the log, which is the outbox, to the bus: public facts in order from a checkpoint, and a heartbeat."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from kernel.bus import NatsBus
from kernel.codec import Codec
from kernel.db import Db, Overtaken, Tx
from kernel.envelope import Recorded
from kernel.eventstore import EventStore

HEARTBEAT = 10.0
PAGE = 200
log = logging.getLogger(__name__)


class Relay:
    """Publishes what the log holds. Two at once, or one that repeats itself after a crash, are harmless."""

    def __init__(self, store: EventStore, state: Db, bus: NatsBus, codec: Codec) -> None:
        self._store, self._state, self._bus, self._codec = store, state, bus, codec
        self.position = self._kept = 0

    async def run(self) -> None:
        """Relay for ever. Raises Overtaken when another process does it."""
        rows = await self._state.read("SELECT position FROM relay")
        self._kept = kept = rows[0]["position"] if rows else 0
        # A checkpoint past the end belongs to another log: this one is published whole.
        self.position = kept if kept <= self._store.head else 0
        while True:
            page = await self._store.scan(self.position, PAGE, public=True)
            if page.facts:
                await self._deliver(page.facts)
            if page.position > self.position:
                self.position = page.position
                await self._save(page.position)
            else:
                await self._store.changed(self.position, 3600)

    async def beat(self) -> None:
        """Say every ten seconds how far the log has got, for ever."""
        while True:
            await self._bus.send(
                f"guichet-heartbeat.{self._store.source}",
                {"head": self._store.head, "public": self._store.public_head, "epoch": self._store.epoch},
            )
            await asyncio.sleep(HEARTBEAT)

    async def _deliver(self, facts: Sequence[Recorded]) -> None:
        delay = 0.5
        while True:
            try:
                await self._bus.publish(facts, self._codec, self._store.epoch)
                return
            except ConnectionError as error:
                log.info("relay waits: %s", error)
                await asyncio.sleep(delay)
                delay = min(delay * 2, 5.0)

    async def _save(self, position: int) -> None:
        def work(tx: Tx) -> bool:
            tx.run("INSERT INTO relay VALUES(1, 0) ON CONFLICT DO NOTHING")
            moved = tx.run(
                "UPDATE relay SET position=:position WHERE position=:kept RETURNING one",
                position=position,
                kept=self._kept,
            )
            return bool(moved)

        if not await self._state.write(work):
            raise Overtaken("another process relays")
        self._kept = position
