"""Sources of facts: a service's own log, or another service's feed with the bus as its early warning."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from kernel.envelope import Recorded
from kernel.errors import Refused
from kernel.eventstore import EventStore

log = logging.getLogger(__name__)
LONG_POLL = 25.0
SILENCE = 25.0
PAGE = 500


class EpochChanged(RuntimeError):
    """The producer's log is another one than was read so far: what was made of it has to be made again."""


@dataclass(frozen=True, slots=True)
class FeedPage:
    """Facts in order, up to `position`, from the log whose `epoch` this is."""

    facts: Sequence[Recorded]
    position: int
    epoch: str


@dataclass(frozen=True, slots=True)
class Hint:
    """What the bus says: a fact (its sealed fields left out), or a heartbeat when `fact` is None.

    `previous` is the last public position before this one; for a heartbeat, the last public position.
    """

    position: int
    previous: int
    epoch: str
    fact: Recorded | None = None
    sealed: bool = False


class Hints(Protocol):
    """A subscription to one producer's hints. It may lose some; the feed makes up for it."""

    async def next(self, timeout: float) -> Hint | None:
        """The next hint; None on silence, on overflow or when the bus is away: read the feed."""

    @property
    def alive(self) -> bool:
        """Whether the bus is connected."""

    def close(self) -> None:
        """Stop listening."""


class Source(Protocol):
    """Where facts of one service come from, in that service's order."""

    name: str

    async def page(self, after: int, wait: float = 0.0) -> FeedPage:
        """The facts after a position; waits up to `wait` seconds for the first.

        Raises Refused(unavailable), and EpochChanged when the log ends before that position.
        """

    async def fact(self, stream: str, version: int) -> Recorded | None:
        """One fact again, for a retry."""

    async def end(self) -> FeedPage:
        """An empty page where the log ends now."""

    def follow(self, after: int, wanted: Collection[str]) -> AsyncIterator[FeedPage]:
        """Every fact after a position for ever: in order, none lost, none twice. `wanted` names types of interest.

        The first page comes at once, though it may be empty: it says which log this is. So does one whose epoch is
        another than before. Raises EpochChanged.
        """


class LocalSource:
    """A service's own log."""

    def __init__(self, store: EventStore) -> None:
        self.name, self._store = store.source, store

    async def page(self, after: int, wait: float = 0.0) -> FeedPage:
        if after > self._store.head:
            raise EpochChanged(f"the log of {self.name} ends before position {after}")
        if wait:
            await self._store.changed(after, wait)
        page = await self._store.scan(after, PAGE)
        return FeedPage(page.facts, page.position, self._store.epoch)

    async def fact(self, stream: str, version: int) -> Recorded | None:
        history = await self._store.read(stream, upto=version)
        return history[-1] if history and history[-1].version == version else None

    async def end(self) -> FeedPage:
        return FeedPage((), self._store.head, self._store.epoch)

    async def follow(self, after: int, wanted: Collection[str]) -> AsyncIterator[FeedPage]:
        first = True
        while True:
            page = await self.page(after)
            if page.position > after or first:
                after, first = page.position, False
                yield page
            else:
                await self._store.changed(after, 3600)


class RemoteSource:
    """Another service's public facts. `fetch` reads its feed; `listen` subscribes to its hints."""

    def __init__(
        self,
        name: str,
        fetch: Callable[[int, float], Awaitable[FeedPage]],
        refetch: Callable[[str, int], Awaitable[Recorded | None]],
        listen: Callable[[], Hints],
    ) -> None:
        self.name, self._fetch, self._refetch, self._listen = name, fetch, refetch, listen

    async def page(self, after: int, wait: float = 0.0) -> FeedPage:
        return await self._fetch(after, wait)

    async def fact(self, stream: str, version: int) -> Recorded | None:
        return await self._refetch(stream, version)

    async def end(self) -> FeedPage:
        page = await self._fetch(0, 0.0)
        while page.facts:
            page = await self._fetch(page.position, 0.0)
        return page

    async def follow(self, after: int, wanted: Collection[str]) -> AsyncIterator[FeedPage]:
        hints = self._listen()
        failures, epoch = 0, ""
        try:
            while True:
                try:
                    page = await self._fetch(after, 0.0 if hints.alive else LONG_POLL)
                except Refused as refusal:
                    failures += 1
                    log.info("the feed of %s does not answer (%s)", self.name, refusal.slug)
                    await asyncio.sleep(min(1.0, 0.1 * 2 ** min(failures, 5)) * random.uniform(0.7, 1.3))  # noqa: S311
                    continue
                failures = 0
                if page.position > after or page.epoch != epoch:
                    after, epoch = page.position, page.epoch
                    yield page
                    if len(page.facts) >= PAGE:
                        continue
                async for chained in _chained(hints, after, wanted, page.epoch):
                    after = chained.position
                    yield chained
        finally:
            hints.close()


async def _chained(hints: Hints, after: int, wanted: Collection[str], epoch: str) -> AsyncIterator[FeedPage]:
    """Hints as long as they chain (`previous <= after < position`) and say all that is wanted; then the feed's turn."""
    while hints.alive and (hint := await hints.next(SILENCE)) is not None:
        if hint.epoch != epoch:
            return
        if hint.position <= after:
            continue
        if hint.previous > after:
            return
        if hint.fact is None or hint.fact.type not in wanted:
            after = hint.position
            yield FeedPage((), after, epoch)
        elif hint.sealed:
            return
        else:
            after = hint.position
            yield FeedPage((hint.fact,), after, epoch)
