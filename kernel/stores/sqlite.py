"""The embedded event store: one SQLite file per service, one writing process, reads on the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
from datetime import datetime
from pathlib import Path

from kernel.clock import Clock, rfc3339, system_clock
from kernel.codec import Codec
from kernel.envelope import Commit, Context, Recorded
from kernel.errors import unavailable
from kernel.eventstore import Decision, Page
from kernel.stores.schema import COLUMNS, from_row, lock, open_reader, open_writer
from kernel.stores.step import owned
from kernel.stores.writer import Job, Writer


class SqliteStore:
    """`EventStore` over `<directory>/log.db`. Open it inside a running event loop; raises StoreInUse."""

    def __init__(self, directory: Path, codec: Codec, clock: Clock = system_clock) -> None:
        directory = directory.resolve()
        directory.mkdir(parents=True, exist_ok=True)
        self.source, self._codec = codec.service, codec
        self._lock = lock(directory / "log.lock")
        self._db = open_writer(directory / "log.db")
        self._reader = open_reader(directory / "log.db")
        (self.epoch,) = self._db.execute("SELECT epoch FROM store").fetchone()
        self._loop = asyncio.get_running_loop()
        self._writer = Writer(self.source, self._db, codec, clock, self._loop, self._committed)
        self._heads = self._writer.head, self._writer.public_head
        self._tick = asyncio.Event()
        self._closed = False
        self._writer.start()

    @property
    def head(self) -> int:
        return self._heads[0]

    @property
    def public_head(self) -> int:
        return self._heads[1]

    async def update(self, stream: str, decide: Decision, ctx: Context) -> Commit:
        if self._closed:
            raise unavailable()
        job = Job(owned(self.source, stream), decide, ctx, self._loop.create_future())
        self._writer.jobs.put(job)
        return await job.answer

    async def read(self, stream: str, *, upto: int | datetime | None = None) -> list[Recorded]:
        bound, value = "", [owned(self.source, stream)]
        if isinstance(upto, datetime):
            bound, value = " AND at <= ?", [*value, rfc3339(upto)]
        elif upto is not None:
            bound, value = " AND version <= ?", [*value, str(upto)]
        return self._select(f"stream = ?{bound} ORDER BY version", value)

    async def scan(self, after: int, limit: int = 500, *, public: bool = False, route: str | None = None) -> Page:
        # Nothing past the head is shown: what is committed but not announced yet comes with the next page.
        head = self.head
        clauses, values = ["position > ? AND position <= ?"], [str(after), str(head)]
        if public:
            clauses.append("public = 1")
        if route is not None:
            clauses.append("route = ? AND route <> ''")
            values.append(route)
        facts = self._select(f"{' AND '.join(clauses)} ORDER BY position LIMIT {int(limit)}", values)
        return Page(facts, facts[-1].position if facts and len(facts) == limit else max(head, after))

    async def changed(self, after: int, timeout: float) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                while self.head <= after:
                    await self._tick.wait()
        return self.head > after

    def forget(self, stream: str | None = None) -> None:
        self._writer.forget(stream)

    async def close(self) -> None:
        self._closed = True
        self._writer.jobs.put(None)
        await asyncio.to_thread(self._writer.join)
        self._reader.close()
        self._db.close()
        os.close(self._lock)

    def _select(self, where: str, values: list[str]) -> list[Recorded]:
        try:
            rows = self._reader.execute(f"SELECT {COLUMNS} FROM events WHERE {where}", values).fetchall()
        except sqlite3.Error:
            raise unavailable() from None
        return [from_row(self.source, self._codec, row) for row in rows]

    def _committed(self, head: int, public_head: int) -> None:
        if head > self.head:
            self._heads = head, public_head
            self._tick.set()
            self._tick = asyncio.Event()
