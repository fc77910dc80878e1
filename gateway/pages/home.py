"""The home page: what can be asked here, and the two ways in."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from gateway.errands import Errands
from gateway.pages.site import Site
from gateway.refusals import Refusal
from gateway.visits import Visit


class HomePage:
    """`/`"""

    def __init__(self, site: Site, errands: Errands) -> None:
        self._site, self._errands = site, errands

    async def show(self, visit: Visit) -> Response:
        """The page stands even when the catalogue does not answer: signing in and tracking still work."""
        return self._site.page(visit, "home.html", demarches=await self._demarches(visit))

    async def _demarches(self, visit: Visit) -> list[dict[str, Any]] | None:
        try:
            answer = await self._errands.run(visit, "GET", "/api/demarches", limit=100)
        except Refusal:
            return None
        if answer.status != 200:
            return None
        items: list[dict[str, Any]] = answer.json()["items"]
        return items
