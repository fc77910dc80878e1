"""FranceConnect on pages: what is left to ask at a first sign-in, and linking it to one's account or not."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from gateway.federation import duties
from gateway.federation_doors import CHOICE
from gateway.pages.forms import Form, Mistake, missing, mistakes_of
from gateway.pages.house import House, Pages
from gateway.pages.site import redirect, refusal_of, same_site
from gateway.refusals import Refusal
from gateway.routes import Who
from gateway.upstream import Answer
from gateway.visits import Visit

NEW = "new-email"  # the field of the address of another account: two forms of that page ask for one
SETTINGS = "/parametres/franceconnect"
_EMAIL, _PASSWORD = "Saisissez votre adresse électronique.", "Saisissez votre mot de passe."
_CODE = "Saisissez le code que votre application affiche."

pages = Pages(
    done={
        "franceconnect-rattache": "Votre compte est rattaché à FranceConnect.",
        "franceconnect-detache": "Votre compte n'est plus rattaché à FranceConnect.",
    }
)


@pages.get(CHOICE, Who.ANYONE)
async def choose(house: House, visit: Visit) -> Response:
    """What FranceConnect said of the person, and what is left to decide."""
    try:
        return _shown(house, visit, await house.federation.choice(visit))
    except Refusal as refusal:
        return _refused(house, visit, refusal)


@pages.post(CHOICE, Who.ANYONE)
async def settle(house: House, visit: Visit) -> Response:
    """Link the account, open another one, type a code, or give up."""
    form = await house.site.read_form(visit)
    try:
        left = await house.federation.choice(visit)
        if mistakes := _left_out(form, left):
            return _shown(house, visit, left, form, mistakes, code=422)
        given = {name: form.text(name) for name in ("action", "email", "code") if form.text(name)}
        answer = await house.federation.settle(visit, given | {"password": form.get("password", "")})
        return _settled(house, visit, form, left, answer)
    except Refusal as refusal:
        return _refused(house, visit, refusal)


@pages.get(SETTINGS, Who.ACCOUNT)
async def settings(house: House, visit: Visit) -> Response:
    """Whether FranceConnect opens the account, and with which identity."""
    return house.site.page(visit, "federation/settings.html", account=await house.account(visit))


@pages.post(SETTINGS, Who.ACCOUNT)
async def detach(house: House, visit: Visit) -> Response:
    """FranceConnect opens the account no more."""
    form = await house.site.read_form(visit)
    answer = await house.send(visit, form, "DELETE", "/api/me/franceconnect")
    if answer.status == 204:
        return redirect(SETTINGS, "franceconnect-detache")
    if answer.status != 409:
        raise refusal_of(answer)
    account = await house.account(visit)
    return house.site.page(visit, "federation/settings.html", code=409, account=account, mistakes=mistakes_of(answer))


def _settled(house: House, visit: Visit, form: Form, left: dict[str, Any], answer: Answer) -> Response:
    told = answer.json()
    if answer.status == 201:
        target = same_site(told["next"])
        first = duties(told)
        return redirect(first, next=target) if first else redirect(target)
    if answer.status == 200:
        linked = told["outcome"] == "linked"
        return redirect(SETTINGS, "franceconnect-rattache") if linked else redirect("/connexion")
    if told["slug"] == "sign-in-expired" or answer.status in (429, 503):
        headers = {"Retry-After": answer.headers["Retry-After"]} if "Retry-After" in answer.headers else {}
        return _refused(house, visit, Refusal(answer.status, told["slug"], told["detail"], headers=headers))
    asks_code = told["slug"] == "second-factor-required" or "code" in form
    fields = {"/email": NEW} if form.text("action") == "create" else {}
    return _shown(house, visit, left, form, mistakes_of(answer, fields), code=422, asks_code=asks_code)


def _left_out(form: Form, left: dict[str, Any]) -> list[Mistake]:
    match form.text("action"):
        case "create":
            return [] if form.text("email") else [Mistake(NEW, _EMAIL)]
        case "code":
            return missing(form, {"code": _CODE})
        case "link" if left["why"] == "link":
            return missing(form, {"password": _PASSWORD} if left["asks_password"] else {})
        case "link":
            return missing(form, {"email": _EMAIL, "password": _PASSWORD})
        case _:
            return []


def _shown(
    house: House,
    visit: Visit,
    left: dict[str, Any],
    form: Form | None = None,
    mistakes: list[Mistake] | None = None,
    *,
    code: int = 200,
    asks_code: bool = False,
) -> Response:
    typed = left["email"] if form is None else form.text("email")
    action = "" if form is None else form.text("action")
    return house.site.page(
        visit,
        "federation/choice.html",
        code=code,
        left=left,
        email=typed,
        action=action,
        asks_code=asks_code,
        mistakes=mistakes or [],
    )


def _refused(house: House, visit: Visit, refusal: Refusal) -> Response:
    response = house.site.page(
        visit, "federation_refused.html", code=refusal.status, refusal=refusal, provider="franceconnect"
    )
    response.headers.update(refusal.headers)
    return response


ROOM = (pages,)
