"""What crosses between a client and a service: the headers let through, the pass, the positions."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Final

from gateway.callers import Caller
from gateway.cookies import Cookies
from gateway.heads import Head
from gateway.matching import Match
from gateway.passes import Passes
from gateway.positions import Positions
from gateway.routes import Who
from gateway.sessions import Sessions
from gateway.upstream import Answer
from kernel.position import HEADER

# Everything else stays outside: credentials, cookies, forwarded and hop-by-hop headers among it.
PASSED: Final = {
    b"accept": "Accept",
    b"accept-language": "Accept-Language",
    b"content-length": "Content-Length",
    b"content-type": "Content-Type",
    b"idempotency-key": "Idempotency-Key",
    b"if-match": "If-Match",
    b"if-none-match": "If-None-Match",
    b"last-event-id": "Last-Event-ID",
    b"range": "Range",
}
_TRACEPARENT: Final = re.compile(rb"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


class Crossing:
    """Dresses requests on their way in, and takes note of answers on their way out."""

    def __init__(self, passes: Passes, positions: Positions, cookies: Cookies, sessions: Sessions) -> None:
        self._passes, self._positions = passes, positions
        self._cookies, self._sessions = cookies, sessions

    def inward(self, head: Head, caller: Caller, match: Match) -> dict[str, str]:
        """The headers of the client's own request for a service."""
        headers = {
            name: value.decode("latin-1")
            for raw, value in head.headers.items()
            if (name := PASSED.get(raw)) is not None
        }
        return self._dress(headers, head, caller, match)

    def errand(self, head: Head, caller: Caller, match: Match, media_type: str | None) -> dict[str, str]:
        """The headers of a call that a page or a composed answer makes for the caller."""
        headers = {"Accept": "application/json"}
        if media_type is not None:
            headers["Content-Type"] = media_type
        return self._dress(headers, head, caller, match)

    def outward(self, head: Head, caller: Caller, match: Match, answer: Answer) -> list[str]:
        """Take note of an answer; the Set-Cookie values that belong with it."""
        cookies: list[str] = []
        if answered := answer.headers.get(HEADER):
            self._positions.after(caller, answered)
            if caller.by_cookie or (caller.token is None and b"sec-fetch-site" in head.headers):
                cookies.append(self._positions.cookie(head, answered))
        match match.route.session:
            case "opens" if answer.status == 201:
                opened = answer.json()
                cookies.append(self._cookies.open_session(opened["token"], opened["expires_at"]))
            case "closes" if answer.status < 300:
                if caller.token is not None:
                    self._sessions.forget(caller.token)
                cookies.append(self._cookies.close_session())
            case "changes" if answer.status < 300 and caller.token is not None:
                self._sessions.forget(caller.token)
        return cookies

    def forget(self, token: str) -> None:
        """This session was closed here."""
        self._sessions.forget(token)

    def _dress(self, headers: dict[str, str], head: Head, caller: Caller, match: Match) -> dict[str, str]:
        headers["Authorization"] = self._pass(caller, match)
        headers["X-Request-Id"] = head.request_id
        headers["traceparent"] = _traceparent(head.headers)
        if position := self._positions.before(head, caller):
            headers[HEADER] = position
        return headers

    def _pass(self, caller: Caller, match: Match) -> str:
        # A tracking session opens its demande and nothing else: elsewhere its holder is a visitor.
        if match.route.who is Who.ANYONE and not caller.account:
            return self._passes.for_anonymous(caller, match.service)
        return self._passes.for_caller(caller, match.service)


def _traceparent(headers: Mapping[bytes, bytes]) -> str:
    """The client's W3C trace context, or the root of a new one."""
    given = headers.get(b"traceparent")
    if given is not None and _TRACEPARENT.fullmatch(given):
        return given.decode("ascii")
    return f"00-{os.urandom(16).hex()}-{os.urandom(8).hex()}-01"
