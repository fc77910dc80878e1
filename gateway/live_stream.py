"""`GET /api/demandes/{id}/live`: Server-Sent Events (WHATWG HTML §9.2) about one demande, for who may read it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

from pydantic_core import to_json
from starlette.datastructures import QueryParams
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.errands import Errands
from gateway.live import Change, Follower, Live
from gateway.pages.site import refusal_of
from gateway.positions import Positions
from gateway.refusals import Refusal, unavailable
from gateway.sessions import Sessions, Verdict, closed_session
from gateway.visits import Body, Visit
from kernel.clock import Clock, system_clock

MEDIA_TYPE: Final = "text/event-stream"
HEARTBEAT: Final = 15.0  # seconds
AGAIN: Final = 5_000  # milliseconds before a browser connects again
PER_SESSION, OVERALL = 4, 2_000


class LiveStream:
    """Admits followers and writes to them what they are told. `connected`: whether there is a bus to hear from."""

    def __init__(
        self,
        live: Live,
        errands: Errands,
        sessions: Sessions,
        positions: Positions,
        *,
        connected: bool,
        clock: Clock = system_clock,
    ) -> None:
        self._live, self._errands, self._clock = live, errands, clock
        self._sessions, self._positions, self._connected = sessions, positions, connected

    async def show(self, visit: Visit) -> Response:
        """Raises Refusal: 404 for somebody else's demande, 406 for who wants something else, 429 for too many, 503."""
        demande = visit.match.wild[0]
        agent = await self._is_agent(visit, demande)
        if MEDIA_TYPE not in (visit.head.get(b"accept") or ""):
            detail = f"Cette adresse envoie un flux d'événements : demandez « Accept: {MEDIA_TYPE} »."
            raise Refusal(406, "not-acceptable", detail, title="Type de réponse non proposé")
        headers = {"X-Accel-Buffering": "no"}  # a proxy that keeps events back would make them late
        if visit.head.method == "HEAD":
            return Response(media_type=MEDIA_TYPE, headers=headers)
        verdict = visit.caller.verdict
        assert verdict is not None, "the table admits sessions only"
        if not self._connected:
            raise unavailable()
        if self._live.of_session(verdict.session) >= PER_SESSION or self._live.following >= OVERALL:
            detail = "Trop de pages suivent cette demande en direct. Fermez-en, puis rechargez celle-ci."
            raise Refusal(429, "rate-limited", detail, headers={"Retry-After": "30"})
        follower = Follower(demande, verdict.session, agent)
        self._live.follow(follower, after=visit.head.get(b"last-event-id") or "", since=_since(visit))
        return _Stream(self._events(visit, follower, verdict), follower, visit.body, headers)

    async def on_closed(self, payload: bytes) -> None:
        """A hint of identity: a session is over. Malformed hints are ignored."""
        session = closed_session(payload)
        if session is not None:
            self._live.close_session(session)

    async def _is_agent(self, visit: Visit, demande: str) -> bool:
        """Whether the caller reads it as its service does. Raises Refusal when he may not read it at all."""
        as_applicant = await self._errands.run(visit, "GET", f"/api/demandes/{demande}")
        if as_applicant.status == 200:
            return False
        verdict = visit.caller.verdict
        if as_applicant.status == 404 and verdict is not None and "instructeur" in verdict.roles:
            as_agent = await self._errands.run(visit, "GET", f"/api/demandes/{demande}/discussion")
            if as_agent.status == 200:
                return True
        raise refusal_of(as_applicant)

    async def _events(self, visit: Visit, follower: Follower, verdict: Verdict) -> AsyncGenerator[bytes, None]:
        try:
            # An id before the first change: whoever is cut off before it says where he was.
            yield f"retry: {AGAIN}\nid: {self._live.id_of(self._live.last)}\n\n".encode()
            while True:
                told = await follower.next(HEARTBEAT)
                # Asking identity counts as being there: silence must not keep a forgotten page signed in.
                if follower.ended or (told and not await self._lasts(visit, verdict)):
                    return
                if self._clock().timestamp() >= verdict.expires_at:
                    return
                yield b"".join(self._event(visit, change) for change in told) if told else b": \n\n"
        finally:
            self._live.leave(follower)

    def _event(self, visit: Visit, change: Change) -> bytes:
        if change.position:
            # What this session reads next waits until it is there to be read.
            self._positions.after(visit.caller, f"{change.source}={change.position}.{change.position}")
        data = to_json({"kind": change.kind, "demande": change.demande}).decode()
        return f"id: {self._live.id_of(change.number)}\nevent: change\ndata: {data}\n\n".encode()

    async def _lasts(self, visit: Visit, admitted: Verdict) -> bool:
        """The session still opens what it opened: nobody is told anything in the name of one that is over."""
        token, key = visit.caller.token, visit.caller.key
        assert token is not None
        assert key is not None
        try:
            verdict = await self._sessions.verdict(token, key)
        except Refusal:
            return False
        return verdict is not None and _opens(verdict) == _opens(admitted)


class _Stream(Response):
    """An answer that lasts until its follower is let go, or its reader leaves."""

    media_type = MEDIA_TYPE

    def __init__(
        self, events: AsyncGenerator[bytes, None], follower: Follower, body: Body, headers: dict[str, str]
    ) -> None:
        super().__init__(headers=headers)
        del self.headers["content-length"]
        self._events, self._follower, self._body = events, follower, body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        gone = asyncio.create_task(self._body.wait_for_departure())
        gone.add_done_callback(lambda _: self._follower.end())
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            async with aclosing(self._events) as events:
                async for chunk in events:
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            gone.cancel()


def _opens(verdict: Verdict) -> tuple[object, ...]:
    return verdict.session, verdict.kind, verdict.roles, verdict.services, verdict.demande


def _since(visit: Visit) -> float | None:
    """The instant a page was made at, in seconds since the epoch: it is told what it does not show yet."""
    text = QueryParams(visit.head.query.decode()).get("since", "")
    try:
        since = float(text) if text and len(text) < 20 else None
    except ValueError:
        return None
    return since if since is not None and 0 < since < 1e11 else None
