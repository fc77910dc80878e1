"""Double authentification: enrolling an application that shows codes, and doing without again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import segno
from markupsafe import Markup
from starlette.responses import Response

from gateway.pages.account.profile import password_missing, refused
from gateway.pages.forms import Mistake, mistakes_of
from gateway.pages.house import House, Pages
from gateway.pages.site import query, redirect, refusal_of, same_site
from gateway.routes import Who
from gateway.visits import Visit

PATH: Final = "/double-authentification"
LEAVING: Final = "/double-authentification/desactivation"
NO_CODE: Final = Mistake("code", "Saisissez le code que votre application affiche.")

pages = Pages(done={"double-authentification-desactivee": "La double authentification est désactivée."})


@pages.get(PATH, Who.ACCOUNT)
async def form(house: House, visit: Visit) -> Response:
    """Where the account stands. Showing the page prepares nothing."""
    account = await house.account(visit)
    target = same_site(query(visit).get("next", "/"))
    return house.site.page(visit, "account/second_factor.html", account=account, next=target)


@pages.post(PATH, Who.ACCOUNT)
async def act(house: House, visit: Visit) -> Response:
    """Show a new secret, or enable it with the code of the application."""
    form = await house.site.read_form(visit)
    code, target = form.text("code"), same_site(form.get("next", "/"))
    if not form.get("secret"):
        answer = await house.errands.run(visit, "POST", "/api/me/second-factor")
        if answer.status != 200:
            raise refusal_of(answer)
        return _enrolment(house, visit, answer.json() | {"next": target})
    if not code:
        return _enrolment(house, visit, form, [NO_CODE])
    answer = await house.send(visit, form, "POST", "/api/me/second-factor/confirmation", {"code": code})
    if answer.status == 200:
        codes = answer.json()["recovery_codes"]
        return house.site.page(visit, "account/second_factor_enabled.html", codes=codes, next=target)
    if answer.status != 422:
        raise refusal_of(answer)
    return _enrolment(house, visit, form, mistakes_of(answer))


@pages.get(LEAVING, Who.ACCOUNT)
async def leaving(house: House, visit: Visit) -> Response:
    """Asks for the password and a code: whoever finds an open session must not weaken the account."""
    return await _leaving(house, visit)


@pages.post(LEAVING, Who.ACCOUNT)
async def leave(house: House, visit: Visit) -> Response:
    """The password alone signs in from now on."""
    form = await house.site.read_form(visit)
    mistakes = password_missing(form) + ([] if form.text("code") else [NO_CODE])
    if not mistakes:
        given = {"password": form.get("password", ""), "code": form.text("code")}
        answer = await house.send(visit, form, "DELETE", "/api/me/second-factor", given)
        if answer.status == 204:
            return redirect(PATH, "double-authentification-desactivee")
        mistakes = refused(answer)
    return await _leaving(house, visit, mistakes)


async def _leaving(house: House, visit: Visit, mistakes: list[Mistake] | None = None) -> Response:
    account, code = await house.account(visit), 422 if mistakes else 200
    if not account["second_factor"]["enabled"]:
        return redirect(PATH)
    return house.site.page(
        visit, "account/second_factor_leaving.html", code=code, account=account, mistakes=mistakes or []
    )


def _enrolment(house: House, visit: Visit, shown: Mapping[str, Any], mistakes: list[Mistake] | None = None) -> Response:
    # The secret comes back with the form only to be shown again: identity knows which one it waits for.
    secret, uri = str(shown["secret"])[:64], str(shown.get("otpauth_uri", ""))[:500]
    uri = uri if uri.startswith("otpauth://totp/") else ""
    return house.site.page(
        visit,
        "account/second_factor_enrolment.html",
        code=422 if mistakes else 200,
        secret=secret,
        groups=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        uri=uri,
        picture=_picture(uri) if uri else "",
        next=same_site(shown.get("next", "/")),
        mistakes=mistakes or [],
    )


def _picture(uri: str) -> Markup:
    """A QR code as SVG: modules and numbers only, nothing of `uri` is written into it."""
    drawn = segno.make(uri, error="m", micro=False)
    return Markup(drawn.svg_inline(scale=4, border=4, dark="#000", light="#fff", svgclass="qr", lineclass=None))  # noqa: S704
