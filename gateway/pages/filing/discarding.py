"""Throwing a draft away: asked first, because it cannot be undone."""

from __future__ import annotations

from starlette.responses import Response

from gateway.pages.filing.draft import FILED
from gateway.pages.house import House, Pages
from gateway.pages.site import redirect, refusal_of
from gateway.routes import Who
from gateway.visits import Visit

DISCARDED = "brouillon-supprime"
PATH = "/demandes/{id}/saisie/suppression"

pages = Pages(done={DISCARDED: "Votre brouillon est supprimé, avec tout ce que vous y aviez saisi."})


@pages.get(PATH, Who.ACCOUNT)
async def ask(house: House, visit: Visit) -> Response:
    """What will be lost."""
    demande = visit.match.wild[0]
    said = await house.get(visit, f"/api/demandes/{demande}")
    if said["status"] != "brouillon":
        return redirect(f"/demandes/{demande}")
    return house.site.page(visit, "filing/discard.html", draft=said)


@pages.post(PATH, Who.ACCOUNT)
async def discard(house: House, visit: Visit) -> Response:
    """Forget it. A draft that was filed meanwhile is not withdrawn by this."""
    form = await house.site.read_form(visit)
    demande = visit.match.wild[0]
    said = await house.get(visit, f"/api/demandes/{demande}")
    if said["status"] != "brouillon":
        return redirect(f"/demandes/{demande}", FILED)
    # With the draft's own version: once filed, the demande has another and stays.
    etag = f'"{said["version"]}"'
    answer = await house.send(visit, form, "POST", f"/api/demandes/{demande}/withdrawal", {}, if_match=etag)
    if answer.status != 200:
        raise refusal_of(answer)
    return redirect("/demandes", DISCARDED)
