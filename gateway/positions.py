"""What each session has already written, so its next read waits for it.

A write answers `Guichet-Position`. Clients may send it back; for those that do not, the vector is
remembered by session, in memory: losing it costs a reader a moment of staleness, nothing else.
"""

from __future__ import annotations

from typing import Final

from gateway.callers import Caller
from gateway.cookies import Cookies
from gateway.heads import Head
from kernel.position import HEADER, Vector, format_vector, merge, parse_vector

NAME: Final = HEADER.lower().encode()
REMEMBERED: Final = 20_000  # sessions


class Positions:
    """Vectors by session (hash of its token); the least recently written are forgotten first."""

    def __init__(self, cookies: Cookies, *, remembered: int = REMEMBERED) -> None:
        self._cookies, self._remembered = cookies, remembered
        self._seen: dict[str, Vector] = {}

    def before(self, head: Head, caller: Caller) -> str:
        """The header to send to a service: what the client says, and what is remembered. May be empty."""
        said = head.get(NAME) or self._cookies.position(head)
        known = self._seen.get(caller.key) if caller.key else None
        if known is None:
            return format_vector(parse_vector(said)) if said else ""
        return format_vector(merge(known, parse_vector(said)) if said else known)

    def after(self, caller: Caller, answered: str) -> None:
        """Remember the positions of an answer."""
        if caller.key is None or not (vector := parse_vector(answered)):
            return
        merged = merge(self._seen.pop(caller.key, {}), vector)
        self._seen[caller.key] = merged
        if len(self._seen) > self._remembered:
            del self._seen[next(iter(self._seen))]

    def cookie(self, head: Head, answered: str) -> str:
        """Set-Cookie for a browser: what it has seen so far and this answer."""
        seen = merge(parse_vector(self._cookies.position(head)), parse_vector(answered))
        return self._cookies.remember_position(format_vector(seen))
