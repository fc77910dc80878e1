"""« Mon compte »: the demandes under way, the account's own data, and bringing in a demande filed without it."""

from __future__ import annotations

import asyncio
from typing import Final

from starlette.responses import Response

from gateway.pages.applicant.mine import read_mine
from gateway.pages.forms import Mistake, mistakes_of
from gateway.pages.house import House, Pages
from gateway.pages.site import redirect, refusal_of
from gateway.refusals import Refusal
from gateway.routes import Who
from gateway.visits import Visit

PATH: Final = "/compte"
MISSING: Final = "Saisissez le numéro de suivi qui figure dans nos courriers électroniques."

pages = Pages(done={"rattachee": "La demande est rattachée à votre compte : vous la retrouvez dans vos demandes."})


@pages.get(PATH, Who.ACCOUNT)
async def show(house: House, visit: Visit) -> Response:
    """The page stands while a service does not answer."""
    return await _page(house, visit)


@pages.post(PATH, Who.ACCOUNT)
async def join(house: House, visit: Visit) -> Response:
    """Bring into the account a demande that was filed without one."""
    form = await house.site.read_form(visit)
    number = form.text("tracking_number")
    if not number:
        return await _page(house, visit, number, [Mistake("tracking_number", MISSING)])
    answer = await house.send(visit, form, "POST", "/api/demandes/attachment", {"tracking_number": number})
    if answer.status == 200:
        return redirect(f"/demandes/{answer.json()['id']}", "rattachee")
    # Not found, or already another's: said at the field, the same way as for a number that was mistyped.
    if answer.status not in (404, 409, 422):
        raise refusal_of(answer)
    mistakes = [Mistake("tracking_number", mistake.detail) for mistake in mistakes_of(answer)]
    return await _page(house, visit, number, mistakes)


async def _page(house: House, visit: Visit, number: str = "", mistakes: list[Mistake] | None = None) -> Response:
    account, mine = await asyncio.gather(_account(house, visit), read_mine(house, visit))
    return house.site.page(
        visit,
        "applicant/account.html",
        code=422 if mistakes else 200,
        account=account,
        current=None if mine is None else mine.current + mine.drafts,
        number=number,
        mistakes=mistakes or [],
    )


async def _account(house: House, visit: Visit) -> object:
    try:
        return await house.account(visit)
    except Refusal:
        return None
