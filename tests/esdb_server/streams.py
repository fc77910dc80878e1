"""What the metadata of a stream does to it: truncation, soft deletion, age; and where links lead."""

from __future__ import annotations

import json
import time
from typing import Any, NamedTuple

from tests.esdb_server.errors import StreamDeleted
from tests.esdb_server.log import TOMBSTONE, Log, Record

TICKS = 10_000_000
"""Units of `created` in a second."""


class Limits(NamedTuple):
    """What readers are shown of a stream: from a revision, and not older than an instant."""

    first: int = 0
    oldest: int = 0

    def show(self, record: Record) -> bool:
        """Whether a reader sees it."""
        return record.revision >= self.first and record.created >= self.oldest


def now() -> int:
    """The clock of the log."""
    return time.time_ns() // 100


def metadata(log: Log, stream: str) -> dict[str, Any]:
    """The last metadata written for a stream; empty when there is none or it is not a JSON object."""
    last = log.stream(f"$${stream}", TOMBSTONE - 1, backwards=True, limit=1)
    try:
        found = json.loads(last[0].data) if last else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def soft_deleted(log: Log, stream: str) -> bool:
    """Whether the stream was deleted and may come back."""
    return not stream.startswith("$$") and _number(metadata(log, stream), "$tb") == TOMBSTONE


def limits(log: Log, stream: str) -> Limits | None:
    """What is shown of a stream; None when there is no such stream. Raises StreamDeleted."""
    last = log.last(stream)
    hidden = stream.startswith("$$")
    if last == TOMBSTONE or (hidden and log.last(stream[2:]) == TOMBSTONE):
        raise StreamDeleted(stream)
    if last < 0:
        return None
    if hidden:
        return Limits(last)
    known = metadata(log, stream)
    before, count, age = (_number(known, name) for name in ("$tb", "$maxCount", "$maxAge"))
    if before == TOMBSTONE:
        return None
    first = max(before or 0, last - count + 1 if count else 0)
    return Limits(first, now() - age * TICKS if age else 0)


def resolve(log: Log, record: Record) -> tuple[Record | None, Record | None]:
    """An event and the link that led to it. The event is None when the link leads nowhere (any more)."""
    if record.type != "$>":
        return record, None
    revision, _, stream = record.data.decode(errors="replace").partition("@")
    if not revision.isdecimal():
        return None, record
    try:
        shown = limits(log, stream)
    except StreamDeleted:
        return None, record
    target = log.at(stream, int(revision)) if shown else None
    return (target if target and shown and shown.show(target) else None), record


def _number(found: dict[str, Any], name: str) -> int | None:
    value = found.get(name)
    return value if isinstance(value, int) else None
