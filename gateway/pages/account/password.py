"""« Mot de passe oublié ? », and the page that its mail links to."""

from __future__ import annotations

from starlette.responses import Response

from gateway.pages.forms import Mistake, mistakes_of
from gateway.pages.house import House, Pages
from gateway.pages.site import refusal_of
from gateway.visits import Visit

pages = Pages()


@pages.get("/mot-de-passe")
async def forgotten_form(house: House, visit: Visit) -> Response:
    """Asks for the address of the account."""
    return house.site.page(visit, "account/password_forgotten.html", email="")


@pages.post("/mot-de-passe")
async def forgotten(house: House, visit: Visit) -> Response:
    """Have a link mailed; the page is the same whether the address has an account or not."""
    form = await house.site.read_form(visit)
    email = form.text("email")
    if not email:
        mistakes = [Mistake("email", "Saisissez l'adresse électronique de votre compte.")]
        return house.site.page(visit, "account/password_forgotten.html", code=422, email=email, mistakes=mistakes)
    answer = await house.send(visit, form, "POST", "/api/password-resets", {"email": email})
    if answer.status == 202:
        return house.site.page(visit, "account/password_sent.html")
    if answer.status != 422:
        raise refusal_of(answer)
    return house.site.page(
        visit, "account/password_forgotten.html", code=422, email=email, mistakes=mistakes_of(answer)
    )


@pages.get("/mot-de-passe/{token}")
async def choice_form(house: House, visit: Visit) -> Response:
    """Asks for the new password and consumes nothing: mail scanners follow links."""
    return house.site.page(visit, "account/password_choice.html", path=visit.head.path)


@pages.post("/mot-de-passe/{token}")
async def choose(house: House, visit: Visit) -> Response:
    """Have the new password with the mail's token."""
    form = await house.site.read_form(visit)
    given = {"token": visit.match.wild[0], "password": form.get("password", "")}
    mistakes = [] if given["password"] else [Mistake("password", "Saisissez votre nouveau mot de passe.")]
    if not mistakes:
        answer = await house.send(visit, form, "POST", "/api/password-resets/confirmation", given)
        if answer.status == 204:
            return house.site.page(visit, "account/password_chosen.html")
        if answer.status != 422:
            raise refusal_of(answer)
        mistakes = mistakes_of(answer, {"/token": ""})
    return house.site.page(visit, "account/password_choice.html", code=422, path=visit.head.path, mistakes=mistakes)
