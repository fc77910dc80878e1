"""Opinions asked of the agent who is signed in: the list, and answering on the page of the demande."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from starlette.responses import Response

from gateway.pages.desk.acts import after, again
from gateway.pages.desk.deadlines import deadline, today
from gateway.pages.desk.demande import ONE, VERDICTS
from gateway.pages.desk.wanted import PAGE, PATH
from gateway.pages.forms import Mistake
from gateway.pages.house import House, Pages
from gateway.pages.site import query, redirect
from gateway.routes import Who
from gateway.visits import Visit

pages = Pages(done={"avis-donne": "Votre avis est enregistré. Le service qui vous l'a demandé peut le lire."})

HERE: Final = f"{PATH}/avis"
OPINIONS: Final = "/api/backoffice/opinions"
_EMPTY: Final = {"avis-rendu": "Choisissez votre avis.", "explication": "Expliquez votre avis en quelques phrases."}


@pages.get(HERE, Who.INSTRUCTEUR)
async def show(house: House, visit: Visit) -> Response:
    """What is awaited first, then what was answered; a page at a time."""
    cursor = query(visit).get("suite", "")[:1000]
    found = await house.get(visit, OPINIONS, limit=PAGE, **({"cursor": cursor} if cursor else {}))
    now = today()
    return house.site.page(
        visit,
        "desk/opinions_asked.html",
        opinions=[{**one, "limit": deadline(one["due"], now)} for one in found["items"]],
        verdicts=VERDICTS,
        next=f"{HERE}?{urlencode({'suite': found['next']})}" if found["next"] else None,
    )


@pages.post(f"{ONE}/avis/{{opinion}}", Who.INSTRUCTEUR)
async def give(house: House, visit: Visit) -> Response:
    """Answer, once. The demande of another service closes to the expert with his answer: back to the list."""
    form = await house.site.read_form(visit)
    if mistakes := [Mistake(name, sentence) for name, sentence in _EMPTY.items() if not form.text(name)]:
        return await again(house, visit, form, *mistakes)
    body = {"verdict": form.text("avis-rendu"), "text": form.get("explication", "")}
    answer = await house.send(visit, form, "POST", f"{OPINIONS}/{visit.match.wild[1]}", body)
    if answer.status == 200:
        return redirect(HERE, "avis-donne")
    return await after(house, visit, form, answer, "", {"/verdict": "avis-rendu", "/text": "explication"})
