"""The page that the mail to a new address links to."""

from __future__ import annotations

from starlette.responses import Response

from gateway.errands import Errands
from gateway.pages.site import Site, mistakes_of, refusal_of, sign_in_first
from gateway.visits import Visit


class AddressPages:
    """`/adresse/<token>`."""

    def __init__(self, site: Site, errands: Errands) -> None:
        self._site, self._errands = site, errands

    async def form(self, visit: Visit) -> Response:
        """Signs in first, then asks; the link alone confirms nothing: mail scanners follow links."""
        if not visit.caller.account:
            return sign_in_first(visit.head.path)
        return self._site.page(visit, "address.html", path=visit.head.path)

    async def confirm(self, visit: Visit) -> Response:
        """Confirm the new address of the account that is signed in."""
        await self._site.read_form(visit)
        if not visit.caller.account:
            return sign_in_first(visit.head.path)
        given = {"token": visit.match.wild[0]}
        answer = await self._errands.run(visit, "POST", "/api/me/email/confirmation", given)
        if answer.status == 204:
            return self._site.page(visit, "address_confirmed.html")
        if answer.status != 422:
            raise refusal_of(answer)
        mistakes = mistakes_of(answer, {"/token": ""})
        return self._site.page(visit, "address.html", code=422, path=visit.head.path, mistakes=mistakes)
