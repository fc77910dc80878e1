"""Signing in and out, and the page that the activation mail links to."""

from __future__ import annotations

from typing import Any

from starlette.datastructures import QueryParams
from starlette.responses import Response

from gateway.errands import Errands
from gateway.pages import second_factor as second_factor_page
from gateway.pages import terms
from gateway.pages.site import Mistake, Site, mistakes_of, redirect, refusal_of, same_site
from gateway.visits import Visit


class AccountPages:
    """`/connexion`, `/deconnexion`, `/activation/<token>`."""

    def __init__(self, site: Site, errands: Errands) -> None:
        self._site, self._errands = site, errands

    async def sign_in_form(self, visit: Visit) -> Response:
        """The form; whoever is signed in already goes straight to where he was going."""
        target = same_site(QueryParams(visit.head.query.decode()).get("next", "/"))
        if visit.caller.account:
            return redirect(target)
        return self._sign_in(visit, target)

    async def sign_in(self, visit: Visit) -> Response:
        """Open a session, then go where the person was going."""
        form = await self._site.read_form(visit)
        target = same_site(form.get("next", "/"))
        credentials = {"email": form.get("email", "").strip(), "password": form.get("password", "")}
        if missing := _missing(credentials):
            return self._sign_in(visit, target, credentials["email"], missing, code=422)
        if form.get("code", "").strip():
            credentials["code"] = form["code"].strip()
        answer = await self._errands.run(visit, "POST", "/api/sessions", credentials)
        if answer.status == 201:
            return redirect(_first(answer.json(), target))
        if answer.status not in (401, 422):
            raise refusal_of(answer)
        second_factor = "code" in form or answer.json()["slug"] == "second-factor-required"
        return self._sign_in(
            visit, target, credentials["email"], mistakes_of(answer), second_factor=second_factor, code=422
        )

    async def sign_out_form(self, visit: Visit) -> Response:
        """Asks: a link alone must not sign anybody out."""
        return self._site.page(visit, "sign_out.html")

    async def sign_out(self, visit: Visit) -> Response:
        """Close the session."""
        await self._site.read_form(visit)
        if visit.caller.verdict is not None:
            answer = await self._errands.run(visit, "DELETE", "/api/sessions/current")
            if answer.status >= 500:
                raise refusal_of(answer)
        return redirect("/")

    async def activation_form(self, visit: Visit) -> Response:
        """Asks for the password and consumes nothing: mail scanners follow links."""
        return self._site.page(visit, "activation.html", path=visit.head.path)

    async def activate(self, visit: Visit) -> Response:
        """Activate the account with the mail's token and the password chosen at sign-up."""
        form = await self._site.read_form(visit)
        given = {"token": visit.match.wild[0], "password": form.get("password", "")}
        mistakes = _missing({"password": given["password"]})
        if not mistakes:
            answer = await self._errands.run(visit, "POST", "/api/accounts/activation", given)
            if answer.status == 200:
                return self._site.page(visit, "activated.html")
            if answer.status != 422:
                raise refusal_of(answer)
            mistakes = mistakes_of(answer, {"/token": ""})
            if answer.json()["slug"] == "wrong-password":
                mistakes = [Mistake("password", answer.json()["detail"])]
        return self._site.page(visit, "activation.html", code=422, path=visit.head.path, mistakes=mistakes)

    def _sign_in(
        self,
        visit: Visit,
        target: str,
        email: str = "",
        mistakes: list[Mistake] | None = None,
        *,
        second_factor: bool = False,
        code: int = 200,
    ) -> Response:
        return self._site.page(
            visit,
            "sign_in.html",
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
