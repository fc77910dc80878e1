"""A producer in memory, and a bus that loses, repeats and reorders what it is told."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import replace

from kernel.codec import Codec
from kernel.envelope import Recorded
from kernel.errors import Refused
from kernel.events import Event
from kernel.feed import FeedPage, Hint, RemoteSource
from kernel.stores.memory import MemoryStore
from kernel.vault import MemoryKeys, Vault
from tests.support.stores import SECRET, append
from tests.support.toy import CounterAdded, CounterAudited, CounterNamed, CounterNoted

PAGE = 50


class Bus:
    """Hints of one producer. `loss`: the chance of each kind of accident, 0 to 1; at 1 nothing arrives."""

    def __init__(self, loss: float, chance: random.Random) -> None:
        self.loss, self.chance = loss, chance
        self.alive = True
        self.closed = False
        self._queue: asyncio.Queue[Hint | None] = asyncio.Queue()
        self._late: list[Hint] = []

    async def next(self, timeout: float) -> Hint | None:
        try:
            async with asyncio.timeout(timeout):
                return await self._queue.get()
        except TimeoutError:
            return None

    def close(self) -> None:
        self.closed = True

    def say(self, hint: Hint) -> None:
        """Publish, or not quite."""
        if self.loss >= 1 or self.chance.random() < self.loss:
            return
        if self.chance.random() < self.loss:
            self._late.append(hint)
            return
        for _ in range(2 if self.chance.random() < self.loss else 1):
            self._queue.put_nowait(hint)
        while self._late and self.chance.random() < 0.5:
            self._queue.put_nowait(self._late.pop(self.chance.randrange(len(self._late))))

    def break_off(self) -> None:
        """A disconnection, noticed."""
        self._queue.put_nowait(None)


class Producer:
    """A log that grows, its feed and its bus. `reads` counts the feed; `refuse` makes it fail that many times."""

    def __init__(self, loss: float, seed: int = 0) -> None:
        self.chance = random.Random(seed)
        self.store = MemoryStore(Codec("toy", Vault(MemoryKeys(), SECRET)))
        self.bus = Bus(loss, self.chance)
        self.reads = 0
        self.refusal: Callable[[], Refused] | None = None

    @property
    def source(self) -> RemoteSource:
        """As a neighbour follows it."""
        return RemoteSource("toy", self.fetch, self.refetch, lambda: self.bus)

    async def fetch(self, after: int, wait: float) -> FeedPage:
        """The feed, without sealed values of course opened for entitled readers."""
        self.reads += 1
        if self.refusal is not None:
            raise self.refusal()
        page = await self.store.scan(after, PAGE, public=True)
        if not page.facts and wait:
            await self.store.changed(page.position, wait)
            page = await self.store.scan(after, PAGE, public=True)
        return FeedPage(page.facts, page.position, self.store.epoch)

    async def refetch(self, stream: str, version: int) -> Recorded | None:
        """One fact again."""
        history = await self.store.read(stream, upto=version)
        return history[-1] if history and history[-1].version == version else None

    async def grow(self, facts: int, pause: Callable[[], Awaitable[None]]) -> None:
        """Append so many facts of every kind, and a last one, and say so on the bus."""
        for number in range(facts):
            id = str(self.chance.randrange(60))
            fact = self.chance.choice(
                (
                    CounterAdded(counter=id, amount=number),
                    CounterAdded(counter=id, amount=number),
                    CounterNamed(counter=id, label=f"name {number}"),
                    CounterNoted(counter=id, text="private", code="c"),
                    CounterAudited(by="x"),
                )
            )
            await self.say(id, fact)
            if self.chance.random() < 0.05:
                self.bus.say(Hint(self.store.head, self.store.public_head, self.store.epoch))
            await pause()
        await self.say("last", CounterAdded(counter="last", amount=-1))

    async def say(self, id: str, fact: Event) -> None:
        """Append a fact, and say so on the bus when it is public."""
        for recorded in (await append(self.store, id, [fact], str(self.chance.random()))).events:
            if recorded.public:
                sealed = bool(fact.seals)
                shown = replace(recorded, event=None) if sealed else recorded
                self.bus.say(Hint(recorded.position, recorded.previous, self.store.epoch, shown, sealed))

    async def public(self) -> list[Recorded]:
        """Everything a follower must have seen."""
        return list((await self.store.scan(0, 1_000_000, public=True)).facts)
