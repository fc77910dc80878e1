"""Facts to stored bytes and back: sealed fields travel as one ciphertext beside the clear ones."""

from __future__ import annotations

import base64
import logging
import zlib
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from pydantic_core import from_json, to_json

from kernel.events import Event, erased_value, event_type, modernise
from kernel.vault import Vault

SEALED = "sealed"
PACKED_FROM = 1024
log = logging.getLogger(__name__)


class Codec:
    """Encodes the facts of one service under its vault."""

    def __init__(self, service: str, vault: Vault) -> None:
        self.service, self.vault = service, vault

    def encode(self, event: Event, id: UUID) -> tuple[bytes, bool]:
        """The bytes to store, and whether the subject turned out to be erased (its values are then lost).

        Raises ValueError for a fact of another service.
        """
        if event.origin != self.service:
            raise ValueError(f"{self.service} does not record facts of {event.origin}")
        if not event.seals:
            return event.__pydantic_serializer__.to_json(event), False
        names = set(event.seals)
        clear = event.__pydantic_serializer__.to_json(event, exclude=names)
        secret = _packed(event.__pydantic_serializer__.to_json(event, include=names))
        token = self.vault.seal(event.sealed_for, secret, _binding(id, event.wire_name))
        if token is None:
            return clear, True
        joint = b"," if len(clear) > 2 else b""
        return clear[:-1] + joint + b'"sealed":"' + base64.b64encode(token) + b'"}', False

    def decode(self, name: str, schema: int, id: UUID, data: bytes) -> Event | None:
        """The fact, brought to its current schema; None when this code does not know its type.

        Raises ValueError, LookupError, TypeError or AttributeError on bytes that were altered.
        """
        cls = event_type(self.service, name)
        if cls is None or schema > cls.wire_version:
            return None
        if schema == cls.wire_version and not cls.seals:
            return cls.model_validate_json(data, extra="ignore")
        payload: dict[str, Any] = from_json(data)
        token = payload.pop(SEALED, None)
        if token is not None:
            subject = cls.subject_format.format_map(payload)
            opened = self.vault.open(subject, base64.b64decode(token), _binding(id, name))
            if opened is not None:
                payload |= from_json(_unpacked(opened))
        if schema == cls.wire_version and cls.seals.keys() <= payload.keys():
            return _validated(cls, schema, payload)
        return build(cls, schema, payload)

    def legible(self, name: str, schema: int, id: UUID, data: bytes) -> Event | None:
        """`decode`, or None for bytes that were altered: a reader goes on, and nothing is decided on them."""
        try:
            return self.decode(name, schema, id, data)
        except (ValueError, LookupError, TypeError, AttributeError, zlib.error) as error:
            log.error("the stored fact %s (%s v%d) cannot be read: %s", id, name, schema, type(error).__name__)
            return None

    def published(self, event: Event) -> dict[str, Any]:
        """The payload other services may see without being entitled to personal data."""
        payload: dict[str, Any] = event.model_dump(mode="json", exclude=set(event.seals))
        return payload


def build(cls: type[Event], schema: int, payload: dict[str, Any]) -> Event:
    """A fact from its payload; sealed fields that are absent read as erased. Raises ValueError when it is malformed."""
    payload = dict(modernise(cls, schema, payload))
    absent = [name for name in cls.seals if name not in payload]
    for name in absent:
        # Beside sealed fields that are there, one that is not is younger than the fact: it has its default.
        if len(absent) == len(cls.seals) or cls.model_fields[name].is_required():
            payload[name] = erased_value(cls.model_fields[name].annotation)
    return _validated(cls, schema, payload)


def _validated(cls: type[Event], schema: int, payload: dict[str, Any]) -> Event:
    try:
        return cls.model_validate(payload, extra="ignore")
    except ValidationError as error:
        raise ValueError(f"{cls.wire_name} v{schema} does not decode: {error.error_count()} fields") from None


def stored_payload(data: bytes) -> dict[str, Any]:
    """The stored form as JSON, sealed fields still as ciphertext."""
    payload: dict[str, Any] = from_json(data)
    return payload


def _packed(secret: bytes) -> bytes:
    return zlib.compress(secret) if len(secret) >= PACKED_FROM else secret


def _unpacked(opened: bytes) -> bytes:
    # A JSON object begins with a brace, a zlib stream (RFC 1950) never does.
    return opened if opened[:1] == b"{" else zlib.decompress(opened)


def _binding(id: UUID, name: str) -> bytes:
    return id.bytes + name.encode()


__all__ = ["SEALED", "Codec", "build", "stored_payload", "to_json"]
