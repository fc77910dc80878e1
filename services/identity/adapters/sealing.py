"""Short personal texts in `state`, encrypted under a key of this service for one purpose."""

from __future__ import annotations

import base64
import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kernel.runtime.runtime import Runtime


def seal(run: Runtime, purpose: str, bound_to: str, text: str) -> str:
    """`text`, encrypted (AES-256-GCM) and tied to the row it belongs to."""
    nonce = os.urandom(12)
    sealed = AESGCM(run.key(purpose)).encrypt(nonce, text.encode(), bound_to.encode())
    return base64.b64encode(nonce + sealed).decode()


def unseal(run: Runtime, purpose: str, bound_to: str, sealed: str) -> str:
    """The text again. Raises InvalidTag when the row was tampered with."""
    blob = base64.b64decode(sealed)
    return AESGCM(run.key(purpose)).decrypt(blob[:12], blob[12:], bound_to.encode()).decode()
