"""The page of one demande: where it stands, what happened, and its discussion."""

from __future__ import annotations

import asyncio

from starlette.responses import Response

from gateway.pages.house import House, Pages
from gateway.routes import Who
from gateway.visits import Visit

pages = Pages()


@pages.get("/demandes/{id}", Who.MINE)
async def show(house: House, visit: Visit) -> Response:
    """Signs in first when needed. The demande shows even while its discussion does not answer."""
    path = f"/api/demandes/{visit.match.wild[0]}"
    demande, history, discussion = await asyncio.gather(
        house.get(visit, path), house.part(visit, f"{path}/history"), house.part(visit, f"{path}/discussion")
    )
    return house.site.page(visit, "applicant/demande.html", demande=demande, history=history, discussion=discussion)
