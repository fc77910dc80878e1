"""Connections to PostgreSQL of one process: a few threads write, the event loop reads.

A schema is written by one transaction at a time, whichever process it comes from, as in SQLite: work that reads and
then writes needs no other care. Waits have limits: a process that hangs in a transaction is put out by the server.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import psycopg

from kernel.databases.line import LONGEST_STATEMENT, Line, arguments
from kernel.databases.statements import Statement, numbered
from kernel.db import Row, Tx
from kernel.errors import Refused, unavailable

T = TypeVar("T")
WRITERS, READERS = 3, 3
LONGEST_READ = 5.0
QUEUE = 1000
_LIMITS = "SET lock_timeout='5s'; SET idle_in_transaction_session_timeout='30s'; SET statement_timeout='{timeout}s'"
_PATH = numbered("SELECT set_config('search_path', :schema, false)")
_BEGIN, _COMMIT, _ROLLBACK = numbered("BEGIN"), numbered("COMMIT"), numbered("ROLLBACK")
_TELL = numbered("SELECT pg_notify(:channel, :news)")
_ENTER = numbered(
    "SELECT set_config('search_path', :schema, true), set_config('synchronous_commit', :durable, true),"
    " CASE WHEN :alone = 1 THEN pg_advisory_xact_lock(hashtextextended(:schema, 0)) END"
)


class PostgresTx:
    """A transaction on one line, used in one thread."""

    def __init__(self, line: Line, schema: str, channel: str) -> None:
        self._line, self._schema, self._channel = line, schema, channel

    def run(self, sql: str, **params: Any) -> list[Row]:
        statement, line = numbered(sql), self._line
        line.wire.send(self._schema, statement, params)
        if statement.settles or line.wire.queued > QUEUE:
            rows = line.settle()
            return rows if statement.answers else []
        return []

    def tell(self, news: str) -> None:
        self._line.wire.send("", _TELL, {"channel": self._channel, "news": news})


class Lines:
    """The connections of one process."""

    def __init__(self, url: str, service: str) -> None:
        self.arguments, self.channel = arguments(url, service), f"guichet_{service}"
        self.threads = ThreadPoolExecutor(WRITERS, thread_name_prefix=f"{service}-db")
        self._writers: list[Line] = []
        self._readers: list[Line] = []
        self._reading = asyncio.Semaphore(READERS)

    async def read(self, schema: str, statement: Statement, params: Mapping[str, Any]) -> list[Row]:
        """The rows of a query. Raises Refused(unavailable), or what PostgreSQL refuses."""
        try:
            async with asyncio.timeout(LONGEST_READ + 2), self._reading:
                return await self._read(await self._reader(schema), schema, statement, params)
        except (TimeoutError, psycopg.OperationalError):
            raise unavailable() from None

    async def _read(self, line: Line, schema: str, statement: Statement, params: Mapping[str, Any]) -> list[Row]:
        try:
            if line.schema != schema:
                line.wire.send("", _PATH, {"schema": schema})
                line.schema = schema
            line.wire.send(schema, statement, params)
            rows = await line.settled()
        except BaseException as failure:
            if isinstance(failure, psycopg.Error) and not isinstance(failure, psycopg.OperationalError):
                # The statement was wrong, not the line; what it set was rolled back with it.
                line.schema = ""
                self._readers.append(line)
            else:
                line.close()
            raise
        self._readers.append(line)
        return rows

    def write(self, schema: str, work: Callable[[Tx], T], *, durable: bool, alone: bool) -> T:
        """Run `work` in a transaction, in this thread; `alone` waits for others that write to the schema."""
        line = self._writer()
        try:
            line.wire.send("", _BEGIN, {})
            line.wire.send("", _ENTER, {"schema": schema, "durable": "on" if durable else "off", "alone": int(alone)})
            result = work(PostgresTx(line, schema, self.channel))
            line.wire.send("", _COMMIT, {})
            line.settle()
        except BaseException as failure:
            self._roll_back(line)
            if isinstance(failure, psycopg.OperationalError):
                raise unavailable() from None
            raise
        self._writers.append(line)
        return result

    def fill(self, first: str, tables: Iterable[tuple[str, Iterable[Sequence[Any]]]], last: str) -> None:
        """Run what defines tables, copy rows into them, run the rest; in this thread, on a connection of its own."""
        try:
            with psycopg.connect(**self.arguments) as connection:
                connection.execute(_LIMITS.format(timeout=0))
                connection.execute(first)
                for table, rows in tables:
                    with connection.cursor().copy(f"COPY {table} FROM STDIN") as copy:
                        for row in rows:
                            copy.write_row(row)
                if last:
                    connection.execute(last)
        except psycopg.OperationalError:
            raise unavailable() from None

    async def close(self) -> None:
        """Hang up everywhere."""
        await asyncio.to_thread(self.threads.shutdown)
        for line in (*self._writers, *self._readers):
            line.close()

    def _roll_back(self, line: Line) -> None:
        try:
            with contextlib.suppress(psycopg.DatabaseError, Refused):
                line.settle()
            line.wire.send("", _ROLLBACK, {})
            line.settle()
        except (psycopg.Error, Refused):
            line.close()
        else:
            self._writers.append(line)

    def _writer(self) -> Line:
        with contextlib.suppress(IndexError):
            while True:
                line = self._writers.pop()
                if line.alive():
                    return line
                line.close()
        try:
            connection = psycopg.connect(**self.arguments)
            connection.execute(_LIMITS.format(timeout=int(LONGEST_STATEMENT)))
        except psycopg.OperationalError:
            raise unavailable() from None
        return Line(connection)

    async def _reader(self, schema: str) -> Line:
        while self._readers:
            fit = next((line for line in reversed(self._readers) if line.schema == schema), self._readers[-1])
            self._readers.remove(fit)
            if fit.alive():
                return fit
            fit.close()
        try:
            connection = await psycopg.AsyncConnection.connect(**self.arguments)
            await connection.execute(_LIMITS.format(timeout=int(LONGEST_READ)))
        except psycopg.OperationalError:
            raise unavailable() from None
        return Line(connection)
