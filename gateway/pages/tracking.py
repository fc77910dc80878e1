"""« Suivre mes demandes »: the way in for those who filed without an account."""

from __future__ import annotations

from starlette.responses import Response

from gateway.errands import Errands
from gateway.pages.site import Mistake, Site, mistakes_of, redirect, refusal_of
from gateway.visits import Visit


class TrackingPages:
    """`/suivi`"""

    def __init__(self, site: Site, errands: Errands) -> None:
        self._site, self._errands = site, errands

    async def form(self, visit: Visit) -> Response:
        """The e-mail address and the tracking number."""
        return self._site.page(visit, "tracking.html", email="")

    async def open(self, visit: Visit) -> Response:
        """Open the demande that the number belongs to."""
        form = await self._site.read_form(visit)
        given = {
            "email": form.get("email", "").strip(),
            "tracking_number": form.get("tracking_number", "").strip(),
        }
        mistakes = [Mistake(name, _MISSING[name]) for name, value in given.items() if not value]
        if not mistakes:
            answer = await self._errands.run(visit, "POST", "/api/tracking-sessions", given)
            if answer.status == 201:
                return redirect(f"/demandes/{answer.json()['demande']['id']}")
            if answer.status not in (401, 422):
                raise refusal_of(answer)
            mistakes = mistakes_of(answer)
        return self._site.page(visit, "tracking.html", code=422, email=given["email"], mistakes=mistakes)


_MISSING = {
    "email": "Saisissez l'adresse électronique indiquée dans votre demande.",
    "tracking_number": "Saisissez le numéro de suivi qui figure dans nos courriers électroniques.",
}
