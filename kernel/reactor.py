"""Reactions: facts that lead to commands and effects. Never rebuilt, so a rebuild can never send a mail twice.

A reaction is idempotent by the fact's id: the command it issues derives its own id from it. One that fails is tried
again with a growing delay, its stream waiting in order while the others flow; one that keeps failing parks its stream
until somebody decides (`guichet parked`).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Generic, TypeVar, overload

from kernel.clock import Clock, system_clock
from kernel.db import Db, Overtaken, Row, Tx
from kernel.envelope import Recorded
from kernel.errors import Kind, NotYet, Refused, conflict
from kernel.events import Event
from kernel.feed import EpochChanged, FeedPage, Source
from kernel.held import HeldFacts

E = TypeVar("E", bound=Event)
R = TypeVar("R")
Reaction = Callable[[R, Any, Recorded], Awaitable[None]]

ATTEMPTS = 5
PATIENCE = 600.0
FIRST_DELAY, LONGEST_DELAY = 0.2, 30.0
UNSAVED = 500
UNKNOWN, REPLACED = "", "replaced"
log = logging.getLogger(__name__)


class Reactor(Generic[R]):
    """The declaration: a name that never changes, and one reaction per type of fact."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.reactions: dict[tuple[str, str], Reaction[R]] = {}

    @overload
    def on(
        self, type: type[E], /
    ) -> Callable[[Callable[[R, E, Recorded], Awaitable[None]]], Callable[[R, E, Recorded], Awaitable[None]]]: ...

    @overload
    def on(self, *types: type[Event]) -> Callable[[Reaction[R]], Reaction[R]]: ...

    def on(self, *types: type[Event]) -> Callable[[Any], Any]:
        """Register the reaction to some types of fact: `async (runtime, fact, recorded)`.

        Raises TypeError when a type already has one.
        """

        def register(reaction: Reaction[R]) -> Reaction[R]:
            for cls in types:
                if self.reactions.setdefault((cls.origin, cls.wire_name), reaction) is not reaction:
                    raise TypeError(f"{self.name} reacts to {cls.origin}.{cls.wire_name} twice")
            return reaction

        return register

    @property
    def sources(self) -> list[str]:
        """The services whose facts it reacts to."""
        return sorted({service for service, _ in self.reactions})


class ReactorRunner(Generic[R]):
    """Runs one reactor: follows its sources, checkpoints after the effect, holds streams that fail."""

    def __init__(
        self,
        reactor: Reactor[R],
        runtime: R,
        state: Db,
        sources: Mapping[str, Source],
        clock: Clock = system_clock,
    ) -> None:
        self.reactor, self._runtime, self._state, self._clock = reactor, runtime, state, clock
        self.sources = [sources[name] for name in reactor.sources]
        self.positions: dict[str, int] = {}
        self._saved: dict[str, int] = {}
        self._epochs: dict[str, str] = {}
        self._facts = HeldFacts(reactor.name, state)
        self._held: set[tuple[str, str]] = set()
        self._turn = asyncio.Lock()
        self._wake = asyncio.Event()

    async def start(self, *, from_zero: bool) -> None:
        """Read where the last run stopped. A reactor never seen starts at zero on a new installation, else at now."""
        await self.load()
        for source in self.sources:
            if source.name not in self.positions and from_zero:
                # Kept before anything is followed: after the next start, this installation is not new any more.
                await self._begin(source.name, 0, UNKNOWN)

    async def load(self) -> None:
        """Read where the last run stopped, or another process did."""
        name = self.reactor.name
        for row in await self._state.read("SELECT source, position, epoch FROM reactor WHERE name=:name", name=name):
            self.positions[row["source"]] = self._saved[row["source"]] = row["position"]
            self._epochs[row["source"]] = row["epoch"]
        self._held = await self._facts.streams()

    async def follow(self, source: Source) -> None:
        """React to one source for ever.

        Raises EpochChanged when its log is not the one it reacted to so far, and Overtaken when another process went on
        from the same place: what both did is the same commands.
        """
        name = source.name
        wanted = frozenset(type for service, type in self.reactor.reactions if service == name)
        if name not in self.positions:
            end = await source.end()
            await self._begin(name, end.position, end.epoch)
        try:
            async for page in source.follow(self.positions[name], wanted):
                await self._follow_page(name, page, wanted)
        except EpochChanged:
            await self._save(name, self.positions[name], REPLACED)
            raise

    async def _follow_page(self, source: str, page: FeedPage, wanted: frozenset[str]) -> None:
        known = self._epochs.get(source, UNKNOWN)
        if known not in (UNKNOWN, page.epoch):
            raise EpochChanged(f"{self.reactor.name}: the log of {source} was replaced")
        facts = [fact for fact in page.facts if fact.type in wanted]
        for fact in facts:
            async with self._turn:
                await self._meet(fact)
        # A position past facts that lead to nothing need not be kept each time: reading them again does nothing.
        if facts or known == UNKNOWN or page.position - self._saved.get(source, 0) >= UNSAVED:
            await self._save(source, page.position, page.epoch)
        self.positions[source] = page.position

    async def retry(self) -> None:
        """Try held streams again when they are due, for ever."""
        while True:
            self._wake.clear()
            rows = await self._facts.waiting()
            now = self._now()
            due = [row for row in rows if row["retry_at"] <= now]
            for row in due:
                async with self._turn:
                    await self._drain(row["source"], row["stream"])
            if due:
                continue
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(rows[0]["retry_at"] - now if rows else None):
                    await self._wake.wait()

    async def release(self, source: str, stream: str) -> None:
        """Have a parked stream tried again now."""
        await self._facts.release(source, stream)
        self._wake.set()

    async def resume(self, source: Source, *, from_start: bool) -> None:
        """Follow the log that replaced another: from its first fact, or from its end.

        Of a log restored from a copy the first facts are known: their commands carry the same ids and change nothing.
        Raises Refused(not-stopped) for a log that is followed as it is.
        """
        async with self._turn:
            await self.load()
            if self._epochs.get(source.name) != REPLACED:
                raise conflict("not-stopped", "Ce réacteur suit ce journal : il n'y a rien à reprendre.")
            end = await source.end()
            await self._save(source.name, 0 if from_start else end.position, end.epoch)

    async def drop(self, source: str, stream: str) -> None:
        """Give up the facts a parked stream holds; later ones flow again."""
        async with self._turn:
            await self._facts.drop(source, stream)
            self._held.discard((source, stream))

    async def look(self) -> None:
        """Somebody decided on what is held, in another process."""
        await self.load()
        self._wake.set()

    async def _meet(self, fact: Recorded) -> None:
        if (fact.source, fact.stream) in self._held:
            await self._facts.add(fact, 0, 0.0, "waits for an earlier fact of its stream")
            self._wake.set()
            return
        failure = await self._react(fact)
        if failure is not None:
            await self._facts.add(fact, 1, self._now() + _delay(1), _name(failure))
            self._held.add((fact.source, fact.stream))
            self._wake.set()

    async def _react(self, fact: Recorded) -> Exception | None:
        try:
            if fact.event is None:
                raise LookupError(f"unknown schema v{fact.schema} of {fact.type}")
            await self.reactor.reactions[(fact.source, fact.type)](self._runtime, fact.event, fact)
        except Exception as failure:
            log.warning("%s: %s at %s.%d: %s", self.reactor.name, fact.type, fact.source, fact.position, _name(failure))
            return failure
        return None

    async def _drain(self, source: str, stream: str) -> None:
        for row in await self._facts.of(source, stream):
            failure = await self._react_again(source, row)
            if failure is not None:
                await self._postpone(row, failure)
                return
            await self._facts.remove(row)
        self._held.discard((source, stream))

    async def _react_again(self, source: str, row: Row) -> Exception | None:
        origin = next((known for known in self.sources if known.name == source), None)
        try:
            fact = None if origin is None else await origin.fact(row["stream"], row["version"])
        except Refused as refusal:
            return refusal
        return LookupError("the fact is gone") if fact is None else await self._react(fact)

    async def _postpone(self, row: Row, failure: Exception) -> None:
        attempts = row["attempts"] + 1
        patient = isinstance(failure, (NotYet, OSError, TimeoutError)) or (
            isinstance(failure, Refused) and failure.kind in (Kind.UNAVAILABLE, Kind.LIMITED)
        )
        waited = attempts * LONGEST_DELAY > PATIENCE if isinstance(failure, NotYet) else not patient
        parked = waited and attempts >= ATTEMPTS
        if parked:
            log.error("%s: parked %s after %d attempts", self.reactor.name, row["stream"], attempts)
        await self._facts.postpone(row, attempts, self._now() + _delay(attempts), _name(failure), parked=parked)

    async def _begin(self, source: str, position: int, epoch: str) -> None:
        def work(tx: Tx) -> None:
            tx.run(
                "INSERT INTO reactor VALUES(:name, :source, :position, :epoch) ON CONFLICT DO NOTHING",
                name=self.reactor.name,
                source=source,
                position=position,
                epoch=epoch,
            )

        await self._state.write(work)
        await self.load()

    async def _save(self, source: str, position: int, epoch: str) -> None:
        def work(tx: Tx) -> bool:
            moved = tx.run(
                "UPDATE reactor SET position=:position, epoch=:epoch WHERE name=:name AND source=:source"
                " AND position=:saved RETURNING source",
                name=self.reactor.name,
                source=source,
                position=position,
                epoch=epoch,
                saved=self._saved[source],
            )
            return bool(moved)

        if not await self._state.write(work):
            await self.load()
            raise Overtaken(f"{self.reactor.name} does not stand there any more of {source}")
        self.positions[source] = self._saved[source] = position
        self._epochs[source] = epoch

    def _now(self) -> float:
        return self._clock().timestamp()


def _delay(attempts: int) -> float:
    return float(min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(attempts, 10))) * random.uniform(0.7, 1.3)  # noqa: S311


def _name(failure: Exception) -> str:
    # A refusal's slug names it; another exception's text could carry personal data, its type cannot.
    return failure.slug if isinstance(failure, Refused) else type(failure).__name__
