"""Read models and `state`: one SQL text with `:name` parameters, rows as dictionaries.

Reads run on the event loop over a read-only connection (indexed and limited, well under a millisecond); writes run in
the service's one writer thread, a transaction each.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol, TypeVar

from kernel.errors import unavailable

T = TypeVar("T")
Row = dict[str, Any]
LONGEST_READ = 2.0
STEPS = 100_000
TRANSIENT = frozenset(
    (
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
    )
)


class Tx(Protocol):
    """A transaction in progress."""

    def run(self, sql: str, **params: Any) -> list[Row]:
        """Run one statement; the rows of a SELECT or RETURNING, else none."""


class Db(Protocol):
    """A database. Both methods raise `Refused(unavailable)` when it does not answer."""

    async def read(self, sql: str, **params: Any) -> list[Row]:
        """The rows of a query."""

    async def write(self, work: Callable[[Tx], T]) -> T:
        """Run `work` in one transaction, committed when it returns, rolled back when it raises."""


class SqliteTx:
    """A transaction on the writing connection, used in its thread only."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def run(self, sql: str, **params: Any) -> list[Row]:
        try:
            cursor = self._db.execute(sql, params)
            rows = cursor.fetchall()
        except sqlite3.OperationalError as error:
            raise _told(error) from error
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in rows]


class SqliteDb:
    """`Db` over one file. `durable` syncs every commit: for `state`, not for what can be rebuilt."""

    def __init__(self, path: Path, thread: ThreadPoolExecutor, *, durable: bool, ddl: str = "") -> None:
        self.path = path.resolve()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._thread = thread
        self._setup = (
            f"PRAGMA journal_mode=WAL; PRAGMA synchronous={'FULL' if durable else 'NORMAL'};"
            f"PRAGMA secure_delete=ON; {ddl}"
        )
        self._open()

    def _open(self) -> None:
        self._db = sqlite3.connect(self.path, check_same_thread=False, isolation_level=None, timeout=5)
        self._db.executescript(self._setup)
        self._reader = sqlite3.connect(
            f"{self.path.as_uri()}?mode=ro", uri=True, check_same_thread=False, isolation_level=None
        )
        self._reader.execute("PRAGMA case_sensitive_like=ON")
        self._tx = SqliteTx(self._db)

    async def read(self, sql: str, **params: Any) -> list[Row]:
        # A query that would hold the event loop for seconds is a bug: interrupt it. By the clock, since SQLite goes on
        # counting the steps of a statement from one execution to the next.
        latest = time.monotonic() + LONGEST_READ
        self._reader.set_progress_handler(lambda: time.monotonic() > latest, STEPS)
        return SqliteTx(self._reader).run(sql, **params)

    async def write(self, work: Callable[[Tx], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._write, work)

    def _write(self, work: Callable[[Tx], T]) -> T:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                result = work(self._tx)
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
        except sqlite3.OperationalError as error:
            raise _told(error) from error
        return result

    def close(self) -> None:
        """Let go of the file."""
        self._reader.close()
        self._db.close()

    def become(self, other: SqliteDb) -> None:
        """Take over the file of another database, which is gone then; readers of this one do not notice.

        Call it while nothing is being written to either. The last one to close a file leaves no log beside it, so the
        replacement is one atomic renaming: a crash leaves the old file or the new one.
        """
        other.close()
        self.close()
        other.path.replace(self.path)
        self._open()

    def delete(self) -> None:
        """Let go of the file and remove it."""
        self.close()
        for suffix in ("", "-wal", "-shm"):
            Path(f"{self.path}{suffix}").unlink(missing_ok=True)


def _told(error: sqlite3.OperationalError) -> Exception:
    """What to raise: a database that does not answer is one thing, a statement that is wrong another."""
    return unavailable() if error.sqlite_errorcode & 0xFF in TRANSIENT else error
