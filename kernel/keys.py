"""Keys derived from a process's one secret, and keyed hashes of what must be found but not read."""

from __future__ import annotations

import hashlib
import hmac
from functools import lru_cache

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


@lru_cache(maxsize=64)
def derive(secret: bytes, purpose: str) -> bytes:
    """A 256-bit key for one purpose (HKDF-SHA256, RFC 5869)."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"guichet/{purpose}".encode()).derive(secret)


def keyed_hash(secret: bytes, purpose: str, text: str) -> str:
    """HMAC-SHA256, hex: an index over personal data that cannot be guessed without the secret."""
    return hmac.new(derive(secret, purpose), text.encode(), hashlib.sha256).hexdigest()


def token_hash(token: str) -> str:
    """SHA-256, hex, of a token of at least 128 random bits, which is all that is kept of it."""
    return hashlib.sha256(token.encode()).hexdigest()
