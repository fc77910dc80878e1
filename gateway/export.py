"""Everything held about somebody, as one document: what each service shows him, gathered while it is sent.

Nothing is read that its owner could not read call by call, and nothing piles up here: a demande leaves before the next
one is asked for.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final

from pydantic_core import to_json
from starlette.responses import Response, StreamingResponse

from gateway.errands import Errands
from gateway.labels import label
from gateway.matching import Match
from gateway.refusals import Refusal, unavailable
from gateway.upstream import Answer
from gateway.visits import Visit
from kernel.clock import Clock, rfc3339, system_clock

Json = dict[str, Any]

PAGE: Final = 100
NAME: Final = 'attachment; filename="guichet-mes-donnees.json"'


@dataclass(slots=True)
class Gathering:
    """One export under way. `complete` turns false once a part could not be had."""

    visit: Visit
    complete: bool = True


class Export:
    """`GET /api/me/export`."""

    def __init__(self, errands: Errands, *, clock: Clock = system_clock) -> None:
        self._errands, self._clock = errands, clock

    async def me(self, visit: Visit) -> Response:
        """The document. Raises Refusal 503, before it begins, unless identity and dossiers answer."""
        own = Match(visit.match.route, "identity", visit.match.path)
        answer = await self._errands.to_service(visit, own)
        if answer.status != 200:
            return Response(answer.body, answer.status, media_type=answer.headers.get("Content-Type"))
        first = await self._page(visit, None)
        content = self._document(Gathering(visit), answer.json(), first)
        return StreamingResponse(content, media_type="application/json", headers={"Content-Disposition": NAME})

    async def _document(self, gathering: Gathering, own: Json, page: Json) -> AsyncIterator[bytes]:
        for fact in own["history"]:
            fact["label"] = label(f"fr.guichet.identity.{fact['type']}.v{fact['version']}")
        head = to_json({"generated_at": rfc3339(self._clock()), **own})
        yield head[:-1] + b',"demandes":['
        comma = b""
        while True:
            for item in page["items"]:
                yield comma + to_json(await self._demande(gathering, item))
                comma = b","
            if page["next"] is None:
                break
            try:
                page = await self._page(gathering.visit, page["next"])
            except Refusal:
                gathering.complete = False
                break
        mails = await self._mails(gathering, "/mails")
        yield b'],"mails":' + to_json(mails) + b',"complete":' + to_json(gathering.complete) + b"}"

    async def _demande(self, gathering: Gathering, item: Json) -> Json:
        path = f"/api/demandes/{item['id']}"
        details, history = await self._part(gathering, path), await self._part(gathering, f"{path}/history")
        current = await self._part(gathering, f"{path}/discussion")
        discussions = [] if current is None or current["status"] == "none" else [current]
        for earlier in (current or {}).get("earlier", ()):
            found = await self._part(gathering, f"{path}/discussion", discussion=earlier["id"])
            discussions += [] if found is None else [found]
        return {
            **item,
            "details": details,
            "history": None if history is None else history["items"],
            "discussions": discussions,
            "mails": await self._mails(gathering, f"/mails/{item['id']}"),
        }

    async def _page(self, visit: Visit, cursor: str | None) -> Json:
        query: dict[str, str | int] = {"limit": PAGE} | ({} if cursor is None else {"cursor": cursor})
        answer = await self._errands.run(visit, "GET", "/api/demandes", None, None, **query)
        if answer.status != 200:
            raise unavailable()
        page: Json = answer.json()
        return page

    async def _part(self, gathering: Gathering, path: str, **query: str | int) -> Json | None:
        try:
            return self._kept(gathering, await self._errands.run(gathering.visit, "GET", path, None, None, **query))
        except Refusal:
            gathering.complete = False
            return None

    async def _mails(self, gathering: Gathering, path: str) -> list[Json] | None:
        ledger = Match(gathering.visit.match.route, "notifier", path)
        try:
            found = self._kept(gathering, await self._errands.to_service(gathering.visit, ledger))
        except Refusal:
            gathering.complete = False
            return None
        return None if found is None else found["items"]

    @staticmethod
    def _kept(gathering: Gathering, answer: Answer) -> Json | None:
        if answer.status != 200:
            gathering.complete = False
            return None
        body: Json = answer.json()
        return body
