"""« Suivre mes demandes »: the way in for those who filed without an account."""

from __future__ import annotations

from starlette.responses import Response

from gateway.pages.forms import Mistake, mistakes_of
from gateway.pages.house import House, Pages
from gateway.pages.site import redirect, refusal_of
from gateway.visits import Visit

pages = Pages()


@pages.get("/suivi")
async def form(house: House, visit: Visit) -> Response:
    """The e-mail address and the tracking number."""
    return house.site.page(visit, "account/tracking.html", email="")


@pages.post("/suivi")
async def follow(house: House, visit: Visit) -> Response:
    """Open a session for the demande that the number belongs to."""
    form = await house.site.read_form(visit)
    given = {
        "email": form.get("email", "").strip(),
        "tracking_number": form.get("tracking_number", "").strip(),
    }
    mistakes = [Mistake(name, _MISSING[name]) for name, value in given.items() if not value]
    if not mistakes:
        answer = await house.errands.run(visit, "POST", "/api/tracking-sessions", given)
        if answer.status == 201:
            # As the help says: the list, whose column « Actions » has the loupe.
            return redirect("/demandes")
        if answer.status not in (401, 422):
            raise refusal_of(answer)
        mistakes = mistakes_of(answer)
    return house.site.page(visit, "account/tracking.html", code=422, email=given["email"], mistakes=mistakes)


_MISSING = {
    "email": "Saisissez l'adresse électronique indiquée dans votre demande.",
    "tracking_number": "Saisissez le numéro de suivi qui figure dans nos courriers électroniques.",
}
