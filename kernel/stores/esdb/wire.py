"""Facts as EventStoreDB events and back. What is chained is stored byte for byte; the rest rides in the metadata.

The metadata of an event is one JSON object whose last member, `meta`, is the stored metadata of the fact, verbatim.
`$correlationId` and `$causationId` are the names EventStoreDB's own tools look for. `more` says that facts of the same
commit follow: a subscription sends them one by one, and half a commit must not be taken for one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

from esdbclient import NewEvent, RecordedEvent
from pydantic_core import from_json, to_json

from kernel.stores.step import Draft

T = TypeVar("T")
META = b',"meta":'


class Row(NamedTuple):
    """A fact as the copy keeps it; `previous` is known only there, and `more` (its commit goes on) is not kept."""

    position: int
    stream: str
    version: int
    id: bytes
    type: str
    schema: int
    at: str
    route: str
    public: bool
    chain: str
    meta: bytes
    data: bytes
    more: bool = False


def new_events(drafts: Sequence[Draft]) -> list[NewEvent]:
    """The facts of one commit, to append. Their ids are the same whenever the command is tried again."""
    return [_new_event(draft, more=draft is not drafts[-1]) for draft in drafts]


def _new_event(draft: Draft, *, more: bool) -> NewEvent:
    head = to_json(
        {
            "schema": draft.schema,
            "at": draft.at,
            "route": draft.route,
            "public": draft.public,
            "chain": draft.chain,
            "$correlationId": draft.meta.correlation,
            "$causationId": draft.meta.causation,
        }
        | ({"more": True} if more else {})
    )
    # No JSON string holds META unescaped, so its first occurrence is where the head ends.
    return NewEvent(id=draft.id, type=draft.type, data=draft.data, metadata=head[:-1] + META + draft.meta_bytes + b"}")


def row(event: RecordedEvent, namespace: str = "") -> Row:
    """A fact as it was stored; what was altered beyond reading comes out blank, and the chain betrays it."""
    head, meta = _opened(event.metadata)
    return Row(
        position=event.commit_position or 0,
        stream=event.stream_name.removeprefix(namespace),
        version=event.stream_position + 1,
        id=event.id.bytes,
        type=event.type,
        schema=_typed(head, "schema", 0),
        at=_typed(head, "at", ""),
        route=_typed(head, "route", ""),
        public=_typed(head, "public", False),
        chain=_typed(head, "chain", ""),
        meta=meta,
        data=event.data,
        more=_typed(head, "more", False),
    )


def _opened(metadata: bytes) -> tuple[dict[str, Any], bytes]:
    head, _, meta = metadata.partition(META)
    try:
        found = from_json(head + b"}")
    except ValueError:
        return {}, metadata
    return (found, meta[:-1]) if isinstance(found, dict) else ({}, metadata)


def _typed(head: dict[str, Any], name: str, blank: T) -> T:
    value = head.get(name)
    return value if type(value) is type(blank) else blank
