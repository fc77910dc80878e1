"""Where an auditor begins: a demande to follow, facts to look for, a log to verify."""

from __future__ import annotations

import re
from typing import Final

from starlette.responses import Response

from gateway.pages.audit.naming import SERVICES
from gateway.pages.forms import Mistake
from gateway.pages.house import House, Pages
from gateway.pages.site import query, redirect
from gateway.routes import Who
from gateway.visits import Visit

pages = Pages()

_ID: Final = re.compile(r"[0-9a-z]{16}")
_UNKNOWN: Final = (
    "Aucune demande ne porte cette référence. Vérifiez-la dans la demande ou dans un courrier électronique."
)
_EMPTY: Final = "Saisissez la référence d'une demande, ou l'adresse de sa page."


@pages.get("/audit", Who.AUDITEUR)
async def search(house: House, visit: Visit) -> Response:
    """The forms; with a `demande` in the query, straight to its story."""
    typed = query(visit).get("demande")
    mistakes: list[Mistake] = []
    if typed is not None:
        if id := await _id_of(house, visit, typed.strip()):
            return redirect(f"/audit/demandes/{id}")
        mistakes = [Mistake("demande", _UNKNOWN if typed.strip() else _EMPTY)]
    return house.site.page(
        visit,
        "audit/search.html",
        code=422 if mistakes else 200,
        services=SERVICES,
        typed=typed or "",
        mistakes=mistakes,
    )


async def _id_of(house: House, visit: Visit, typed: str) -> str | None:
    """The demande of a reference, of an id, or of an address that holds one."""
    if found := _ID.search(typed.lower()):
        return found[0]
    if not typed:
        return None
    answer = await house.get(visit, "/api/audit/demandes", reference=typed[:100])
    return answer["items"][0]["id"] if answer["items"] else None
