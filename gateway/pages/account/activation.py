"""The page that the activation mail links to, and having that mail sent again."""

from __future__ import annotations

from starlette.responses import Response

from gateway.pages.forms import Mistake, missing, mistakes_of
from gateway.pages.house import House, Pages
from gateway.pages.site import refusal_of
from gateway.visits import Visit

pages = Pages()


@pages.get("/activation")
async def resend_form(house: House, visit: Visit) -> Response:
    """Asks for the address of the account that waits."""
    return house.site.page(visit, "account/activation_resend.html", email="")


@pages.post("/activation")
async def resend(house: House, visit: Visit) -> Response:
    """Have another link mailed; the page is the same whether an account waits or not."""
    form = await house.site.read_form(visit)
    email, mistakes = form.text("email"), missing(form, {"email": "Saisissez l'adresse électronique de votre compte."})
    if not mistakes:
        answer = await house.send(visit, form, "POST", "/api/accounts/activation/resend", {"email": email})
        if answer.status == 202:
            return house.site.page(visit, "account/sign_up_sent.html")
        if answer.status != 422:
            raise refusal_of(answer)
        mistakes = mistakes_of(answer)
    return house.site.page(visit, "account/activation_resend.html", code=422, email=email, mistakes=mistakes)


@pages.get("/activation/{token}")
async def activation_form(house: House, visit: Visit) -> Response:
    """Asks for the password and consumes nothing: mail scanners follow links."""
    return house.site.page(visit, "account/activation.html", path=visit.head.path)


@pages.post("/activation/{token}")
async def activate(house: House, visit: Visit) -> Response:
    """Activate the account with the mail's token and the password chosen at sign-up."""
    form = await house.site.read_form(visit)
    given = {"token": visit.match.wild[0], "password": form.get("password", "")}
    mistakes = [] if given["password"] else [Mistake("password", "Saisissez votre mot de passe.")]
    if not mistakes:
        answer = await house.send(visit, form, "POST", "/api/accounts/activation", given)
        if answer.status == 200:
            return house.site.page(visit, "account/activated.html")
        if answer.status != 422:
            raise refusal_of(answer)
        mistakes = mistakes_of(answer, {"/token": ""})
        if answer.json()["slug"] == "wrong-password":
            mistakes = [Mistake("password", answer.json()["detail"])]
    return house.site.page(visit, "account/activation.html", code=422, path=visit.head.path, mistakes=mistakes)
