"""CloudEvents 1.0, at the edge only: the bus, the feed, the audit. Inside, facts keep their own envelope."""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

from kernel.clock import parse_rfc3339, rfc3339
from kernel.codec import build
from kernel.envelope import Meta, Recorded
from kernel.events import Event, event_type

log = logging.getLogger(__name__)
MEDIA_TYPE = "application/cloudevents-batch+json"


def qualified(service: str, name: str, version: int) -> str:
    """The `type` attribute of a fact."""
    return f"fr.guichet.{service}.{name}.v{version}"


def to_cloudevent(fact: Recorded, data: Any, *, schema: int | None = None) -> dict[str, Any]:
    """A fact as structured JSON. `sequence` is its position, `prevsequence` that of the public fact before it."""
    return {
        "specversion": "1.0",
        "id": str(fact.id),
        "source": f"/guichet/{fact.source}",
        "type": qualified(fact.source, fact.type, schema or fact.schema),
        "subject": fact.stream,
        "time": rfc3339(fact.at),
        "datacontenttype": "application/json",
        "dataschema": f"/schemas/{fact.source}/{fact.type}/{schema or fact.schema}.json",
        "partitionkey": fact.route or fact.stream,
        "sequence": str(fact.position),
        "prevsequence": str(fact.previous),
        "streamversion": fact.version,
        "correlationid": fact.meta.correlation,
        "causationid": fact.meta.causation,
        "commandid": fact.meta.command,
        "actor": fact.meta.actor,
        "chain": fact.chain,
        **({"traceparent": fact.meta.traceparent} if fact.meta.traceparent else {}),
        "data": data,
    }


def current_schema(fact: Recorded) -> int:
    """The schema version a decoded fact is published under: it was brought to the current one."""
    return type(fact.event).wire_version if fact.event is not None else fact.schema


def from_cloudevent(event: dict[str, Any]) -> Recorded:
    """A fact of another service. Its `event` is None when this code does not know the type, or cannot read it.

    Raises KeyError or ValueError on what is no CloudEvent of Guichet.
    """
    _, _, service, name, version = event["type"].split(".")
    schema = int(version.removeprefix("v"))
    cls = event_type(service, name)
    decoded: Event | None = None
    if cls is not None and schema <= cls.wire_version and event.get("data") is not None:
        try:
            decoded = build(cls, schema, dict(event["data"]))
        except (ValueError, LookupError, TypeError) as error:
            log.error("the fact %s (%s) cannot be read: %s", event["id"], event["type"], type(error).__name__)
    return Recorded(
        source=service,
        position=int(event["sequence"]),
        stream=event["subject"],
        version=int(event["streamversion"]),
        id=UUID(event["id"]),
        type=name,
        schema=schema,
        at=parse_rfc3339(event["time"]),
        meta=Meta(
            event["actor"],
            event.get("commandid", ""),
            "",
            event["correlationid"],
            event["causationid"],
            event.get("traceparent", ""),
        ),
        event=decoded,
        route="" if event["partitionkey"] == event["subject"] else event["partitionkey"],
        public=True,
        previous=int(event["prevsequence"]),
        chain=event.get("chain", ""),
    )
