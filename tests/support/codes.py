"""The telephone of whoever enrolled a second factor: RFC 6238, written without the library that the service uses."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime
from urllib.parse import parse_qs, urlsplit


def code_of(secret: str, at: datetime, *, steps: int = 0) -> str:
    """The code an application shows at an instant, or so many steps of 30 s later."""
    counter = int(at.timestamp()) // 30 + steps
    digest = hmac.new(base64.b32decode(secret), counter.to_bytes(8, "big"), hashlib.sha1).digest()
    offset = digest[-1] & 15
    return f"{(int.from_bytes(digest[offset : offset + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06}"


def secret_of(uri: str) -> str:
    """What an application reads in an `otpauth` address."""
    parts = urlsplit(uri)
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    asked = parse_qs(parts.query)
    assert (asked["algorithm"], asked["digits"], asked["period"]) == (["SHA1"], ["6"], ["30"])
    return asked["secret"][0]
