"""The page that the mail to a new address links to."""

from __future__ import annotations

from starlette.responses import Response

from gateway.pages.forms import mistakes_of
from gateway.pages.house import House, Pages
from gateway.pages.site import refusal_of
from gateway.routes import Who
from gateway.visits import Visit

pages = Pages()


@pages.get("/adresse/{token}", Who.ACCOUNT)
async def form(house: House, visit: Visit) -> Response:
    """Signs in first, then asks; the link alone confirms nothing: mail scanners follow links."""
    return house.site.page(visit, "account/address.html", path=visit.head.path)


@pages.post("/adresse/{token}", Who.ACCOUNT)
async def confirm(house: House, visit: Visit) -> Response:
    """Confirm the new address of the account that is signed in."""
    form = await house.site.read_form(visit)
    given = {"token": visit.match.wild[0]}
    answer = await house.send(visit, form, "POST", "/api/me/email/confirmation", given)
    if answer.status == 204:
        return house.site.page(visit, "account/address_confirmed.html")
    if answer.status != 422:
        raise refusal_of(answer)
    mistakes = mistakes_of(answer, {"/token": ""})
    return house.site.page(visit, "account/address.html", code=422, path=visit.head.path, mistakes=mistakes)
