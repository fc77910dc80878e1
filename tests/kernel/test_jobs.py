"""Work that outlasts a request: its progress is known in every process of its service."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from kernel import jobs
from kernel.clock import FrozenClock, system_clock
from kernel.errors import Refused, unavailable
from kernel.jobs import Board, Jobs
from kernel.state import STATE_DDL
from tests.support.databases import Place, place


class Slow:
    """A task that ends when it is told to."""

    kind = "verification"

    def __init__(self, failure: Exception | None = None) -> None:
        self.progress, self.goes_on, self._failure = 0.25, asyncio.Event(), failure

    async def run(self) -> dict[str, Any]:
        await self.goes_on.wait()
        if self._failure is not None:
            raise self._failure
        return {"ok": True}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "BEAT", 0.02)


@pytest.fixture(params=["sqlite", "postgresql"])
async def where(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Place]:
    async with place(request.param, tmp_path) as made:
        yield made


async def seen(board: Board, id: str, **wanted: Any) -> dict[str, Any]:
    async with asyncio.timeout(20):
        while True:
            report = await board.read(id, "verification")
            if report is not None and wanted.items() <= report.items():
                return report
            await asyncio.sleep(0.01)


async def test_another_process_sees_a_job_advance_and_end(where: Place) -> None:
    state = where.open().state(STATE_DDL)
    here, board = Jobs(Board(state, system_clock)), Board(state, system_clock)
    elsewhere, task = Jobs(board), Slow()
    job = here.start(task)
    assert await seen(board, job.id) == {"id": job.id, "done": False, "progress": 0.25}
    task.progress = 0.5
    await seen(board, job.id, progress=0.5)
    task.goes_on.set()
    assert await seen(board, job.id, done=True) == {"id": job.id, "done": True, "progress": 1.0, "ok": True}
    assert await elsewhere.report(job.id, "verification") == await here.report(job.id, "verification")
    assert await elsewhere.report(job.id, "replay") is None
    await here.close()


async def test_a_job_whose_process_went_down_is_known_to_nobody(where: Place) -> None:
    state, clock = where.open().state(STATE_DDL), FrozenClock(system_clock())
    here, board = Jobs(Board(state, clock)), Board(state, clock)
    job = here.start(Slow())
    await seen(board, job.id)
    await here.close()
    clock.advance(seconds=jobs.LOST + 1)
    assert await board.read(job.id, "verification") is None


async def test_what_was_refused_is_told_here_and_unknown_elsewhere(where: Place) -> None:
    state = where.open().state(STATE_DDL)
    here, board = Jobs(Board(state, system_clock)), Board(state, system_clock)
    task = Slow(unavailable())
    job = here.start(task)
    await seen(board, job.id)
    task.goes_on.set()
    await here.wait(job, 5)
    with pytest.raises(Refused):
        await here.report(job.id, "verification")
    async with asyncio.timeout(20):
        while await board.read(job.id, "verification") is not None:
            await asyncio.sleep(0.01)
    await here.close()


async def test_without_a_board_a_job_is_known_where_it_runs() -> None:
    here, task = Jobs(), Slow()
    job = here.start(task)
    assert await here.report(job.id, "verification") == {"id": job.id, "done": False, "progress": 0.25}
    task.goes_on.set()
    assert await here.report(job.id, "verification", 5) == {"id": job.id, "done": True, "progress": 1.0, "ok": True}
    assert await here.report("unknown", "verification") is None
    await here.close()
