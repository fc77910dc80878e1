"""« Mot de passe oublié ? », and the page that its mail links to."""

from __future__ import annotations

from starlette.responses import Response

from gateway.errands import Errands
from gateway.pages.site import Mistake, Site, mistakes_of, refusal_of
from gateway.visits import Visit


class PasswordPages:
    """`/mot-de-passe`, `/mot-de-passe/<token>`."""

    def __init__(self, site: Site, errands: Errands) -> None:
        self._site, self._errands = site, errands

    async def forgotten_form(self, visit: Visit) -> Response:
        """Asks for the address of the account."""
        return self._site.page(visit, "password_forgotten.html", email="")

    async def forgotten(self, visit: Visit) -> Response:
        """Have a link mailed; the page is the same whether the address has an account or not."""
        form = await self._site.read_form(visit)
        email = form.get("email", "").strip()
        if not email:
            mistakes = [Mistake("email", "Saisissez l'adresse électronique de votre compte.")]
            return self._site.page(visit, "password_forgotten.html", code=422, email=email, mistakes=mistakes)
        answer = await self._errands.run(visit, "POST", "/api/password-resets", {"email": email})
        if answer.status == 202:
            return self._site.page(visit, "password_sent.html")
        if answer.status != 422:
            raise refusal_of(answer)
        return self._site.page(visit, "password_forgotten.html", code=422, email=email, mistakes=mistakes_of(answer))

    async def choice_form(self, visit: Visit) -> Response:
        """Asks for the new password and consumes nothing: mail scanners follow links."""
        return self._site.page(visit, "password_choice.html", path=visit.head.path)

    async def choose(self, visit: Visit) -> Response:
        """Have the new password with the mail's token."""
        form = await self._site.read_form(visit)
        given = {"token": visit.match.wild[0], "password": form.get("password", "")}
        mistakes = [] if given["password"] else [Mistake("password", "Saisissez votre nouveau mot de passe.")]
        if not mistakes:
            answer = await self._errands.run(visit, "POST", "/api/password-resets/confirmation", given)
            if answer.status == 204:
                return self._site.page(visit, "password_chosen.html")
            if answer.status != 422:
                raise refusal_of(answer)
            mistakes = mistakes_of(answer, {"/token": ""})
        return self._site.page(visit, "password_choice.html", code=422, path=visit.head.path, mistakes=mistakes)
