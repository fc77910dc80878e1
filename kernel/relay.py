"""From the log, which is the outbox, to the bus: public facts in order from a checkpoint, and a heartbeat."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from kernel.bus import NatsBus
from kernel.codec import Codec
from kernel.db import Db, Tx
from kernel.envelope import Recorded
from kernel.eventstore import EventStore

HEARTBEAT = 10.0
PAGE = 200
log = logging.getLogger(__name__)


class Relay:
    """Publishes what the log holds. Two at once, or one that repeats itself after a crash, are harmless."""

    def __init__(self, store: EventStore, state: Db, bus: NatsBus, codec: Codec) -> None:
        self._store, self._state, self._bus, self._codec = store, state, bus, codec
        self.position = 0

    async def run(self) -> None:
        """Relay for ever."""
        rows = await self._state.read("SELECT position FROM relay")
        kept = rows[0]["position"] if rows else 0
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
                if "NoStream" in str(error) or "NoResponders" in str(error):
                    await self._restore_stream()
                await asyncio.sleep(delay)
                delay = min(delay * 2, 5.0)

    async def _restore_stream(self) -> None:
        try:
            await self._bus.ensure_stream()
        except ConnectionError as error:
            log.warning("the stream cannot be created: %s", error)

    async def _save(self, position: int) -> None:
        def work(tx: Tx) -> None:
            tx.run(
                "INSERT INTO relay VALUES(1, :position) ON CONFLICT(one) DO UPDATE SET position=excluded.position",
                position=position,
            )

        await self._state.write(work)
