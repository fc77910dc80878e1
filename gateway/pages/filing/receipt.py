"""After filing: the reference, the tracking number, what happens next, and the legal receipt as PDF."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from gateway.pages.house import House, Pages
from gateway.pages.site import refusal_of
from gateway.refusals import Refusal
from gateway.routes import Who
from gateway.visits import Visit

pages = Pages()
PASSED_ON = ("Content-Type", "Content-Disposition", "Repr-Digest")


@pages.get("/demandes/{id}/accuse-de-reception", Who.MINE, note="PDF, or a page while it is being made")
async def paper(house: House, visit: Visit) -> Response:
    """The accusé de réception. It is made a moment after the filing: until then the page says so."""
    demande = visit.match.wild[0]
    try:
        answer = await house.errands.run(visit, "GET", f"/api/demandes/{demande}/receipt")
    except Refusal as refusal:
        if refusal.status < 500:
            raise
        return house.site.page(visit, "filing/paper.html", code=503, demande=demande)
    if answer.status == 200:
        kept = {name: answer.headers[name] for name in PASSED_ON if name in answer.headers}
        return Response(answer.body, headers=kept)
    if answer.status != 409 and answer.status < 500:
        raise refusal_of(answer)
    return house.site.page(visit, "filing/paper.html", code=503, demande=demande)


def receipt_page(
    house: House,
    visit: Visit,
    filed: Mapping[str, Any],
    demande: Mapping[str, Any] | None,
    definition: Mapping[str, Any] | None = None,
    email: str = "",
) -> Response:
    """`demande`: as its owner reads it; without an account the définition says what the service owes."""
    legal, service, deadline = None, "", None
    if demande is not None and "legal" in demande:
        legal, service, email = demande["legal"], demande["service"]["label"], demande["contact"]["email"]
        deadline = demande["legal_clock"]["deadline"]
    elif definition is not None:
        legal, service = definition["legal"], definition["service_label"]
    return house.site.page(
        visit,
        "filing/receipt.html",
        filed=filed,
        legal=legal,
        service=service,
        deadline=deadline,
        email=email,
        account=visit.caller.account,
    )
