"""What every store does between loading a stream and appending to it; no I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from kernel import chain
from kernel.clock import parse_rfc3339, rfc3339
from kernel.codec import Codec
from kernel.envelope import Context, Meta, Recorded
from kernel.errors import Kind, Refused, stale
from kernel.events import Event
from kernel.eventstore import Decision, History
from kernel.ids import event_id


class Draft(NamedTuple):
    """A fact ready to append: everything but its position."""

    stream: str
    version: int
    id: UUID
    type: str
    schema: int
    at: str
    route: str
    public: bool
    chain: str
    meta_bytes: bytes
    data: bytes
    meta: Meta
    event: Event | None


@dataclass(slots=True)
class Step:
    """What a command comes to: facts to append, or the facts it appended when it was first seen."""

    fresh: list[Draft] = field(default_factory=list)
    replayed: list[Recorded] | None = None


def step(stream: str, history: History, decide: Decision, ctx: Context, codec: Codec, now: datetime) -> Step:
    """Look for this command, check the expected version, decide, and seal what was decided."""
    wanted = str(ctx.command_id)
    mine = [recorded for recorded in history if recorded.meta.command == wanted]
    if mine:
        if mine[0].meta.fingerprint != ctx.fingerprint:
            raise Refused(
                Kind.INVALID,
                "idempotency-mismatch",
                "Cette clé d'idempotence a déjà servi pour une autre demande. Utilisez une nouvelle clé.",
            )
        return Step(replayed=mine)
    version = history[-1].version if history else 0
    if ctx.expected is not None and ctx.expected != version:
        raise stale()
    events = list(decide(history))
    if not events:
        return Step()
    at = rfc3339(max(now, history[-1].at) if history else now)
    meta = ctx.meta()
    meta_bytes = meta.stored()
    link = history[-1].chain if history else chain.GENESIS
    drafts: list[Draft] = []
    for index, event in enumerate(events):
        version += 1
        id = event_id(ctx.command_id, stream, index)
        data, erased = codec.encode(event, id)
        kind, schema = event.wire_name, event.wire_version
        link = chain.link(link, stream, version, id, kind, schema, at, meta_bytes, data)
        shown = codec.decode(kind, schema, id, data) if erased else event
        drafts.append(
            Draft(
                stream,
                version,
                id,
                kind,
                schema,
                at,
                event.routed_to,
                event.is_public,
                link,
                meta_bytes,
                data,
                meta,
                shown,
            )
        )
    return Step(fresh=drafts)


def recorded(source: str, draft: Draft, position: int, previous: int) -> Recorded:
    """A draft that was given its position."""
    return Recorded(
        source=source,
        position=position,
        stream=draft.stream,
        version=draft.version,
        id=draft.id,
        type=draft.type,
        schema=draft.schema,
        at=parse_rfc3339(draft.at),
        meta=draft.meta,
        event=draft.event,
        route=draft.route,
        public=draft.public,
        previous=previous,
        chain=draft.chain,
        data=draft.data,
        meta_bytes=draft.meta_bytes,
    )


def upto_prefix(history: list[Recorded], upto: int | datetime | None) -> list[Recorded]:
    """A prefix by version: times never decrease within a stream, so an instant cuts it once."""
    if upto is None:
        return history
    if isinstance(upto, datetime):
        return [fact for fact in history if fact.at <= upto]
    return [fact for fact in history if fact.version <= upto]


def owned(source: str, stream: str) -> str:
    """`stream`, checked to belong to this service. Raises ValueError otherwise."""
    if not stream.startswith(f"{source}."):
        raise ValueError(f"{source} does not own the stream {stream}")
    return stream
