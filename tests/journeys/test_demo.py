"""The demonstration, as `guichet demo` plays it, and again with every POST sent twice."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest

from console.demo.command import PIECES, play
from console.demo.portal import Answer, Portal
from tests.support.stack import Stack, quiet

pytestmark = pytest.mark.journey

# These answer a token, which is never told twice: the key is ignored. An audit's jobs change nothing.
TOLD_ONCE = re.compile(r"/api/(sessions|tracking-sessions|audit/.*)")


class Insistent(Portal):
    """Sends every command twice under one key, as a client does that has lost the first answer."""

    repeated = 0

    def signed_in(self, token: str) -> Portal:
        return Insistent(self.url, token, self.client)

    def call(self, method: str, path: str, *, expect: int | tuple[int, ...] = 200, **arguments: Any) -> Answer:
        if method not in ("POST", "PATCH") or TOLD_ONCE.fullmatch(path):
            return super().call(method, path, expect=expect, **arguments)
        headers = dict(arguments.pop("headers", {})) | {"Idempotency-Key": uuid.uuid4().hex}
        first = super().call(method, path, expect=expect, headers=headers, **arguments)
        again = super().call(method, path, expect=expect, headers=headers, **arguments)
        assert (again.status, again.content) == (first.status, first.content), path
        assert "idempotency-replayed" not in first.headers, path
        # What was refused left nothing to replay: it is refused anew.
        assert again.headers.get("idempotency-replayed") == ("true" if first.status < 400 else None), path
        assert again.headers.get("etag") == first.headers.get("etag"), path
        Insistent.repeated += 1
        return again


def test_the_demonstration_goes_from_the_sign_up_to_the_audit(stack: Stack) -> None:
    tell = quiet()
    play(stack.portal(), stack.mailbox(), tell, PIECES)
    assert len(tell.steps) > 70


def test_every_command_of_the_journey_can_be_sent_twice(stack: Stack) -> None:
    portal = stack.portal()
    play(Insistent(portal.url, None, portal.client), stack.mailbox(), quiet(), PIECES)
    assert Insistent.repeated >= 30
