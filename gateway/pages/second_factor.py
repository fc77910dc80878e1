"""Enrolling an application that shows codes: what an agent meets at his first sign-in."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from gateway.errands import Errands
from gateway.pages.site import Mistake, Site, mistakes_of, refusal_of, sign_in_first
from gateway.visits import Visit

PATH = "/double-authentification"


class SecondFactorPages:
    """`/double-authentification`."""

    def __init__(self, site: Site, errands: Errands) -> None:
        self._site, self._errands = site, errands

    async def form(self, visit: Visit) -> Response:
        """Where the account stands. Showing the page prepares nothing."""
        if not visit.caller.account:
            return sign_in_first(PATH)
        answer = await self._errands.account(visit)
        if answer.status != 200:
            raise refusal_of(answer)
        return self._site.page(visit, "second_factor.html", state=answer.json()["second_factor"])

    async def act(self, visit: Visit) -> Response:
        """Show a new secret, or enable it with the code of the application."""
        form = await self._site.read_form(visit)
        if not visit.caller.account:
            return sign_in_first(PATH)
        code, secret = form.get("code", "").strip(), form.get("secret", "")
        if not secret:
            return await self._prepare(visit)
        if not code:
            return self._enrolment(visit, form, [Mistake("code", "Saisissez le code que votre application affiche.")])
        answer = await self._errands.run(visit, "POST", "/api/me/second-factor/confirmation", {"code": code})
        if answer.status == 200:
            return self._site.page(visit, "second_factor_enabled.html", codes=answer.json()["recovery_codes"])
        if answer.status != 422:
            raise refusal_of(answer)
        return self._enrolment(visit, form, mistakes_of(answer))

    async def _prepare(self, visit: Visit) -> Response:
        answer = await self._errands.run(visit, "POST", "/api/me/second-factor")
        if answer.status != 200:
            raise refusal_of(answer)
        return self._enrolment(visit, answer.json())

    def _enrolment(self, visit: Visit, shown: dict[str, Any], mistakes: list[Mistake] | None = None) -> Response:
        # The secret comes back with the form only to be shown again: identity knows which one it waits for.
        secret, uri = str(shown["secret"])[:64], str(shown.get("otpauth_uri", ""))
        return self._site.page(
            visit,
            "second_factor_enrolment.html",
            code=422 if mistakes else 200,
            secret=secret,
            groups=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
            uri=uri if uri.startswith("otpauth://totp/") else "",
            mistakes=mistakes or [],
        )
