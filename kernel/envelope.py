"""The only luggage of a fact: who, why, when, where. Filled from the request, never by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from operator import itemgetter
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from pydantic_core import from_json, to_json

if TYPE_CHECKING:
    from kernel.events import Event


@dataclass(frozen=True, slots=True)
class Context:
    """What travels with a command. `expected` is the version `If-Match` names; None: whatever is current."""

    actor: str
    command_id: UUID
    fingerprint: str
    correlation: str
    causation: str = ""
    expected: int | None = None
    traceparent: str = ""

    def meta(self) -> Meta:
        """The metadata every event of this command carries."""
        return Meta(
            self.actor,
            str(self.command_id),
            self.fingerprint,
            self.correlation,
            self.causation or str(self.command_id),
            self.traceparent,
        )

    def step(self, purpose: str) -> Context:
        """The context of a further command this one implies, for example a reservation: own id, no precondition."""
        return replace(self, command_id=uuid5(self.command_id, purpose), expected=None, causation=str(self.command_id))

    def by(self, actor: str) -> Context:
        """The same command, by another actor."""
        return replace(self, actor=actor)


_META = itemgetter("actor", "command", "fingerprint", "correlation", "causation", "traceparent")


@dataclass(frozen=True, slots=True)
class Meta:
    """The metadata of a stored fact. `fingerprint` never leaves the store."""

    actor: str
    command: str
    fingerprint: str
    correlation: str
    causation: str
    traceparent: str = ""

    @classmethod
    def load(cls, stored: bytes) -> Meta:
        """From the stored bytes; what a newer writer added is left out. Raises ValueError or LookupError."""
        found = from_json(stored)
        return cls(*map(str, _META(found)))

    def stored(self) -> bytes:
        """The bytes that are stored and chained."""
        return to_json(
            {
                "actor": self.actor,
                "command": self.command,
                "fingerprint": self.fingerprint,
                "correlation": self.correlation,
                "causation": self.causation,
                "traceparent": self.traceparent,
            }
        )


@dataclass(frozen=True, slots=True)
class Recorded:
    """A fact as stored. `event` is None when this code does not know or does not need its type.

    `position` orders the facts of one source and is only ever compared; `previous` is the position of the public
    fact before it. `version` counts the facts of one stream from 1. `data` and `meta_bytes` are the stored bytes
    (sealed fields as ciphertext); they are empty on a fact that came over the bus.
    """

    source: str
    position: int
    stream: str
    version: int
    id: UUID
    type: str
    schema: int
    at: datetime
    meta: Meta
    event: Event | None
    route: str = ""
    public: bool = False
    previous: int = 0
    chain: str = ""
    data: bytes = b""
    meta_bytes: bytes = b""


@dataclass(frozen=True, slots=True)
class Commit:
    """What a command changed: its events (none when it had nothing to say) and where the stream now stands."""

    stream: str
    version: int
    position: int
    public_position: int
    replayed: bool
    events: Sequence[Recorded] = field(default=())
