"""Help: the questions people ask, answered step by step, and what an account is good for."""

from __future__ import annotations

from starlette.responses import Response

from gateway.pages.house import House, Pages
from gateway.visits import Visit

pages = Pages()


@pages.get("/aide")
async def show(house: House, visit: Visit) -> Response:
    """Plain sections with anchors: they can be linked to, searched and printed."""
    return house.site.page(visit, "public/help.html")


@pages.get("/avantages")
async def advantages(house: House, visit: Visit) -> Response:
    """« Les 3 avantages de créer un compte »."""
    return house.site.page(visit, "public/advantages.html")
