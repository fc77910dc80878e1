"""Work that may outlast a request: it reports its progress and is asked for again by its id."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Any, Protocol

from pydantic_core import from_json, to_json

from kernel.clock import Clock
from kernel.db import Db, Tx
from kernel.errors import Refused
from kernel.ids import random_uuid, short_id

KEPT = 100
BEAT = 1.0
"""Seconds between two words about a job under way."""
LOST = 15.0
log = logging.getLogger(__name__)


class Task(Protocol):
    """A piece of work that knows how far it is."""

    kind: str
    progress: float

    async def run(self) -> dict[str, Any]:
        """Do it; the result."""


class Job:
    """A task under way, or done."""

    def __init__(self, task: Task) -> None:
        self.id, self.task = short_id(random_uuid()), task
        self.result: dict[str, Any] | None = None
        self.refusal: Refused | None = None
        self.handle = asyncio.create_task(self._run(), name=f"{task.kind}-{self.id}")

    @property
    def done(self) -> bool:
        """Whether the result is known."""
        return self.result is not None

    def report(self) -> dict[str, Any]:
        """What to tell who asks. `progress` goes from 0 to 1. Raises the Refused that ended it, if one did."""
        if self.refusal is not None:
            raise self.refusal
        progress = 1.0 if self.done else round(self.task.progress, 3)
        return {"id": self.id, "done": self.done, "progress": progress, **(self.result or {})}

    async def _run(self) -> None:
        try:
            self.result = await self.task.run()
        except Refused as refusal:
            # What it reads does not answer: nothing was found out, which is not the same as a difference.
            self.result, self.refusal = {}, refusal
        except Exception as error:
            log.exception("%s failed", self.task.kind)
            self.result = {"ok": False, "identical": False, "error": type(error).__name__}


class Board:
    """Where the processes of one service tell each other how far their jobs are: a row in `state` for each job.

    A job that was not told of for `LOST` seconds went down with its process: nobody knows of it any more.
    """

    def __init__(self, state: Db, clock: Clock) -> None:
        self._state, self._clock = state, clock

    async def tell(self, job: Job) -> None:
        """Write down how far a job is, until it is done."""
        while not job.done:
            await self._write(job)
            await asyncio.wait((job.handle,), timeout=BEAT)
        await self._write(job)

    async def read(self, id: str, kind: str) -> dict[str, Any] | None:
        """What was told of a job last."""
        rows = await self._state.read("SELECT report, told_at FROM job WHERE id=:id AND kind=:kind", id=id, kind=kind)
        if not rows:
            return None
        report: dict[str, Any] = from_json(rows[0]["report"])
        fresh = self._clock().timestamp() - rows[0]["told_at"] < LOST
        return report if report["done"] or fresh else None

    async def _write(self, job: Job) -> None:
        told = "" if job.refusal else to_json(job.report()).decode()
        now = self._clock().timestamp()

        def work(tx: Tx) -> None:
            tx.run("DELETE FROM job WHERE id=:id OR told_at < :old", id=job.id, old=now - 86_400)
            if told:
                insert = "INSERT INTO job VALUES(:id, :kind, :report, :now)"
                tx.run(insert, id=job.id, kind=job.task.kind, report=told, now=now)

        with contextlib.suppress(Refused):
            await self._state.write(work)


class Jobs:
    """The jobs of this process, the oldest forgotten; with a `board`, those of every process of the service."""

    def __init__(self, board: Board | None = None) -> None:
        self._board = board
        self._jobs: dict[str, Job] = {}
        self._telling: set[asyncio.Task[None]] = set()

    def start(self, task: Task) -> Job:
        """Begin a task."""
        job = Job(task)
        self._jobs[job.id] = job
        if len(self._jobs) > KEPT:
            del self._jobs[next(iter(self._jobs))]
        if self._board is not None:
            telling = asyncio.create_task(self._board.tell(job), name=f"tell-{job.id}")
            self._telling.add(telling)
            telling.add_done_callback(self._telling.discard)
        return job

    async def report(self, id: str, kind: str, seconds: float = 0.0) -> dict[str, Any] | None:
        """How far a job is, here after `seconds` of patience or in another process; None when nobody knows it.

        Raises the Refused that ended it here.
        """
        job = self._jobs.get(id)
        if job is not None and job.task.kind == kind:
            await self.wait(job, seconds)
            return job.report()
        return None if self._board is None else await self._board.read(id, kind)

    async def wait(self, job: Job, seconds: float) -> None:
        """Wait for a job, at most so long."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(job.handle), seconds)

    async def close(self) -> None:
        """Give up what is under way: its process ends."""
        tasks = [*self._telling, *(job.handle for job in self._jobs.values() if not job.done)]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
