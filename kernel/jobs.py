"""Work that may outlast a request: it reports its progress and is asked for again by its id."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Any, Protocol

from kernel.errors import Refused
from kernel.ids import random_uuid, short_id

KEPT = 100
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


class Jobs:
    """The jobs of this process; the oldest are forgotten."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}

    def start(self, task: Task) -> Job:
        """Begin a task."""
        job = Job(task)
        self._jobs[job.id] = job
        if len(self._jobs) > KEPT:
            del self._jobs[next(iter(self._jobs))]
        return job

    def find(self, id: str, kind: str) -> Job | None:
        """A job by its id."""
        job = self._jobs.get(id)
        return job if job is not None and job.task.kind == kind else None

    async def wait(self, job: Job, seconds: float) -> None:
        """Wait for a job, at most so long."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(job.handle), seconds)
