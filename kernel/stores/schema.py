"""The tables of the embedded event store, and how its files are opened."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from kernel.clock import parse_rfc3339
from kernel.codec import Codec
from kernel.envelope import Meta, Recorded
from kernel.ids import random_uuid

T = TypeVar("T")
DDL = """
CREATE TABLE IF NOT EXISTS store(one INTEGER PRIMARY KEY CHECK(one = 1), epoch TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS events(
  position INTEGER PRIMARY KEY AUTOINCREMENT, stream TEXT NOT NULL, version INTEGER NOT NULL, id BLOB NOT NULL,
  type TEXT NOT NULL, schema INTEGER NOT NULL, at TEXT NOT NULL, route TEXT NOT NULL, public INTEGER NOT NULL,
  previous INTEGER NOT NULL, chain TEXT NOT NULL, meta BLOB NOT NULL, data BLOB NOT NULL,
  UNIQUE(stream, version), UNIQUE(id));
CREATE INDEX IF NOT EXISTS events_by_route ON events(route, position) WHERE route <> '';
"""
COLUMNS = "position, stream, version, id, type, schema, at, route, public, previous, chain, meta, data"
INSERT = (
    "INSERT INTO events(stream, version, id, type, schema, at, route, public, previous, chain, meta, data)"
    " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


class StoreInUse(RuntimeError):
    """Another process writes to this log; a second writer is refused."""


def open_writer(path: Path) -> sqlite3.Connection:
    """The one writing connection: WAL, `synchronous=FULL`, asserted. Raises RuntimeError when it cannot be had."""
    db = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=5)
    (journal,) = db.execute("PRAGMA journal_mode=WAL").fetchone()
    db.execute("PRAGMA synchronous=FULL")
    (synchronous,) = db.execute("PRAGMA synchronous").fetchone()
    if (journal, synchronous) != ("wal", 2):
        raise RuntimeError(f"{path}: journal_mode={journal}, synchronous={synchronous}: an event would not be durable")
    db.executescript(DDL)
    db.execute("INSERT INTO store VALUES(1, ?) ON CONFLICT DO NOTHING", (str(random_uuid()),))
    return db


def open_reader(path: Path) -> sqlite3.Connection:
    """A connection that cannot write."""
    return sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, check_same_thread=False, isolation_level=None)


def lock(path: Path) -> int:
    """Hold the log for this process. Raises StoreInUse when another one does; the kernel frees it on any death."""
    handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise StoreInUse(f"{path.parent} is in use by another process") from None
    return handle


def from_row(source: str, codec: Codec, row: Sequence[Any]) -> Recorded:
    """A stored row as a fact, its event decoded when this code knows the type.

    What was altered so that it cannot be read comes out blank: the chain betrays it, and no reader stops.
    """
    position, stream, version, id, type, schema, at, route, public, previous, chain, meta, data = row
    if not isinstance(meta, bytes) or not isinstance(data, bytes):
        return _altered(source, codec, row)
    try:
        uuid, instant, about = UUID(bytes=id), parse_rfc3339(at), Meta.load(meta)
        event = codec.legible(type, schema, uuid, data)
    except (ValueError, LookupError, TypeError):
        return _altered(source, codec, row)
    return Recorded(
        source,
        position,
        stream,
        version,
        uuid,
        type,
        schema,
        instant,
        about,
        event,
        route,
        public == 1,
        previous,
        chain,
        data,
        meta,
    )


def _altered(source: str, codec: Codec, row: Sequence[Any]) -> Recorded:
    position, stream, version, id, type, schema, at, route, public, previous, chain, meta, data = row
    meta, data = _bytes(meta), _bytes(data)
    uuid = _read(lambda: UUID(bytes=id), UUID(int=0))
    return Recorded(
        source=source,
        position=position,
        stream=stream,
        version=version,
        id=uuid,
        type=type,
        schema=schema,
        at=_read(lambda: parse_rfc3339(at), datetime.min.replace(tzinfo=UTC)),
        meta=_read(lambda: Meta.load(meta), Meta("", "", "", "", "")),
        event=codec.legible(type, schema, uuid, data),
        route=route,
        public=bool(public),
        previous=previous,
        chain=chain,
        data=data,
        meta_bytes=meta,
    )


def _bytes(value: object) -> bytes:
    # What was written by hand into the file may have become text.
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")


def _read(parse: Callable[[], T], blank: T) -> T:
    try:
        return parse()
    except (ValueError, LookupError, TypeError):
        return blank
