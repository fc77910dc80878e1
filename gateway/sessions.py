"""Who holds a token: asked of identity, remembered for five seconds at most.

The clock of a verdict starts before the question leaves, so a session revoked while the answer travels
is dead five seconds after its revocation too. A hint of identity on the bus ends it at once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from pydantic_core import from_json

from kernel.clock import Clock, parse_rfc3339, system_clock
from kernel.keys import token_hash

CLOSED_SUBJECT: Final = "guichet-session.closed"
REMEMBERED: Final = 20_000  # verdicts
LIFE: Final = 4.5  # seconds
LONGEST_TOKEN: Final = 512


@dataclass(frozen=True, slots=True)
class Verdict:
    """What identity says of a live session. `expires_at` is in seconds since the epoch."""

    kind: str  # account | tracking
    session: str
    expires_at: float
    account: str | None = None
    roles: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    demande: str | None = None
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    capacity: str | None = None

    @property
    def actor(self) -> str:
        """Who acts, for histories: `account:<id>` or `tracking:<demande id>`."""
        return f"account:{self.account}" if self.kind == "account" else f"tracking:{self.demande}"

    def claims(self) -> dict[str, object]:
        """The claims of an internal token for this person."""
        return {
            "sub": self.actor,
            "kind": self.kind,
            "account": self.account,
            "roles": list(self.roles),
            "services": list(self.services),
            "demande": self.demande,
            "email": self.email,
            "first_name": self.first_name,
            "last_name": self.last_name,
            "capacity": self.capacity,
            "sid": self.session,
        }


def read_verdict(answer: dict[str, Any]) -> Verdict:
    """The verdict in identity's answer to /internal/sessions/verify."""
    return Verdict(
        kind=answer["kind"],
        session=answer["sid"],
        expires_at=parse_rfc3339(answer["expires_at"]).timestamp(),
        account=answer.get("account") or None,
        roles=tuple(answer.get("roles") or ()),
        services=tuple(answer.get("services") or ()),
        demande=answer.get("demande") or None,
        email=answer.get("email"),
        first_name=answer.get("first_name"),
        last_name=answer.get("last_name"),
        capacity=answer.get("capacity"),
    )


def closed_session(payload: bytes) -> str | None:
    """The session that a hint on `CLOSED_SUBJECT` says is over; None for a malformed hint."""
    try:
        session = from_json(payload)["sid"]
    except (ValueError, KeyError, TypeError):
        return None
    return session if isinstance(session, str) else None


# Asks identity; None when the token opens nothing. Raises Refusal 503 when identity does not answer.
Verify = Callable[[str], Awaitable[Verdict | None]]


class Sessions:
    """Verdicts by hash of the token. One question at a time is asked about one token."""

    def __init__(
        self,
        verify: Verify,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        clock: Clock = system_clock,
        remembered: int = REMEMBERED,
    ) -> None:
        self._verify, self._monotonic, self._clock = verify, monotonic, clock
        self._remembered = remembered
        self._known: dict[str, tuple[Verdict | None, float]] = {}
        self._asking: dict[str, asyncio.Task[Verdict | None]] = {}
        self._closed: dict[str, float] = {}

    async def verdict(self, token: str, key: str) -> Verdict | None:
        """Who holds `token`, whose hash is `key`; None for nobody."""
        now = self._monotonic()
        known = self._known.get(key)
        if known is not None and now - known[1] < LIFE:
            return self._alive(known[0])
        if len(token) > LONGEST_TOKEN or not token.isascii():
            return None
        task = self._asking.get(key)
        if task is None:
            task = self._asking[key] = asyncio.create_task(self._ask(token, key, now))
            task.add_done_callback(lambda done: self._answered(key, done))
        # A client that leaves must not take the answer away from the others who wait for it.
        return self._alive(await asyncio.shield(task))

    def forget(self, token: str) -> None:
        """Ask again at the next request: this token was just signed out here."""
        self._known.pop(token_hash(token), None)

    async def on_closed(self, payload: bytes) -> None:
        """A hint of identity: the session `sid` is over. Malformed hints are ignored."""
        session = closed_session(payload)
        if session is None:
            return
        now = self._monotonic()
        # Kept while an older answer may still be on its way.
        self._closed = {sid: at for sid, at in self._closed.items() if now - at < 60}
        self._closed[session] = now

    async def _ask(self, token: str, key: str, asked_at: float) -> Verdict | None:
        verdict = await self._verify(token)
        self._known.pop(key, None)
        self._known[key] = (verdict, asked_at)
        if len(self._known) > self._remembered:
            del self._known[next(iter(self._known))]
        return verdict

    def _answered(self, key: str, task: asyncio.Task[Verdict | None]) -> None:
        self._asking.pop(key, None)
        if not task.cancelled():
            task.exception()  # looked at: those who asked may all have left

    def _alive(self, verdict: Verdict | None) -> Verdict | None:
        if verdict is None or verdict.session in self._closed:
            return None
        return verdict if verdict.expires_at > self._clock().timestamp() else None
