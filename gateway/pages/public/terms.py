"""The conditions générales d'utilisation, and accepting them when they changed."""

from __future__ import annotations

from collections.abc import Awaitable

from starlette.responses import Response

from gateway.pages.house import House, Pages
from gateway.pages.site import query, redirect, refusal_of, same_site, sign_in_first
from gateway.refusals import Refusal
from gateway.routes import Who
from gateway.upstream import Answer
from gateway.visits import Visit

PATH = "/conditions-generales"

pages = Pages()


@pages.get(PATH)
async def show(house: House, visit: Visit) -> Response:
    """The text stands even when identity does not say which version is in force."""
    version, to_accept = await _said(house.errands.run(visit, "GET", "/api/terms"), "version"), None
    if visit.caller.account:
        to_accept = await _said(house.errands.account(visit), "terms_to_accept")
    target = same_site(query(visit).get("next", "/"))
    return house.site.page(visit, "public/terms.html", version=version, to_accept=to_accept, next=target)


@pages.post(PATH, Who.ANYONE)
async def accept(house: House, visit: Visit) -> Response:
    """Accept the version that was read."""
    form = await house.site.read_form(visit)
    if not visit.caller.account:
        return sign_in_first(PATH)
    target = same_site(form.get("next", "/"))
    answer = await house.send(visit, form, "POST", "/api/me/terms", {"version": form.get("version", "")})
    if answer.status == 204:
        return redirect(target)
    if answer.status == 422:
        return redirect(PATH, next=target)  # another version came meanwhile: here it is
    raise refusal_of(answer)


async def _said(errand: Awaitable[Answer], name: str) -> str | None:
    try:
        answer = await errand
    except Refusal:
        return None
    return answer.json().get(name) if answer.status == 200 else None
