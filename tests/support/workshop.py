"""A log and a reactor over it, across restarts of the process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from kernel.clock import system_clock
from kernel.codec import Codec
from kernel.databases.sqlite import SqliteDb
from kernel.envelope import Recorded
from kernel.feed import LocalSource
from kernel.reactor import Reactor, ReactorRunner
from kernel.state import STATE_DDL
from kernel.stores.memory import MemoryStore
from kernel.vault import MemoryKeys, Vault
from tests.support.stores import SECRET, append
from tests.support.toy import CounterAdded

Done = list[tuple[str, int]]
PATIENCE = 30.0
"""Seconds until a wait is given up: what is waited for takes milliseconds, on a busy machine seconds."""
Obstacle = Callable[[CounterAdded], None]


class Workshop:
    """A log, a reactor over it that notes what it did, and the state it keeps across restarts."""

    def __init__(self, directory: Path, clock: Callable[[], datetime] = system_clock) -> None:
        self.store = MemoryStore(Codec("toy", Vault(MemoryKeys(), SECRET)))
        self.thread = ThreadPoolExecutor(1)
        self.state = SqliteDb(directory / "state.db", self.thread, durable=True, ddl=STATE_DDL)
        self.done: Done = []
        self.obstacle: Obstacle = lambda fact: None
        self.attempts = 0
        self.tasks: list[asyncio.Task[None]] = []

    def runner(self, name: str = "notes") -> ReactorRunner[Done]:
        reactor: Reactor[Done] = Reactor(name)

        @reactor.on(CounterAdded)
        async def _(done: Done, fact: CounterAdded, recorded: Recorded) -> None:
            self.attempts += 1
            await asyncio.sleep(0)
            self.obstacle(fact)
            done.append((fact.counter, fact.amount))

        return ReactorRunner(reactor, self.done, self.state, {"toy": LocalSource(self.store)})

    async def start(self, *, from_zero: bool = True, name: str = "notes") -> ReactorRunner[Done]:
        """A process that starts; `stop` before the next."""
        runner = self.runner(name)
        await runner.start(from_zero=from_zero)
        self.tasks = [asyncio.create_task(runner.follow(runner.sources[0])), asyncio.create_task(runner.retry())]
        return runner

    async def stop(self) -> None:
        """Let the process die between two steps."""
        for task in self.tasks:
            task.cancel()
        for task in self.tasks:
            with suppress(asyncio.CancelledError):
                await task
        self.tasks = []
        # What was handed to the database is done before the next process reads it.
        await self.state.write(lambda tx: None)

    async def close(self) -> None:
        """The end."""
        await self.stop()
        self.thread.shutdown()
        self.state.close()

    async def add(self, id: str, *amounts: int) -> None:
        for amount in amounts:
            await append(self.store, id, [CounterAdded(counter=id, amount=amount)], f"{id}-{amount}")

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not condition():
                await asyncio.sleep(0.002)

    async def held(self) -> list[tuple[Any, ...]]:
        rows = await self.state.read("SELECT stream, version, parked, error FROM held ORDER BY position")
        return [tuple(row.values()) for row in rows]

    async def parked(self) -> bool:
        return any(row[2] for row in await self.held())

    async def until_nothing_is_held(self) -> None:
        async with asyncio.timeout(PATIENCE):
            while await self.held():
                await asyncio.sleep(0.002)

    async def until_followed(self, position: int) -> None:
        async with asyncio.timeout(PATIENCE):
            while not await self.state.read("SELECT 1 AS one FROM reactor WHERE position>=:at", at=position):
                await asyncio.sleep(0.002)

    async def until_held(self, count: int) -> None:
        async with asyncio.timeout(PATIENCE):
            while len(await self.held()) < count:
                await asyncio.sleep(0.002)

    async def until_parked(self) -> None:
        async with asyncio.timeout(PATIENCE):
            while not await self.parked():
                await asyncio.sleep(0.002)

    def of(self, id: str) -> list[int]:
        return [amount for counter, amount in self.done if counter == id]


def refusing(id: str, failure: Exception) -> Obstacle:
    """Every fact of one counter fails."""

    def obstacle(fact: CounterAdded) -> None:
        if fact.counter == id:
            raise failure

    return obstacle
