"""Security questions handed out without being kept: the id is signed, holds its expiry and a keyed digest."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import struct
from datetime import UTC, datetime, timedelta

from kernel.runtime.runtime import Runtime
from services.identity.adapters import once
from services.identity.aggregate.question import LARGEST, OPERATIONS, Number, Question, read_answer

LIFE = timedelta(minutes=10)
_NONCE, _DIGEST = 12, 16
_LAYOUT = struct.Struct(f">{_NONCE}sI{_DIGEST}s")


def draw() -> Question:
    """A question nobody can foresee."""
    first, second = secrets.randbelow(LARGEST + 1), secrets.randbelow(LARGEST + 1)
    operation = secrets.choice(OPERATIONS)
    if operation == "moins" and first < second:
        first, second = second, first
    return Question(
        Number(first, secrets.choice((True, False))), operation, Number(second, secrets.choice((True, False)))
    )


def seal(run: Runtime, question: Question) -> tuple[str, datetime]:
    """The opaque id of a question and its expiry."""
    expires_at = (run.clock() + LIFE).replace(microsecond=0)
    nonce = secrets.token_bytes(_NONCE)
    body = _LAYOUT.pack(nonce, int(expires_at.timestamp()), _digest(run, nonce, question.answer))
    return base64.urlsafe_b64encode(body + _signature(run, body)).decode(), expires_at


async def settle(run: Runtime, id: object, answer: object) -> bool:
    """Spend a question, whatever was answered; whether it was ours, current, unspent and answered right."""
    body = _opened(run, id)
    if body is None:
        return False
    nonce, expiry, digest = _LAYOUT.unpack(body)
    expires_at = datetime.fromtimestamp(expiry, UTC)
    if run.clock() >= expires_at or not await once.first_time(run, f"question/{nonce.hex()}", expires_at):
        return False
    number = read_answer(answer)
    return number is not None and hmac.compare_digest(digest, _digest(run, nonce, number))


def _opened(run: Runtime, id: object) -> bytes | None:
    if not isinstance(id, str) or not id.isascii() or len(id) > 200:
        return None
    try:
        blob = base64.urlsafe_b64decode(id)
    except (ValueError, binascii.Error):
        return None
    body, signature = blob[: _LAYOUT.size], blob[_LAYOUT.size :]
    genuine = len(body) == _LAYOUT.size and hmac.compare_digest(signature, _signature(run, body))
    return body if genuine else None


def _digest(run: Runtime, nonce: bytes, answer: int) -> bytes:
    text = nonce + str(answer).encode()[:20]
    return hmac.new(run.key("question-answer"), text, hashlib.sha256).digest()[:_DIGEST]


def _signature(run: Runtime, body: bytes) -> bytes:
    return hmac.new(run.key("question-signature"), body, hashlib.sha256).digest()[:_DIGEST]
