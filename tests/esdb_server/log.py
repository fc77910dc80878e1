"""The log on disk and how it is read: one SQLite table, its key a position that looks like a byte offset."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import NamedTuple

TOMBSTONE = 2**63 - 1
"""The revision of the last event of a stream that was hard deleted, and the `$tb` of one that was soft deleted."""
PAGE = 500
COLUMNS = "position, stream, revision, id, type, json, created, data, metadata"
DDL = """
CREATE TABLE IF NOT EXISTS events(
  position INTEGER PRIMARY KEY, stream TEXT NOT NULL, revision INTEGER NOT NULL, id BLOB NOT NULL, type TEXT NOT NULL,
  json INTEGER NOT NULL, created INTEGER NOT NULL, data BLOB NOT NULL, metadata BLOB NOT NULL,
  UNIQUE(stream, revision));
CREATE INDEX IF NOT EXISTS events_by_id ON events(id);
"""


class Record(NamedTuple):
    """A record of the log. `created` counts 100 ns since 1970. Without a stream, it is an empty append: never shown."""

    position: int
    stream: str
    revision: int
    id: bytes
    type: str
    json: bool
    created: int
    data: bytes
    metadata: bytes

    @property
    def end(self) -> int:
        """Where the next record begins."""
        texts = len(self.stream.encode()) + len(self.type.encode())
        return self.position + 71 + texts + len(self.data) + len(self.metadata)


def open_for_writing(path: Path) -> sqlite3.Connection:
    """Every commit is on disk before it is acknowledged. Raises RuntimeError when that cannot be had."""
    db = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=5)
    (journal,) = db.execute("PRAGMA journal_mode=WAL").fetchone()
    db.execute("PRAGMA synchronous=FULL")
    if journal != "wal":
        raise RuntimeError(f"{path}: journal_mode={journal}")
    db.executescript(DDL)
    return db


def open_for_reading(path: Path) -> sqlite3.Connection:
    """A connection that cannot write."""
    return sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, check_same_thread=False, isolation_level=None)


class Log:
    """Reads the log through one connection."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db

    def last(self, stream: str) -> int:
        """The revision of a stream's last event, -1 when it has none."""
        row = self.db.execute("SELECT max(revision) FROM events WHERE stream = ?", (stream,)).fetchone()
        return -1 if row[0] is None else int(row[0])

    def at(self, stream: str, revision: int) -> Record | None:
        """One event."""
        return self._one("stream = ? AND revision = ?", stream, revision)

    def written(self, stream: str, id: bytes) -> Record | None:
        """The event of a stream that has this id, the newest if there are several."""
        # The plus keeps SQLite from walking through the stream instead of looking the id up.
        return self._one("id = ? AND +stream = ? ORDER BY revision DESC", id, stream)

    def stream(self, stream: str, first: int, *, backwards: bool = False, limit: int = PAGE) -> list[Record]:
        """Events of a stream from a revision, inclusive, in either direction."""
        compare, order = ("<=", "DESC") if backwards else (">=", "ASC")
        return self._many(f"stream = ? AND revision {compare} ? ORDER BY revision {order}", stream, first, limit)

    def all(self, position: int, *, backwards: bool = False, limit: int = PAGE) -> list[Record]:
        """Records in the order of the log: from a position, inclusive; or before it, backwards."""
        compare, order = ("<", "DESC") if backwards else (">=", "ASC")
        return self._many(f"position {compare} ? AND stream <> '' ORDER BY position {order}", position, limit)

    @property
    def tail(self) -> Record | None:
        """The last record."""
        return self._one("1 ORDER BY position DESC")

    @property
    def end(self) -> int:
        """Where the next record will begin."""
        tail = self.tail
        return tail.end if tail else 0

    def begins(self, position: int) -> bool:
        """Whether a record begins at this position: elsewhere the real server finds no sense in the bytes."""
        if position == 0 or position >= self.end:
            return True
        return self._one("position = ?", position) is not None

    def _one(self, where: str, *values: object) -> Record | None:
        row = self.db.execute(f"SELECT {COLUMNS} FROM events WHERE {where} LIMIT 1", values).fetchone()
        return Record._make(row) if row else None

    def _many(self, where: str, *values: object) -> list[Record]:
        rows = self.db.execute(f"SELECT {COLUMNS} FROM events WHERE {where} LIMIT ?", values)
        return [Record._make(row) for row in rows]
