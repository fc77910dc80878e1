"""« Mes démarches »: every demande of an account, or the one of a tracking number, in one table."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from starlette.responses import Response

from gateway.pages import wording
from gateway.pages.house import House, Pages
from gateway.pages.site import query
from gateway.routes import Who
from gateway.visits import Visit

PATH: Final = "/demandes"
PAGE: Final = 25
LONGEST: Final = 200  # characters of a search

pages = Pages()


@pages.get(PATH, Who.MINE)
async def show(house: House, visit: Visit) -> Response:
    """The list, filtered by state and words, a page at a time."""
    asked = query(visit)
    status = asked.get("etat", "") if asked.get("etat") in wording.STATUSES else ""
    words = asked.get("q", "").strip()[:LONGEST]
    wanted = {name: value for name, value in (("status", status), ("q", words)) if value}
    cursor = {"cursor": asked["suite"]} if asked.get("suite") else {}
    found = await house.get(visit, "/api/demandes", limit=PAGE, **wanted, **cursor)
    kept = {name: value for name, value in (("etat", status), ("q", words)) if value}
    following = f"{PATH}?{urlencode(kept | {'suite': found['next']})}" if found["next"] else None
    return house.site.page(
        visit,
        "applicant/demandes.html",
        rows=found["items"],
        following=following,
        continued=bool(cursor),
        status=status,
        words=words,
        statuses=list(wording.STATUSES.items()),
    )
