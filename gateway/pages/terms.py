"""The conditions générales d'utilisation, and accepting them when they changed."""

from __future__ import annotations

from collections.abc import Awaitable

from starlette.responses import Response

from gateway.errands import Errands
from gateway.pages.site import Site, redirect, refusal_of, sign_in_first
from gateway.refusals import Refusal
from gateway.upstream import Answer
from gateway.visits import Visit

PATH = "/conditions-generales"


class TermsPage:
    """`/conditions-generales`."""

    def __init__(self, site: Site, errands: Errands) -> None:
        self._site, self._errands = site, errands

    async def show(self, visit: Visit) -> Response:
        """The text stands even when identity does not say which version is in force."""
        version, to_accept = await self._said(self._errands.run(visit, "GET", "/api/terms"), "version"), None
        if visit.caller.account:
            to_accept = await self._said(self._errands.account(visit), "terms_to_accept")
        return self._site.page(visit, "terms.html", version=version, to_accept=to_accept)

    async def accept(self, visit: Visit) -> Response:
        """Accept the version that was read."""
        form = await self._site.read_form(visit)
        if not visit.caller.account:
            return sign_in_first(PATH)
        answer = await self._errands.run(visit, "POST", "/api/me/terms", {"version": form.get("version", "")})
        if answer.status == 204:
            return redirect("/")
        if answer.status == 422:
            return redirect(PATH)  # another version came meanwhile: here it is
        raise refusal_of(answer)

    @staticmethod
    async def _said(errand: Awaitable[Answer], name: str) -> str | None:
        try:
            answer = await errand
        except Refusal:
            return None
        return answer.json().get(name) if answer.status == 200 else None
