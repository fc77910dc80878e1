"""Enrolling an application that shows codes: what an agent meets at his first sign-in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from gateway.pages.forms import Mistake, mistakes_of
from gateway.pages.house import House, Pages
from gateway.pages.site import refusal_of
from gateway.routes import Who
from gateway.visits import Visit

PATH = "/double-authentification"

pages = Pages()


@pages.get(PATH, Who.ACCOUNT)
async def form(house: House, visit: Visit) -> Response:
    """Where the account stands. Showing the page prepares nothing."""
    answer = await house.errands.account(visit)
    if answer.status != 200:
        raise refusal_of(answer)
    return house.site.page(visit, "account/second_factor.html", state=answer.json()["second_factor"])


@pages.post(PATH, Who.ACCOUNT)
async def act(house: House, visit: Visit) -> Response:
    """Show a new secret, or enable it with the code of the application."""
    form = await house.site.read_form(visit)
    code, secret = form.get("code", "").strip(), form.get("secret", "")
    if not secret:
        return await _prepare(house, visit)
    if not code:
        return _enrolment(house, visit, form, [Mistake("code", "Saisissez le code que votre application affiche.")])
    answer = await house.errands.run(visit, "POST", "/api/me/second-factor/confirmation", {"code": code})
    if answer.status == 200:
        return house.site.page(visit, "account/second_factor_enabled.html", codes=answer.json()["recovery_codes"])
    if answer.status != 422:
        raise refusal_of(answer)
    return _enrolment(house, visit, form, mistakes_of(answer))


async def _prepare(house: House, visit: Visit) -> Response:
    answer = await house.errands.run(visit, "POST", "/api/me/second-factor")
    if answer.status != 200:
        raise refusal_of(answer)
    return _enrolment(house, visit, answer.json())


def _enrolment(house: House, visit: Visit, shown: Mapping[str, Any], mistakes: list[Mistake] | None = None) -> Response:
    # The secret comes back with the form only to be shown again: identity knows which one it waits for.
    secret, uri = str(shown["secret"])[:64], str(shown.get("otpauth_uri", ""))
    return house.site.page(
        visit,
        "account/second_factor_enrolment.html",
        code=422 if mistakes else 200,
        secret=secret,
        groups=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        uri=uri if uri.startswith("otpauth://totp/") else "",
        mistakes=mistakes or [],
    )
