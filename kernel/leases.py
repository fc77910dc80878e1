"""Work that one process of a service does at a time: following for a read model, reacting, relaying, tidying up.

A lease is a row of `state`. Its holder makes it beat; who sees the same beat for too long, by his own clock, takes it,
so the clocks of machines need not agree. A holder that was asleep meanwhile does no harm before it notices: what it
writes moves a checkpoint from where it stood, and is refused when it stands elsewhere (`Overtaken`).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Protocol

from kernel.db import Db, Tx
from kernel.errors import Refused

BEAT = 1.5
PATIENCE = 6.0
"""Seconds without a beat after which a lease is taken from its holder, who gives it up by himself a beat earlier."""
FREED = "freed"
Work = Callable[[], Awaitable[None]]
log = logging.getLogger(__name__)


class Leases(Protocol):
    """Who does what."""

    async def lead(self, name: str, work: Work) -> None:
        """Do `work` while this process holds the lease, and wait for it otherwise, until it ends by itself."""

    async def run(self) -> None:
        """Keep what is held, take what is free; for ever."""

    def look(self) -> None:
        """Something may have become free."""

    async def release(self) -> None:
        """Let go of everything, so that another process need not wait."""


class SoleLeases:
    """This process is the only one."""

    async def lead(self, name: str, work: Work) -> None:
        await work()

    async def run(self) -> None:
        """Nobody takes anything away."""

    def look(self) -> None:
        """There is nobody else."""

    async def release(self) -> None:
        """There is nobody else."""


class SharedLeases:
    """Leases as rows that the processes of one service share."""

    def __init__(
        self,
        state: Db,
        owner: str,
        *,
        beat: float = BEAT,
        patience: float = PATIENCE,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.owner, self._state = owner, state
        self._beat, self._patience, self._now = beat, patience, now
        self._wanted: dict[str, asyncio.Event] = {}
        self._mine: dict[str, float] = {}
        self._seen: dict[str, tuple[int, int, float]] = {}
        self._look = asyncio.Event()

    def held(self, name: str) -> bool:
        """Whether this process may go on with some work."""
        return name in self._mine and self._now() - self._mine[name] < self._patience - self._beat

    async def lead(self, name: str, work: Work) -> None:
        changed = self._wanted.setdefault(name, asyncio.Event())
        self.look()
        while True:
            while not self.held(name):
                changed.clear()
                await changed.wait()
            log.info("%s is done here", name)
            doing = asyncio.ensure_future(work())
            try:
                while self.held(name):
                    await asyncio.wait({doing}, timeout=self._beat)
                    if doing.done():
                        return doing.result()
            finally:
                doing.cancel()
                await asyncio.gather(doing, return_exceptions=True)
            log.warning("%s is done elsewhere", name)

    async def run(self) -> None:
        while True:
            self._look.clear()
            try:
                await self.round()
            except Refused as refusal:
                log.warning("leases cannot be kept: %s", refusal.slug)
            self.notice()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._beat):
                    await self._look.wait()

    def look(self) -> None:
        self._look.set()

    def notice(self) -> None:
        """Have those who wait look whether they may begin."""
        for changed in self._wanted.values():
            changed.set()

    async def round(self) -> None:
        """Beat for what is held, take what is free or has not beaten for too long."""
        started = self._now()
        mine = await self._state.write(lambda tx: self._turn(tx, started))
        self._mine = dict.fromkeys(mine, started)

    async def release(self) -> None:
        def work(tx: Tx) -> None:
            tx.run("UPDATE lease SET owner='' WHERE owner=:owner", owner=self.owner)
            tx.tell(FREED)

        self._mine.clear()
        with contextlib.suppress(Refused):
            await self._state.write(work)

    def _turn(self, tx: Tx, now: float) -> list[str]:
        rows = {row["name"]: row for row in tx.run("SELECT name, owner, term, beat FROM lease")}
        mine = []
        for name in self._wanted:
            row = rows.get(name)
            if row is None:
                tx.run("INSERT INTO lease VALUES(:name, :owner, 1, 0)", name=name, owner=self.owner)
            elif row["owner"] == self.owner:
                tx.run("UPDATE lease SET beat=beat+1 WHERE name=:name", name=name)
            elif row["owner"] == "" or self._silent(name, row["term"], row["beat"], now):
                tx.run(
                    "UPDATE lease SET owner=:owner, term=term+1, beat=0 WHERE name=:name", owner=self.owner, name=name
                )
            else:
                continue
            mine.append(name)
        return mine

    def _silent(self, name: str, term: int, beat: int, now: float) -> bool:
        seen = self._seen.get(name)
        if seen is None or seen[:2] != (term, beat):
            self._seen[name] = term, beat, now
            return False
        return now - seen[2] >= self._patience
