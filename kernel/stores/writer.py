"""One thread that writes the log, with group commit: many commands, one fsync, each acknowledged after COMMIT.

Invariant: a command's outcome reaches its caller only once the transaction it rode in is durable, or gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import queue
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NoReturn

from kernel.clock import Clock
from kernel.codec import Codec
from kernel.envelope import Commit, Context, Recorded
from kernel.errors import unavailable
from kernel.eventstore import Decision
from kernel.stores.schema import COLUMNS, INSERT, from_row
from kernel.stores.step import Draft, recorded, step

BATCH = 128
CACHED_STREAMS = 4_000
CACHED_LENGTH = 200
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Job:
    """A command that waits for its commit."""

    stream: str
    decide: Decision
    ctx: Context
    answer: asyncio.Future[Commit]
    outcome: Commit | BaseException | None = None


class Writer(threading.Thread):
    """Owns the writing connection. `committed` runs on the event loop with the new heads after each batch."""

    def __init__(
        self,
        source: str,
        db: sqlite3.Connection,
        codec: Codec,
        clock: Clock,
        loop: asyncio.AbstractEventLoop,
        committed: Callable[[int, int], None],
    ) -> None:
        super().__init__(name=f"{source}-log", daemon=True)
        self.jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._source, self._db, self._codec, self._clock = source, db, codec, clock
        self._loop, self._committed = loop, committed
        self._histories: OrderedDict[str, list[Recorded]] = OrderedDict()
        self._forget: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self.head, self.public_head = self._heads()

    def run(self) -> None:
        """Drain the queue, batch by batch, until `None` arrives."""
        while (job := self.jobs.get()) is not None:
            batch = [job]
            while len(batch) < BATCH and not self.jobs.empty():
                if (job := self.jobs.get()) is None:
                    self._commit(batch)
                    return
                batch.append(job)
            self._commit(batch)

    def forget(self, stream: str | None) -> None:
        """Have the thread drop what it holds of a stream, or of all, before its next batch."""
        self._forget.put(stream)

    def _commit(self, batch: Sequence[Job]) -> None:
        while not self._forget.empty():
            stream = self._forget.get()
            self._histories.pop(stream, None) if stream else self._histories.clear()
        try:
            self._db.execute("BEGIN IMMEDIATE")
            for job in batch:
                self._attempt(job)
            self._codec.vault.flush()
            self._db.execute("COMMIT")
        except Exception as error:
            self._abandon(batch, error)
        heads = self.head, self.public_head
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(self._deliver, batch, heads)

    def _attempt(self, job: Job) -> None:
        try:
            job.outcome = self._decide(job)
        except Exception as error:
            # SQLite may have rolled everything back by itself, as it does on a full disk: then no batch-mate survives.
            if not self._db.in_transaction:
                raise
            if isinstance(error, sqlite3.Error):
                log.error("a command was not written: %s", error)
                error = unavailable()
            job.outcome = error

    def _decide(self, job: Job) -> Commit:
        history = self._history(job.stream)
        outcome = step(job.stream, history, job.decide, job.ctx, self._codec, self._clock())
        if outcome.replayed is not None:
            last = outcome.replayed[-1]
            public = last.position if last.public else last.previous
            return Commit(job.stream, last.version, last.position, public, True, outcome.replayed)
        if not outcome.fresh:
            return Commit(job.stream, len(history), self.head, self.public_head, False)
        facts = self._append(job.stream, outcome.fresh)
        history.extend(facts)
        return Commit(job.stream, facts[-1].version, self.head, self.public_head, False, facts)

    def _append(self, stream: str, drafts: Sequence[Draft]) -> list[Recorded]:
        before = self.head, self.public_head
        self._db.execute("SAVEPOINT command")
        try:
            facts = []
            for draft in drafts:
                previous = self.public_head
                self.head = (
                    self._db.execute(
                        INSERT, (stream, draft.version, draft.id.bytes, *draft[3:8], previous, *draft[8:11])
                    ).lastrowid
                    or 0
                )
                self.public_head = self.head if draft.public else previous
                facts.append(recorded(self._source, draft, self.head, previous))
        except BaseException:
            self.head, self.public_head = before
            self._histories.pop(stream, None)
            if self._db.in_transaction:
                self._db.execute("ROLLBACK TO command")
                self._db.execute("RELEASE command")
            raise
        self._db.execute("RELEASE command")
        return facts

    def _abandon(self, batch: Sequence[Job], error: Exception) -> None:
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")
        if isinstance(error, sqlite3.OperationalError) and "I/O" in str(error):
            _give_up(error)
        log.error("a batch of %d commands was not written: %s", len(batch), error)
        self._histories.clear()
        try:
            self.head, self.public_head = self._heads()
        except sqlite3.Error as unreadable:
            _give_up(unreadable)
        for job in batch:
            job.outcome = unavailable()

    def _deliver(self, batch: Sequence[Job], heads: tuple[int, int]) -> None:
        self._committed(*heads)
        for job in batch:
            if job.answer.done():
                continue
            if isinstance(job.outcome, Commit):
                job.answer.set_result(job.outcome)
            else:
                job.answer.set_exception(job.outcome or unavailable())

    def _history(self, stream: str) -> list[Recorded]:
        history = self._histories.get(stream)
        if history is None:
            rows = self._db.execute(f"SELECT {COLUMNS} FROM events WHERE stream=? ORDER BY version", (stream,))
            history = [from_row(self._source, self._codec, row) for row in rows]
            if len(history) <= CACHED_LENGTH:
                self._histories[stream] = history
                if len(self._histories) > CACHED_STREAMS:
                    self._histories.popitem(last=False)
        else:
            self._histories.move_to_end(stream)
        return history

    def _heads(self) -> tuple[int, int]:
        (head,) = self._db.execute("SELECT coalesce(max(position), 0) FROM events").fetchone()
        row = self._db.execute(
            "SELECT position, previous, public FROM events ORDER BY position DESC LIMIT 1"
        ).fetchone()
        return head, (0 if row is None else row[0] if row[2] else row[1])


def _give_up(error: Exception) -> NoReturn:
    # After a failed fsync nobody knows what the disk holds: only a restart may look.
    log.critical("the log's disk failed: %s", error)
    os._exit(74)
