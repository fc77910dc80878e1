"""The home page: what can be asked here, and the two ways in."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from gateway.pages.house import House, Pages
from gateway.refusals import Refusal
from gateway.visits import Visit

pages = Pages()


@pages.get("/")
async def show(house: House, visit: Visit) -> Response:
    """The page stands even when the catalogue does not answer: signing in and tracking still work."""
    return house.site.page(visit, "public/home.html", demarches=await _demarches(house, visit))


async def _demarches(house: House, visit: Visit) -> list[dict[str, Any]] | None:
    try:
        answer = await house.errands.run(visit, "GET", "/api/demarches", limit=100)
    except Refusal:
        return None
    if answer.status != 200:
        return None
    items: list[dict[str, Any]] = answer.json()["items"]
    return items
