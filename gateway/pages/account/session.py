"""Signing in and out, and the page that the activation mail links to."""

from __future__ import annotations

from typing import Any

from starlette.datastructures import QueryParams
from starlette.responses import Response

from gateway.pages.account import second_factor as second_factor_page
from gateway.pages.forms import Mistake, mistakes_of
from gateway.pages.house import House, Pages
from gateway.pages.public import terms
from gateway.pages.site import redirect, refusal_of, same_site
from gateway.visits import Visit

pages = Pages()


@pages.get("/connexion")
async def sign_in_form(house: House, visit: Visit) -> Response:
    """The form; whoever is signed in already goes straight to where he was going."""
    target = same_site(QueryParams(visit.head.query.decode()).get("next", "/"))
    if visit.caller.account:
        return redirect(target)
    return _sign_in(house, visit, target)


@pages.post("/connexion")
async def sign_in(house: House, visit: Visit) -> Response:
    """Open a session, then go where the person was going."""
    form = await house.site.read_form(visit)
    target = same_site(form.get("next", "/"))
    credentials = {"email": form.get("email", "").strip(), "password": form.get("password", "")}
    if missing := _missing(credentials):
        return _sign_in(house, visit, target, credentials["email"], missing, code=422)
    if form.get("code", "").strip():
        credentials["code"] = form["code"].strip()
    answer = await house.errands.run(visit, "POST", "/api/sessions", credentials)
    if answer.status == 201:
        return redirect(_first(answer.json(), target))
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
    """Close the session."""
    await house.site.read_form(visit)
    if visit.caller.verdict is not None:
        answer = await house.errands.run(visit, "DELETE", "/api/sessions/current")
        if answer.status >= 500:
            raise refusal_of(answer)
    return redirect("/")


@pages.get("/activation/{token}")
async def activation_form(house: House, visit: Visit) -> Response:
    """Asks for the password and consumes nothing: mail scanners follow links."""
    return house.site.page(visit, "account/activation.html", path=visit.head.path)


@pages.post("/activation/{token}")
async def activate(house: House, visit: Visit) -> Response:
    """Activate the account with the mail's token and the password chosen at sign-up."""
    form = await house.site.read_form(visit)
    given = {"token": visit.match.wild[0], "password": form.get("password", "")}
    mistakes = _missing({"password": given["password"]})
    if not mistakes:
        answer = await house.errands.run(visit, "POST", "/api/accounts/activation", given)
        if answer.status == 200:
            return house.site.page(visit, "account/activated.html")
        if answer.status != 422:
            raise refusal_of(answer)
        mistakes = mistakes_of(answer, {"/token": ""})
        if answer.json()["slug"] == "wrong-password":
            mistakes = [Mistake("password", answer.json()["detail"])]
    return house.site.page(visit, "account/activation.html", code=422, path=visit.head.path, mistakes=mistakes)


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


def _first(session: dict[str, Any], target: str) -> str:
    """Where to go after signing in: what the account demands comes before what the person wanted."""
    second_factor = session.get("second_factor") or {}
    if second_factor.get("required") and not second_factor.get("enabled"):
        return second_factor_page.PATH
    return terms.PATH if session.get("terms_to_accept") else target
