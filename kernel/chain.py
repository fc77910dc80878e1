"""The hash chain of a stream: each link covers the stored bytes of its fact and the link before it."""

from __future__ import annotations

import hashlib
from uuid import UUID

GENESIS = ""


def link(
    previous: str,
    stream: str,
    version: int,
    id: UUID,
    type: str,
    schema: int,
    at: str,
    meta: bytes,
    data: bytes,
) -> str:
    """SHA-256, hex, over the previous link and the length-prefixed stored bytes of a fact."""
    digest = hashlib.sha256()
    for part in (
        previous.encode(),
        stream.encode(),
        b"%d" % version,
        id.bytes,
        type.encode(),
        b"%d" % schema,
        at.encode(),
        meta,
        data,
    ):
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()
