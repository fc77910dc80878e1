"""Identifiers and secrets: deterministic ids from command ids, random ones from the system's generator."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from uuid import UUID, uuid4, uuid5

CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
_COMMANDS = UUID("5d0ee2bb-6cc0-4f0f-9f3d-1d5b0b6a4b36")
_ID = re.compile(r"[0-9a-hjkmnp-tv-z]{16}")

IdSource = Callable[[], UUID]
random_uuid: IdSource = uuid4


def crockford(number: int, length: int) -> str:
    """`number` in Crockford base32, lower case, left-padded to `length` characters of 5 bits."""
    return "".join(CROCKFORD[(number >> (5 * place)) & 31] for place in range(length - 1, -1, -1))


def short_id(uuid: UUID) -> str:
    """The public form of an id: 80 bits of `uuid` as 16 Crockford characters, so no link looks like a secret."""
    # A version 5 UUID keeps its 4 version bits at 48-51 and 2 variant bits at 64-65: take the bits around them.
    return crockford((uuid.int >> 80 << 32) | (uuid.int & 0xFFFFFFFF), 16)


def is_id(text: str) -> bool:
    """Whether `text` has the shape of a `short_id`."""
    return _ID.fullmatch(text) is not None


def command_id(actor: str, key: str) -> UUID:
    """The command an actor means by an `Idempotency-Key`: the same pair is the same command for ever."""
    return uuid5(_COMMANDS, f"{actor}\n{key}")


def event_id(command: UUID, stream: str, index: int) -> UUID:
    """The id of the `index`-th event this command appends to `stream`."""
    return uuid5(command, f"{stream}\n{index}")


def derived_id(command: UUID, purpose: str = "id") -> str:
    """The short id of what this command creates, so that a retry finds it again."""
    return short_id(uuid5(command, purpose))


def secret_token() -> str:
    """256 random bits, URL-safe: sessions, activation links."""
    return secrets.token_urlsafe(32)


def tracking_number() -> str:
    """80 random bits as 16 Crockford characters, upper case, in groups of 4."""
    digits = crockford(secrets.randbits(80), 16).upper()
    return "-".join(digits[i : i + 4] for i in range(0, 16, 4))
