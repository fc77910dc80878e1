"""« S'INSCRIRE »: the form, its security question, and what to do next."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from starlette.responses import Response

from gateway.pages.forms import Form, Mistake, missing, mistakes_of
from gateway.pages.house import House, Pages
from gateway.pages.site import redirect, refusal_of
from gateway.visits import Visit

PATH: Final = "/inscription"
SENT: Final = "/inscription/courriel"
_ASKED: Final = {
    "first_name": "Saisissez votre prénom.",
    "last_name": "Saisissez votre nom.",
    "email": "Saisissez votre adresse électronique.",
    "password": "Choisissez un mot de passe.",
    "answer": "Répondez à la question de sécurité.",
    "terms": "Cochez la case des conditions générales d'utilisation pour créer votre compte.",
}
_FIELDS: Final = {
    "/terms_version": "terms",
    "/security_question": "answer",
    "/security_question/id": "answer",
    "/security_question/answer": "answer",
}

pages = Pages()


@pages.get(PATH)
async def show(house: House, visit: Visit) -> Response:
    """The form, with a question of its own."""
    return await _form(house, visit, Form(()))


@pages.post(PATH)
async def sign_up(house: House, visit: Visit) -> Response:
    """Open an account; what follows looks the same whether the address had one already or not."""
    form = await house.site.read_form(visit)
    if mistakes := missing(form, _ASKED):
        return await _form(house, visit, form, mistakes)
    given = {name: form.text(name) for name in ("email", "first_name", "last_name")} | {
        "password": form["password"],
        "terms_version": form.text("terms"),
        "security_question": {"id": form.text("question"), "answer": form.text("answer")},
    }
    answer = await house.send(visit, form, "POST", "/api/accounts", given)
    if answer.status == 202:
        return redirect(SENT)
    if answer.status != 422:
        raise refusal_of(answer)
    return await _form(house, visit, form, mistakes_of(answer, _FIELDS))


@pages.get(SENT)
async def sent(house: House, visit: Visit) -> Response:
    """The activation mail is on its way."""
    return house.site.page(visit, "account/sign_up_sent.html")


async def _form(house: House, visit: Visit, form: Form, mistakes: Sequence[Mistake] = ()) -> Response:
    # A question serves once, so each showing asks another; its answer and the password are typed again.
    question, terms = await asyncio.gather(house.get(visit, "/api/security-question"), house.get(visit, "/api/terms"))
    return house.site.page(
        visit,
        "account/sign_up.html",
        code=422 if mistakes else 200,
        typed={name: form.get(name, "") for name in ("first_name", "last_name", "email")},
        agreed=form.text("terms") == terms["version"],
        question=question,
        version=terms["version"],
        mistakes=mistakes,
    )
