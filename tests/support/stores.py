"""Every adapter of the event store, opened the same way: a contract is a contract only if each of them keeps it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from kernel.clock import FrozenClock
from kernel.codec import Codec
from kernel.envelope import Commit, Recorded
from kernel.events import Event
from kernel.eventstore import EventStore, History
from kernel.stores.memory import MemoryStore
from kernel.stores.sqlite import SqliteStore
from kernel.vault import MemoryKeys, SqliteKeys, Vault
from tests.support.toy import CounterAdded, CounterAudited, CounterNoted, CounterOpened, context

SECRET = b"\x5e" * 32
START = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


class Lab(ABC):
    """One adapter over one place. `durable`: what was acknowledged is there again after `reopen`."""

    durable: bool
    vault: Vault

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.clock = FrozenClock(START)

    @abstractmethod
    async def open(self) -> EventStore:
        """Open the store."""

    @abstractmethod
    async def close(self) -> None:
        """Close what `open` opened, if it still is."""

    async def reopen(self) -> EventStore:
        """What a restart sees."""
        await self.close()
        return await self.open()


class MemoryLab(Lab):
    """The store of tests."""

    durable = False

    async def open(self) -> EventStore:
        self.vault = Vault(MemoryKeys(), SECRET)
        return MemoryStore(Codec("toy", self.vault), self.clock)

    async def close(self) -> None:
        """Nothing to close."""


class SqliteLab(Lab):
    """The embedded store, its keys beside it."""

    durable = True
    store: SqliteStore | None = None

    async def open(self) -> SqliteStore:
        self.keys = SqliteKeys(self.directory / "keys.db")
        self.vault = Vault(self.keys, SECRET)
        self.store = SqliteStore(self.directory, Codec("toy", self.vault), self.clock)
        return self.store

    async def reopen(self) -> SqliteStore:
        await self.close()
        return await self.open()

    async def close(self) -> None:
        if self.store is not None:
            await self.store.close()
            self.keys.close()
            self.store = None


LABS: dict[str, type[Lab]] = {"memory": MemoryLab, "sqlite": SqliteLab}


def stream(id: str) -> str:
    """The stream of one counter."""
    return f"toy.counter-{id}"


async def append(
    store: EventStore, id: str, facts: Iterable[Event], number: int | str, *, expected: int | None = None
) -> Commit:
    """Append facts to a counter's stream, as command `number`."""
    return await store.update(stream(id), lambda history: facts, context(number, expected=expected))


def deciding(*facts: Event, seen: list[History] | None = None) -> object:
    """A decision that notes what it saw."""

    def decide(history: History) -> Iterable[Event]:
        if seen is not None:
            seen.append(list(history))
        return facts

    return decide


def some(id: str, count: int) -> list[CounterAdded]:
    """So many facts, the n-th of amount n."""
    return [CounterAdded(counter=id, amount=number) for number in range(1, count + 1)]


async def mixed(store: EventStore) -> list[Recorded]:
    """A log of public, private, routed and unrouted facts on three streams."""
    for number in range(12):
        id = "abc"[number % 3]
        facts: Sequence[Event] = (
            [CounterOpened(counter=id)],
            [CounterAdded(counter=id, amount=number), CounterNoted(counter=id, text="t", code="c")],
            [CounterAudited(by="x")],
            [CounterNoted(counter=id, text="t", code="c"), CounterAdded(counter=id, amount=number)],
        )[number % 4]
        await append(store, id, facts, f"mixed-{number}")
    return list((await store.scan(0)).facts)
