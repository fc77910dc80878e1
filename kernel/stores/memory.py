"""The event store of tests: the port's promises, without durability."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from datetime import datetime

from kernel.clock import Clock, system_clock
from kernel.codec import Codec
from kernel.envelope import Commit, Context, Recorded
from kernel.eventstore import Decision, Page
from kernel.ids import random_uuid
from kernel.stores.step import owned, recorded, step, upto_prefix


class MemoryStore:
    """Everything in one list."""

    def __init__(self, codec: Codec, clock: Clock = system_clock) -> None:
        self.source, self.epoch = codec.service, str(random_uuid())
        self._codec, self._clock = codec, clock
        self._log: list[Recorded] = []
        self._tick = asyncio.Event()

    @property
    def head(self) -> int:
        return len(self._log)

    @property
    def public_head(self) -> int:
        return next((fact.position for fact in reversed(self._log) if fact.public), 0)

    async def update(self, stream: str, decide: Decision, ctx: Context) -> Commit:
        history = await self.read(stream)
        outcome = step(stream, history, decide, ctx, self._codec, self._clock())
        if outcome.replayed is not None:
            last = outcome.replayed[-1]
            public = last.position if last.public else last.previous
            return Commit(stream, last.version, last.position, public, True, outcome.replayed)
        self._codec.vault.flush()
        facts = []
        for draft in outcome.fresh:
            facts.append(recorded(self.source, draft, self.head + 1, self.public_head))
            self._log.append(facts[-1])
        version = facts[-1].version if facts else len(history)
        if facts:
            self._tick.set()
            self._tick = asyncio.Event()
        return Commit(stream, version, self.head, self.public_head, False, facts)

    async def read(self, stream: str, *, upto: int | datetime | None = None) -> list[Recorded]:
        owned(self.source, stream)
        return upto_prefix([self._decoded(fact) for fact in self._log if fact.stream == stream], upto)

    async def scan(self, after: int, limit: int = 500, *, public: bool = False, route: str | None = None) -> Page:
        wanted = [
            fact
            for fact in self._log[after:]
            if (fact.public or not public) and (route is None or route == fact.route != "")
        ]
        position = wanted[limit - 1].position if len(wanted) >= limit else max(self.head, after)
        return Page([self._decoded(fact) for fact in wanted[:limit]], position)

    async def changed(self, after: int, timeout: float) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                while self.head <= after:
                    await self._tick.wait()
        return self.head > after

    def forget(self, stream: str | None = None) -> None:
        """Nothing is cached: every read decodes the stored bytes."""

    async def close(self) -> None:
        """Nothing to let go of."""

    def _decoded(self, fact: Recorded) -> Recorded:
        return replace(fact, event=self._codec.legible(fact.type, fact.schema, fact.id, fact.data))
