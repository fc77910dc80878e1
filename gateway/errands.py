"""Calls made on a caller's behalf by pages and composed answers: the public API, by its own door.

The same table, the same admission, the same pass: a page can do nothing that its reader could not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from pydantic_core import to_json

from gateway.callers import admit
from gateway.crossing import Crossing
from gateway.limits import Limits
from gateway.matching import Match, Table
from gateway.upstream import Answer, Upstream, wire_path
from gateway.visits import Visit


@dataclass(frozen=True, slots=True)
class Content:
    """A body that is not JSON: its type, with parameters, and its bytes."""

    media_type: str
    data: bytes


class Errands:
    """Runs them. Set-Cookie values that an answer brings are put on the visit's own reply."""

    def __init__(self, table: Table, limits: Limits, crossing: Crossing, upstream: Upstream) -> None:
        self._table, self._limits, self._crossing, self._upstream = table, limits, crossing, upstream

    async def run(
        self,
        visit: Visit,
        method: str,
        path: str,
        body: Mapping[str, Any] | Content | None = None,
        given: Mapping[str, str] | None = None,
        **query: str | int,
    ) -> Answer:
        """Call the public API as the visitor; `given`: headers, those that are not empty count.

        Raises Refusal as the door would.
        """
        match = self._table.match(method, path)
        if match.route.limit is not None:
            self._limits.take(match.route.limit, visit.caller.ip)
        admit(match.route.who, visit.caller)
        return await self.to_service(visit, match, method, body, given, **query)

    def forget(self, token: str) -> None:
        """A session was closed by an errand: whoever shows its token is asked about again."""
        self._crossing.forget(token)

    async def account(self, visit: Visit) -> Answer:
        """The visitor's account as identity tells it: `GET /api/me` itself is composed here."""
        return await self.to_service(visit, Match(visit.match.route, "identity", "/api/me"))

    async def to_service(
        self,
        visit: Visit,
        match: Match,
        method: str = "GET",
        body: Mapping[str, Any] | Content | None = None,
        given: Mapping[str, str] | None = None,
        **query: str | int,
    ) -> Answer:
        """Call the service of a match, for a visitor who was admitted. Raises Refusal 503."""
        content = body if isinstance(body, Content) or body is None else Content("application/json", to_json(body))
        headers = self._crossing.errand(visit.head, visit.caller, match, content.media_type if content else None)
        headers |= {name: value for name, value in (given or {}).items() if value}
        path = wire_path(match.path)
        target = f"{path}?{urlencode(query)}" if query else path
        answer = await self._upstream.ask(match.service, method, target, headers, content.data if content else None)
        # Of several parts of a page, the oldest says how old the page is.
        if (since := answer.headers.get("Guichet-As-Of")) is not None:
            visit.reply.stale_since = min(since, visit.reply.stale_since or since)
        visit.reply.set_cookies(*self._crossing.outward(visit.head, visit.caller, match, answer))
        return answer
