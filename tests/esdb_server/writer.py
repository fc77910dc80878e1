"""One thread that writes, many calls to one fsync; each is answered only after the commit it rode in."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.esdb_server.commits import Ledger, Written
from tests.esdb_server.errors import Refusal, TimedOut, Unavailable
from tests.esdb_server.log import Log, open_for_writing

Operation = Callable[[Ledger], Written]
BATCH = 256
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Job:
    """A write that waits for its turn until `expires` (monotonic)."""

    operation: Operation
    expires: float
    answer: asyncio.Future[Written]
    outcome: Written | Exception | None = None


class Writer(threading.Thread):
    """Owns the writing connection. `committed` runs on the event loop after each commit; `delay` slows each down."""

    def __init__(self, path: Path, committed: Callable[[], None], delay: float = 0) -> None:
        super().__init__(name="writer", daemon=True)
        self._loop, self._committed, self._delay = asyncio.get_running_loop(), committed, delay
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._db = open_for_writing(path)
        self._db.execute("BEGIN IMMEDIATE")
        self._ledger = Ledger(Log(self._db))
        self._db.execute("COMMIT")
        self.start()

    def submit(self, operation: Operation, timeout: float) -> asyncio.Future[Written]:
        """Queue a write; calls are written in the order they were queued."""
        job = Job(operation, time.monotonic() + timeout, self._loop.create_future())
        self._jobs.put(job)
        return job.answer

    async def write(self, operation: Operation, timeout: float) -> Written:
        """Write, at most so many seconds. Raises TimedOut, and what the operation raises."""
        return await self.settled(self.submit(operation, timeout), timeout)

    async def settled(self, answer: asyncio.Future[Written], timeout: float) -> Written:
        """Wait for a queued write."""
        try:
            async with asyncio.timeout(timeout):
                return await asyncio.shield(answer)
        except TimeoutError:
            answer.add_done_callback(lambda late: late.cancelled() or late.exception())
            raise TimedOut(f"Operation timed out: not written within {timeout:g} s") from None

    async def close(self) -> None:
        """Write what was queued, then let go."""
        self._jobs.put(None)
        await asyncio.to_thread(self.join)
        self._db.close()

    def run(self) -> None:
        """Drain the queue, batch by batch, until `None` arrives."""
        while (job := self._jobs.get()) is not None:
            batch = [job]
            with contextlib.suppress(queue.Empty):
                while len(batch) < BATCH and (more := self._jobs.get_nowait()) is not None:
                    batch.append(more)
                if len(batch) < BATCH:
                    self._jobs.put(None)
            self._commit(batch)

    def _commit(self, batch: Sequence[Job]) -> None:
        if self._delay:
            time.sleep(self._delay)
        try:
            self._db.execute("BEGIN IMMEDIATE")
            for job in batch:
                self._attempt(job)
            self._db.execute("COMMIT")
        except Exception as error:
            log.exception("nothing of a batch was written")
            with contextlib.suppress(Exception):
                self._db.execute("ROLLBACK")
            self._ledger.resume()
            for job in batch:
                job.outcome = Refusal(f"Unexpected error: {error}")
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(self._deliver, batch)

    def _attempt(self, job: Job) -> None:
        if time.monotonic() > job.expires:
            job.outcome = TimedOut("Operation timed out: it waited too long")
            return
        try:
            job.outcome = job.operation(self._ledger)
        except Refusal as refusal:
            job.outcome = refusal

    def _deliver(self, batch: Sequence[Job]) -> None:
        self._committed()
        for job in batch:
            if job.answer.done():
                continue
            if isinstance(job.outcome, Written):
                job.answer.set_result(job.outcome)
            else:
                job.answer.set_exception(job.outcome or Unavailable("Server Is Not Ready"))
