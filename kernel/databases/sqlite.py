"""SQLite: one file for the state of a service, one for each version of each read model. One process at a time.

Reads run on the event loop over a read-only connection (indexed and limited, well under a millisecond); writes run in
the service's one writer thread, a transaction each.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from kernel.db import Row, Tx
from kernel.errors import unavailable
from kernel.vault import SqliteKeys

T = TypeVar("T")
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


class SqliteTx:
    """A transaction on the writing connection, used in its thread only."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def run(self, sql: str, **params: Any) -> list[Row]:
        try:
            cursor = self._db.execute(sql, params)
            if cursor.description is None:
                return []
            rows = cursor.fetchall()
        except sqlite3.OperationalError as error:
            raise _told(error) from error
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in rows]

    def tell(self, news: str) -> None:
        """There is no other process."""


class SqliteDb:
    """`Db` over one file. `durable` syncs every commit: for `state`, not for what can be rebuilt.

    What is built beside the live file (`scratch`) is synced when it takes over, and not before.
    """

    def __init__(
        self, path: Path, thread: ThreadPoolExecutor, *, durable: bool, scratch: bool = False, ddl: str = ""
    ) -> None:
        self.path = path.resolve()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._thread = thread
        synchronous = "FULL" if durable else "OFF" if scratch else "NORMAL"
        self._setup = f"PRAGMA journal_mode=WAL; PRAGMA synchronous={synchronous}; PRAGMA secure_delete=ON; {ddl}"
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

    @contextlib.asynccontextmanager
    async def still(self) -> AsyncIterator[None]:
        """There is no other process."""
        yield

    async def land(self) -> None:
        """It is where it will stay."""

    async def become(self, other: SqliteDb) -> None:
        """Take over the file of another database, which is gone then; readers of this one do not notice.

        Call it while nothing is being written to either. The last one to close a file leaves no log beside it, so the
        replacement is one atomic renaming: a crash leaves the old file or the new one.
        """
        other.close()
        with other.path.open("rb+") as file:
            os.fsync(file.fileno())
        self.close()
        other.path.replace(self.path)
        self._open()

    async def delete(self) -> None:
        """Let go of the file and remove it."""
        self.close()
        for suffix in ("", "-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)


class SqliteDatabases:
    """`Databases` of one service in a directory: `state.db`, `keys.db`, `read/`."""

    shared = False

    def __init__(self, directory: Path) -> None:
        self._directory, self._read = directory, directory / "read"
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"{directory.name}-db")
        self._open: list[SqliteDb] = []
        self.keys = SqliteKeys(directory / "keys.db")

    def state(self, ddl: str) -> SqliteDb:
        """The service's own tables."""
        return self._opened(SqliteDb(self._directory / "state.db", self._thread, durable=True, ddl=ddl))

    def rows(self, label: str, ddl: str, beside: str = "") -> SqliteDb:
        """The tables of a read model."""
        if beside:
            path = self._read / f"{label}.db.{beside}"
            return SqliteDb(path, self._thread, durable=False, scratch=True, ddl=ddl)
        return self._opened(SqliteDb(self._read / f"{label}.db", self._thread, durable=False, ddl=ddl))

    def start(self, hear: Callable[[str | None], None]) -> None:
        """There is nobody to hear."""

    async def forget_others(self, labels: Collection[str]) -> None:
        """Remove earlier versions of these read models, and what a rebuild that was killed left."""
        kept = {f"{label}.db{suffix}" for label in labels for suffix in ("", "-wal", "-shm")}
        for name in {label.partition(".")[0] for label in labels}:
            for path in self._read.glob(f"{name}.v*.db*"):
                if path.name not in kept:
                    path.unlink(missing_ok=True)

    async def close(self) -> None:
        """Finish what is being written, then let go of every file."""
        self._thread.shutdown()
        for db in self._open:
            db.close()
        self.keys.close()

    def _opened(self, db: SqliteDb) -> SqliteDb:
        self._open.append(db)
        return db


def _told(error: sqlite3.OperationalError) -> Exception:
    """What to raise: a database that does not answer is one thing, a statement that is wrong another."""
    return unavailable() if error.sqlite_errorcode & 0xFF in TRANSIENT else error
