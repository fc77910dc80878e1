"""The home page: what can be asked here, and the ways in; for who is signed in, what waits for him."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from starlette.responses import Response

from gateway.pages.house import House, Pages
from gateway.pages.public.catalogue import KINDS, open_demarches
from gateway.visits import Visit

pages = Pages(done={"compte-efface": "Votre compte est effacé, avec tout ce qu'il contenait de personnel."})

SHOWN: Final = 4


@pages.get("/")
async def show(house: House, visit: Visit) -> Response:
    """The page stands even when the catalogue does not answer: signing in and tracking still work."""
    found, waiting = await asyncio.gather(open_demarches(house, visit), _waiting(house, visit))
    return house.site.page(
        visit,
        "public/home.html",
        demarches=None if found is None else found[:SHOWN],
        count=0 if found is None else len(found),
        kinds=KINDS,
        waiting=waiting,
    )


async def _waiting(house: House, visit: Visit) -> list[dict[str, Any]] | None:
    """Discussions with something unread; None when nobody can tell."""
    if not visit.caller.account:
        return []
    said = await house.part(visit, "/api/notifications", limit=100)
    return None if said is None else [item for item in said["items"] if item["unread"]]
