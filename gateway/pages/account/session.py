"""Signing in and out."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from starlette.responses import Response

from gateway.federation import duties
from gateway.pages.forms import Mistake, mistakes_of
from gateway.pages.house import House, Pages
from gateway.pages.site import query, redirect, refusal_of, same_site
from gateway.visits import Visit

HOME: Final = "/"
DASHBOARD: Final = "/tableau-de-bord"
DESKS: Final = {"instructeur": "/instruction", "administrateur": "/administration", "auditeur": "/audit"}

pages = Pages()


@pages.get("/connexion")
async def sign_in_form(house: House, visit: Visit) -> Response:
    """The form; whoever is signed in already goes straight to where he was going."""
    target = same_site(query(visit).get("next", HOME))
    if visit.caller.account and visit.caller.verdict is not None:
        return redirect(_landing(target, visit.caller.verdict.roles))
    return _sign_in(house, visit, target)


@pages.post("/connexion")
async def sign_in(house: House, visit: Visit) -> Response:
    """Open a session, then go where the person was going."""
    form = await house.site.read_form(visit)
    target = same_site(form.get("next", HOME))
    credentials = {"email": form.text("email"), "password": form.get("password", "")}
    if missing := _missing(credentials):
        return _sign_in(house, visit, target, credentials["email"], missing, code=422)
    if form.text("code"):
        credentials["code"] = form.text("code")
    answer = await house.errands.run(visit, "POST", "/api/sessions", credentials)
    if answer.status == 201:
        return _welcome(answer.json(), target)
    if answer.status not in (401, 422):
        raise refusal_of(answer)
    second_factor = "code" in form or answer.json()["slug"] == "second-factor-required"
    return _sign_in(
        house, visit, target, credentials["email"], mistakes_of(answer), second_factor=second_factor, code=422
    )


@pages.get("/deconnexion")
async def sign_out_form(house: House, visit: Visit) -> Response:
    """Asks: a link alone must not sign anybody out."""
    return house.site.page(visit, "account/sign_out.html")


@pages.post("/deconnexion")
async def sign_out(house: House, visit: Visit) -> Response:
    """Close the session, and the one at FranceConnect or ProConnect that opened it."""
    await house.site.read_form(visit)
    away = "" if visit.caller.verdict is None else await house.federation.leave(visit)
    return redirect(away or HOME)


def _sign_in(
    house: House,
    visit: Visit,
    target: str,
    email: str = "",
    mistakes: list[Mistake] | None = None,
    *,
    second_factor: bool = False,
    code: int = 200,
) -> Response:
    return house.site.page(
        visit,
        "account/sign_in.html",
        code=code,
        next=target,
        email=email,
        mistakes=mistakes or [],
        second_factor=second_factor,
    )


def _missing(fields: dict[str, str]) -> list[Mistake]:
    sentences = {"email": "Saisissez votre adresse électronique.", "password": "Saisissez votre mot de passe."}
    return [Mistake(name, sentences[name]) for name, value in fields.items() if not value]


def _welcome(session: dict[str, Any], target: str) -> Response:
    """What the account demands comes before what the person wanted."""
    target = _landing(target, session.get("account", {}).get("roles", ()))
    first = duties(session)
    return redirect(first, next=target) if first else redirect(target)


def _landing(target: str, roles: Collection[str]) -> str:
    """Where somebody was going; else an agent's desk, or an applicant's dashboard."""
    return target if target != HOME else next((desk for role, desk in DESKS.items() if role in roles), DASHBOARD)
