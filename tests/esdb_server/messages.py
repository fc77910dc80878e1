"""Records as messages."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from tests.esdb_server.log import Log, Record
from tests.esdb_server.streams import resolve
from tests.esdb_server.wire import shared_pb2, streams_pb2, structured

ReadResp = streams_pb2.ReadResp
Shown = Callable[[Record], ReadResp]
RecordedEvent = ReadResp.ReadEvent.RecordedEvent


def shown(log: Log, options: streams_pb2.ReadReq.Options) -> Shown:
    """How one request wants its events: ids in either form, links resolved or not. Raises ValueError."""
    chosen = options.uuid_option.WhichOneof("content")
    if chosen is None:
        raise ValueError("a reader must say in which form it wants ids")
    as_text, follow = chosen == "string", options.resolve_links

    def show(record: Record) -> ReadResp:
        event, link = resolve(log, record) if follow else (record, None)
        return ReadResp(
            event=ReadResp.ReadEvent(
                event=_recorded(event, record.position, as_text) if event else None,
                link=_recorded(link, record.position, as_text) if link else None,
                commit_position=record.position,
            )
        )

    return show


def checkpoint(position: int) -> ReadResp:
    """How far a filtered subscription has looked."""
    return ReadResp(checkpoint=ReadResp.Checkpoint(commit_position=position, prepare_position=position))


def _recorded(record: Record, position: int, as_text: bool) -> RecordedEvent:
    id = UUID(bytes=record.id)
    return RecordedEvent(
        id=shared_pb2.UUID(string=str(id)) if as_text else structured(id),
        stream_identifier=shared_pb2.StreamIdentifier(stream_name=record.stream.encode()),
        stream_revision=record.revision,
        commit_position=position,
        prepare_position=position,
        metadata={
            "type": record.type,
            "created": str(record.created),
            "content-type": "application/json" if record.json else "application/octet-stream",
        },
        custom_metadata=record.metadata,
        data=record.data,
    )
