"""The page of one demande: where it stands, what happened, and its discussion."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.responses import Response

from gateway.errands import Errands
from gateway.pages.site import Site, refusal_of, sign_in_first
from gateway.refusals import Refusal
from gateway.visits import Visit


class DemandePages:
    """`/demandes/<id>`, where mails lead."""

    def __init__(self, site: Site, errands: Errands) -> None:
        self._site, self._errands = site, errands

    async def show(self, visit: Visit) -> Response:
        """Signs in first when needed. The demande shows even while its discussion does not answer."""
        if visit.caller.verdict is None:
            return sign_in_first(visit.head.path)
        path = f"/api/demandes/{visit.match.wild[0]}"
        answer, history, discussion = await asyncio.gather(
            self._errands.run(visit, "GET", path),
            self._part(visit, f"{path}/history"),
            self._part(visit, f"{path}/discussion"),
        )
        if answer.status != 200:
            raise refusal_of(answer)
        return self._site.page(visit, "demande.html", demande=answer.json(), history=history, discussion=discussion)

    async def _part(self, visit: Visit, path: str) -> Any:
        """A part of the page, or None when it cannot be had now."""
        try:
            answer = await self._errands.run(visit, "GET", path)
        except Refusal:
            return None
        return answer.json() if answer.status == 200 else None
