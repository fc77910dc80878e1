"""What one process does at a time, and what several share: over both engines, with clocks that the test moves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kernel.claims import Claims
from kernel.clock import FrozenClock
from kernel.db import Db
from kernel.leases import SharedLeases, SoleLeases
from kernel.state import STATE_DDL
from tests.support.databases import ENGINES, place

BEAT, PATIENCE = 1.0, 4.0


@pytest.fixture(params=sorted(ENGINES))
async def state(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Db]:
    async with place(request.param, tmp_path) as made:
        yield made.open().state(STATE_DDL)


@dataclass
class Process:
    """One process: its leases, its own clock, and whether it is at work on the only thing there is to do."""

    leases: SharedLeases
    time: list[float]
    working: bool = False
    starts: int = 0

    async def work(self) -> None:
        self.working, self.starts = True, self.starts + 1
        try:
            await asyncio.Event().wait()
        finally:
            self.working = False


@pytest.fixture
async def process(state: Db) -> AsyncIterator[Callable[[str], Process]]:
    tasks: list[asyncio.Task[None]] = []

    def start(name: str) -> Process:
        time = [0.0]
        made = Process(SharedLeases(state, name, beat=BEAT, patience=PATIENCE, now=lambda: time[0]), time)
        tasks.append(asyncio.create_task(made.leases.lead("fold", made.work)))
        return made

    yield start
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def rounds(*processes: Process, seconds: float = BEAT, times: int = 1) -> None:
    """Let time pass for these processes only."""
    for _ in range(times):
        for one in processes:
            one.time[0] += seconds
            await one.leases.round()
            one.leases.notice()
            await settle()


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_one_process_works_and_the_others_wait(process: Callable[[str], Process]) -> None:
    one, two, three = process("one"), process("two"), process("three")
    await settle()
    await rounds(one, two, three, times=10)
    assert [p.working for p in (one, two, three)] == [True, False, False]
    assert one.starts == 1


async def test_who_lets_go_is_replaced_at_once(process: Callable[[str], Process]) -> None:
    one, two = process("one"), process("two")
    await settle()
    await rounds(one, two)
    await one.leases.release()
    await rounds(two, seconds=0)
    assert two.working


async def test_who_is_silent_for_too_long_is_replaced(process: Callable[[str], Process]) -> None:
    one, two = process("one"), process("two")
    await settle()
    await rounds(one, two)
    await rounds(two, times=3)
    assert not two.working
    await rounds(two, times=2)
    assert two.working
    await rounds(one, seconds=0)
    assert not one.leases.held("fold")
    await rounds(one, two, times=5)
    assert not one.leases.held("fold")


async def test_who_cannot_renew_stops_by_himself_before_he_is_replaced(process: Callable[[str], Process]) -> None:
    one = process("one")
    await settle()
    await rounds(one)
    assert one.leases.held("fold")
    one.time[0] += PATIENCE - BEAT
    assert not one.leases.held("fold")


async def test_clocks_that_disagree_change_nothing(process: Callable[[str], Process]) -> None:
    one, two = process("one"), process("two")
    two.time[0] = 1e9
    await settle()
    await rounds(one, two, times=20)
    assert (one.working, two.working) == (True, False)


async def test_work_that_fails_is_told_to_whoever_started_it(state: Db) -> None:
    async def work() -> None:
        raise LookupError

    for leases in (SoleLeases(), SharedLeases(state, "one", beat=0.01)):
        keeping = asyncio.create_task(leases.run())
        with pytest.raises(LookupError):
            await asyncio.wait_for(leases.lead("fold", work), 5)
        keeping.cancel()


async def test_a_process_alone_never_waits() -> None:
    done: list[int] = []

    async def work() -> None:
        done.append(1)

    await SoleLeases().lead("fold", work)
    assert done == [1]


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(datetime(2026, 11, 24, 8, tzinfo=UTC))


async def test_a_claim_is_one_processs_until_it_runs_out(state: Db, clock: FrozenClock) -> None:
    one, two = (Claims("mail", state, name, clock) for name in ("one", "two"))
    assert await one.take("m1", 60)
    assert await one.take("m1", 60)
    assert not await two.take("m1", 60)
    assert await two.take("m2", 60)
    assert await Claims("other", state, "two", clock).take("m1", 60)
    clock.advance(seconds=61)
    assert await two.take("m1", 60)
    await one.give_back("m1")
    assert not await one.take("m1", 60)
    await two.give_back("m1")
    assert await one.take("m1", 60)


async def test_pieces_of_work_are_shared_and_none_is_done_twice(state: Db, clock: FrozenClock) -> None:
    done: list[int] = []

    async def work(name: str) -> None:
        claims = Claims("piece", state, name, clock)
        for piece in range(30):
            if await claims.take(str(piece), 60):
                done.append(piece)

    workers: list[Awaitable[None]] = [work(name) for name in ("one", "two", "three")]
    await asyncio.gather(*workers)
    assert sorted(done) == list(range(30))
