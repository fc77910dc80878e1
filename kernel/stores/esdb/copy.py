"""The local copy of a service's log: a cache, in the tables of the embedded store, that can be thrown away.

It makes reading as fast as the embedded store and independent of the cluster, and tells each fact the public fact
before it, which no single writer of a shared log can know.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from kernel.clock import rfc3339
from kernel.errors import unavailable
from kernel.stores.esdb.wire import Row
from kernel.stores.schema import COLUMNS, DDL, lock, open_reader

INSERT = f"INSERT INTO events({COLUMNS}) VALUES({', '.join('?' * 13)}) ON CONFLICT DO NOTHING"
COPIED = """
CREATE TABLE IF NOT EXISTS copied(
  one INTEGER PRIMARY KEY CHECK(one = 1), epoch TEXT NOT NULL, position INTEGER NOT NULL);
INSERT INTO copied VALUES(1, '', 0) ON CONFLICT DO NOTHING;
"""
NAME = "esdb-copy.db"


class Copy:
    """One file, one process. `position` is how far the shared log was looked at; the heads are those of the facts.

    `add` runs in a thread, one call at a time; everything else on the event loop. Raises StoreInUse.
    """

    epoch: str
    position: int

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._path = directory / NAME
        self._lock = lock(directory / "esdb-copy.lock")
        self._open()

    @property
    def last(self) -> tuple[int, bytes] | None:
        """The position and id of the last fact."""
        row = self._reader.execute("SELECT position, id FROM events ORDER BY position DESC LIMIT 1").fetchone()
        return (int(row[0]), bytes(row[1])) if row else None

    def clear(self, epoch: str) -> None:
        """Begin again, for the log of this epoch."""
        self._release()
        for path in self._path.parent.glob(f"{NAME}*"):
            path.unlink()
        self._open()
        self._db.execute("UPDATE copied SET epoch = ?", (epoch,))
        self.epoch = epoch

    def add(self, rows: Sequence[Row], position: int) -> tuple[int, int]:
        """Take whole commits in, in the order of the log, and note how far it was looked at; the new heads."""
        head, public = self.head, self.public_head
        self._db.execute("BEGIN IMMEDIATE")
        try:
            for row in rows:
                if row.position > head:
                    self._db.execute(INSERT, (*row[:9], public, row.chain, row.meta, row.data))
                    head, public = row.position, row.position if row.public else public
            self._db.execute("UPDATE copied SET position = max(position, ?)", (position,))
            self._db.execute("COMMIT")
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        return head, public

    def took(self, heads: tuple[int, int], position: int) -> None:
        """What `add` did is what readers are told from now on."""
        self.head, self.public_head = heads
        self.position = max(self.position, position)

    def stream(self, stream: str, after: int, upto: int | datetime | None) -> list[tuple[object, ...]]:
        """Rows of a stream after a version, up to a version or an instant."""
        clause = ""
        values: list[object] = [stream, after]
        if isinstance(upto, datetime):
            clause, values = " AND at <= ?", [*values, rfc3339(upto)]
        elif upto is not None:
            clause, values = " AND version <= ?", [*values, upto]
        return self._rows(f"stream = ? AND version > ?{clause} ORDER BY version", values)

    def page(self, after: int, upto: int, limit: int, public: bool, route: str | None) -> list[tuple[object, ...]]:
        """Rows after a position and up to another, in order."""
        clauses, values = ["position > ? AND position <= ?"], list[object]([after, upto])
        if public:
            clauses.append("public = 1")
        if route is not None:
            clauses.append("route = ? AND route <> ''")
            values.append(route)
        return self._rows(f"{' AND '.join(clauses)} ORDER BY position LIMIT {int(limit)}", values)

    def close(self) -> None:
        """Let go of the file."""
        self._release()
        os.close(self._lock)

    def _open(self) -> None:
        self._db = sqlite3.connect(self._path, check_same_thread=False, isolation_level=None, timeout=5)
        # A cache: what a power cut takes is copied again.
        self._db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;")
        self._db.executescript(DDL + COPIED)
        self._reader = open_reader(self._path)
        self.epoch, self.position = self._reader.execute("SELECT epoch, position FROM copied").fetchone()
        last = self._reader.execute("SELECT position, public, previous FROM events ORDER BY position DESC LIMIT 1")
        position, public, previous = last.fetchone() or (0, True, 0)
        self.head, self.public_head = position, position if public else previous

    def _release(self) -> None:
        self._reader.close()
        self._db.close()

    def _rows(self, where: str, values: Sequence[object]) -> list[tuple[object, ...]]:
        try:
            return self._reader.execute(f"SELECT {COLUMNS} FROM events WHERE {where}", values).fetchall()
        except sqlite3.Error:
            raise unavailable() from None
