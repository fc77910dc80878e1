"""The catalogue as an administrateur keeps it: what is published, and closing it."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from gateway.pages.administration.roster import DEMARCHES, everything, one
from gateway.pages.house import House, Pages
from gateway.pages.site import redirect, refusal_of
from gateway.routes import Who
from gateway.visits import Visit

pages = Pages(
    done={
        "demarche-publiee": "La démarche est publiée. Les demandes déjà déposées gardent leur version.",
        "demarche-fermee": "La démarche est fermée. Les demandes déjà déposées suivent leur cours.",
    }
)

LIST: Final = "/administration/demarches"


@pages.get(LIST, Who.ADMINISTRATEUR)
async def demarches(house: House, visit: Visit) -> Response:
    """Every démarche, closed ones included."""
    found = await everything(house, visit, DEMARCHES)
    return house.site.page(visit, "administration/demarches.html", demarches=found)


@pages.get("/administration/demarches/{slug}/fermeture", Who.ADMINISTRATEUR)
async def closure(house: House, visit: Visit) -> Response:
    """Asks first: whoever is filling in a demande will not be able to file it."""
    found = await one(house, visit, DEMARCHES, "slug", visit.match.wild[0])
    return house.site.page(visit, "administration/closure.html", demarche=found)


@pages.post("/administration/demarches/{slug}/fermeture", Who.ADMINISTRATEUR)
async def close(house: House, visit: Visit) -> Response:
    """Close it."""
    form = await house.site.read_form(visit)
    path = f"{DEMARCHES}/{visit.match.wild[0]}/closure"
    answer = await house.send(visit, form, "POST", path, if_match=form.text("etag"))
    if answer.status != 200:
        raise refusal_of(answer)
    return redirect(LIST, "demarche-fermee")
