"""What may be written after what: expected versions, idempotency, deletion. Runs inside the writer's transaction.

The rules are those of the real server's commit check; ids are looked up in the log instead of its bounded cache.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import uuid4

from tests.esdb_server.errors import ANY, EXISTS, NO_STREAM, StreamDeleted, WrongVersion
from tests.esdb_server.log import TOMBSTONE, Log, Record
from tests.esdb_server.streams import metadata, now, soft_deleted

INSERT = "INSERT INTO events VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)"
FIRST = 1_184
"""Where the first event begins: a new log already holds some records of the server's own."""


class Proposed(NamedTuple):
    """An event to append."""

    id: bytes
    type: str
    json: bool
    data: bytes
    metadata: bytes

    @property
    def size(self) -> int:
        """What counts towards the maximum size of an append."""
        return len(self.data) + len(self.metadata) + 2 * len(self.type)


class Written(NamedTuple):
    """Where a write left the stream (-1: without events) and the log."""

    revision: int
    position: int


class Ledger:
    """Writes the log. Whatever is refused is refused before anything was written."""

    def __init__(self, log: Log) -> None:
        self.log = log
        if log.tail is None:
            self._next = FIRST
            for stream in ("$$$scavenges", "$$$stats"):
                self._metadata(stream, {"$maxAge": 30 * 86_400})
        self._next = log.end

    def resume(self) -> None:
        """Continue where the log ends, after a transaction was undone."""
        self._next = self.log.end

    def append(self, stream: str, expected: int, events: Sequence[Proposed]) -> Written:
        """Append, or find it was done. Raises WrongVersion, StreamDeleted."""
        known = self._check(stream, expected, [event.id for event in events])
        if known is not None:
            return Written(known.revision, known.position)
        current = self.log.last(stream)
        returns = soft_deleted(self.log, stream)
        original = stream.removeprefix("$$")
        described = stream != original and soft_deleted(self.log, original)
        if not events:
            return Written(current, self._put("", -self._next, Proposed(uuid4().bytes, "", False, b"", b"")))
        position = 0
        for revision, event in enumerate(events, current + 1):
            position = self._put(stream, revision, event)
        if returns or described:
            beginning = current + 1 if returns else self.log.last(original) + 1
            self._metadata(f"$${original}", metadata(self.log, original) | {"$tb": beginning})
        return Written(current + len(events), position)

    def delete(self, stream: str, expected: int) -> Written:
        """Hide what a stream holds; it may be written again. Raises WrongVersion, StreamDeleted."""
        self._check(stream, expected, [uuid4().bytes])
        if self.log.last(stream) < 0 and self.log.last(f"$${stream}") < 0:
            raise WrongVersion(stream, expected, -1)
        return Written(TOMBSTONE, self._metadata(f"$${stream}", {"$tb": TOMBSTONE}))

    def tombstone(self, stream: str, expected: int) -> Written:
        """End a stream for good. Raises WrongVersion, StreamDeleted."""
        self._check(stream, expected, [uuid4().bytes])
        mark = Proposed(uuid4().bytes, "$streamDeleted", True, b"{}", b"")
        return Written(TOMBSTONE, self._put(stream, TOMBSTONE, mark))

    def _check(self, stream: str, expected: int, ids: Sequence[bytes]) -> Record | None:
        """The last event of an append that was made before; None when it is to be made now."""
        current = self.log.last(stream)
        if current == TOMBSTONE:
            raise StreamDeleted(stream)
        if expected == EXISTS:
            if soft_deleted(self.log, stream):
                raise StreamDeleted(stream)
            if current < 0 and self.log.last(f"$${stream}") < 0:
                raise WrongVersion(stream, expected, current)
        if expected in (ANY, EXISTS):
            if not ids or self.log.written(stream, ids[0]) is None:
                return None
            found = [self.log.written(stream, id) for id in ids]
            if None in found:
                raise WrongVersion(stream, expected, current)
            return found[-1]
        if expected == current:
            return None
        if expected > current or not ids:
            raise WrongVersion(stream, expected, current)
        return self._repeated(stream, expected, current, ids)

    def _repeated(self, stream: str, expected: int, current: int, ids: Sequence[bytes]) -> Record | None:
        record = None
        for revision, id in enumerate(ids, expected + 1):
            record = self.log.at(stream, revision)
            if record is None or record.id != id:
                first = revision == expected + 1
                if first and expected == NO_STREAM and soft_deleted(self.log, stream):
                    return None
                raise WrongVersion(stream, expected, current)
        return record

    def _metadata(self, stream: str, content: dict[str, Any]) -> int:
        event = Proposed(uuid4().bytes, "$metadata", True, json.dumps(content).encode(), b"")
        return self._put(stream, self.log.last(stream) + 1, event)

    def _put(self, stream: str, revision: int, event: Proposed) -> int:
        record = Record(
            self._next, stream, revision, event.id, event.type, event.json, now(), event.data, event.metadata
        )
        self.log.db.execute(INSERT, record)
        self._next = record.end
        return record.position
