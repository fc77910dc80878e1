"""« Tableau de bord »: where signing in leads. What is new, what is awaited, what goes on."""

from __future__ import annotations

import asyncio
from typing import Final

from starlette.responses import Response

from gateway.pages.applicant.mine import awaited, read_mine
from gateway.pages.house import House, Pages
from gateway.routes import Who
from gateway.visits import Visit

PATH: Final = "/tableau-de-bord"
LATEST: Final = 5

pages = Pages()


@pages.get(PATH, Who.ACCOUNT)
async def show(house: House, visit: Visit) -> Response:
    """The list of discussion notifications comes first: it is what people are mailed about."""
    notifications, mine = await asyncio.gather(
        house.part(visit, "/api/notifications", limit=20), read_mine(house, visit)
    )
    # Who just did not answer is not asked again: a service that hangs would be waited for twice.
    waiting = [] if mine is None or notifications is None else await awaited(house, visit, mine.current)
    return house.site.page(
        visit,
        "applicant/dashboard.html",
        notifications=None if notifications is None else notifications["items"],
        mine=mine,
        awaited=waiting,
        latest=[] if mine is None else mine.filed[:LATEST],
    )
