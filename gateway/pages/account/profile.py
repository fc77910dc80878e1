"""« Paramètres »: who I am, my password, my address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from starlette.responses import Response

from gateway.pages.forms import Form, Mistake, missing, mistakes_of
from gateway.pages.house import House, Pages
from gateway.pages.site import redirect, refusal_of
from gateway.routes import Who
from gateway.upstream import Answer
from gateway.visits import Visit

PATH: Final = "/parametres"
PASSWORD: Final = "/parametres/mot-de-passe"  # noqa: S105
ADDRESS: Final = "/parametres/adresse-electronique"
REFUSED: Final = (403, 409, 422)
_NAMES: Final = {"first_name": "Saisissez votre prénom.", "last_name": "Saisissez votre nom."}
_PROFILE: Final = ("first_name", "last_name", "phone", "postal_address")

pages = Pages(
    done={
        "informations-enregistrees": "Vos informations sont enregistrées.",
        "mot-de-passe-change": "Votre mot de passe est changé. Vos autres sessions ont été fermées.",
        "adresse-a-confirmer": "Un lien vient d'être envoyé à cette adresse. Votre adresse actuelle reste la vôtre"
        " tant que vous ne l'avez pas suivi ; il est valable 24 heures.",
    }
)


@pages.get(PATH, Who.ACCOUNT)
async def profile(house: House, visit: Visit) -> Response:
    """Names, telephone, postal address."""
    account = await house.account(visit)
    return _profile(house, visit, account, {name: account[name] or "" for name in _PROFILE})


@pages.post(PATH, Who.ACCOUNT)
async def change_profile(house: House, visit: Visit) -> Response:
    """« ENREGISTRER »."""
    form = await house.site.read_form(visit)
    typed = {name: form.text(name) for name in _PROFILE}
    mistakes = missing(form, _NAMES)
    if not mistakes:
        answer = await house.send(visit, form, "PATCH", "/api/me", typed)
        if answer.status == 200:
            return redirect(PATH, "informations-enregistrees")
        mistakes = refused(answer)
    return _profile(house, visit, await house.account(visit), typed, mistakes)


@pages.get(PASSWORD, Who.ACCOUNT)
async def password(house: House, visit: Visit) -> Response:
    """Asks for the present password and another."""
    return await _page(house, visit, "account/settings_password.html")


@pages.post(PASSWORD, Who.ACCOUNT)
async def change_password(house: House, visit: Visit) -> Response:
    """The other sessions are closed."""
    form = await house.site.read_form(visit)
    asked = {"password": "Choisissez un nouveau mot de passe."}
    if "current" in form:
        asked = {"current": "Saisissez votre mot de passe actuel."} | asked
    mistakes = [Mistake(name, sentence) for name, sentence in asked.items() if not form.get(name)]
    if not mistakes:
        given = {"current": form.get("current", ""), "password": form["password"]}
        answer = await house.send(visit, form, "POST", "/api/me/password", given)
        if answer.status == 204:
            return redirect(PASSWORD, "mot-de-passe-change")
        mistakes = refused(answer)
    return await _page(house, visit, "account/settings_password.html", mistakes=mistakes)


@pages.get(ADDRESS, Who.ACCOUNT)
async def address(house: House, visit: Visit) -> Response:
    """Asks for another address."""
    return await _page(house, visit, "account/settings_address.html", email="")


@pages.post(ADDRESS, Who.ACCOUNT)
async def change_address(house: House, visit: Visit) -> Response:
    """Have a link mailed there; the page is the same whether the address is somebody's or not."""
    form = await house.site.read_form(visit)
    mistakes = missing(form, {"email": "Saisissez votre nouvelle adresse électronique."}) + password_missing(form)
    if not mistakes:
        given = {"email": form.text("email"), "password": form.get("password", "")}
        answer = await house.send(visit, form, "POST", "/api/me/email", given)
        if answer.status == 202:
            return redirect(ADDRESS, "adresse-a-confirmer")
        mistakes = refused(answer)
    return await _page(house, visit, "account/settings_address.html", mistakes=mistakes, email=form.text("email"))


def password_missing(form: Form) -> list[Mistake]:
    """A mistake when the password was asked for and left empty; an account of FranceConnect may have none."""
    empty = "password" in form and not form["password"]
    return [Mistake("password", "Saisissez votre mot de passe.")] if empty else []


def refused(answer: Answer, fields: Mapping[str, str] | None = None) -> list[Mistake]:
    """What to say beside the form. Raises Refusal for what a form cannot say."""
    unproven = answer.status == 401 and answer.json()["slug"] == "reauthentication-required"
    if answer.status not in REFUSED and not unproven:
        raise refusal_of(answer)
    return mistakes_of(answer, fields)


def _profile(
    house: House, visit: Visit, account: Any, typed: Mapping[str, str], mistakes: list[Mistake] | None = None
) -> Response:
    return house.site.page(
        visit,
        "account/settings_profile.html",
        code=422 if mistakes else 200,
        account=account,
        typed=typed,
        mistakes=mistakes or [],
    )


async def _page(house: House, visit: Visit, template: str, **context: Any) -> Response:
    account = await house.account(visit)
    return house.site.page(visit, template, code=422 if context.get("mistakes") else 200, account=account, **context)
