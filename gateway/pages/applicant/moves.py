"""What an applicant does with his demande: withdraw it, have what the law owes him, ask the same again."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from gateway.pages.applicant.frame import draft_path, frame_of
from gateway.pages.forms import Form, Mistake, mistakes_of
from gateway.pages.house import House, Pages
from gateway.pages.site import redirect, refusal_of
from gateway.routes import Who
from gateway.visits import Visit

LONGEST: Final = 2000  # characters of a reason

pages = Pages(
    done={
        "retiree": "Votre demande est retirée. Le service en est informé.",
        "attestation-demandee": "Votre attestation est demandée. Un courrier électronique vous préviendra.",
        "motifs-demandes": "Les motifs du refus sont demandés. Un courrier électronique vous préviendra.",
        "copie": "Un brouillon reprend les réponses de votre demande. Relisez-le avant de le déposer.",
        "copie-partielle": "Un brouillon reprend les réponses de votre demande, sauf celles que le formulaire "
        "n'accepte plus. Complétez-le avant de le déposer.",
    }
)


@pages.get("/demandes/{id}/retrait", Who.MINE)
async def withdrawal_form(house: House, visit: Visit) -> Response:
    """Asks before it withdraws: nothing undoes it."""
    return await _withdrawal(house, visit)


@pages.post("/demandes/{id}/retrait", Who.MINE)
async def withdraw(house: House, visit: Visit) -> Response:
    """Give up the demande."""
    form, id = await house.site.read_form(visit), visit.match.wild[0]
    body = {"reason": form.text("reason")}
    answer = await house.send(visit, form, "POST", f"/api/demandes/{id}/withdrawal", body)
    if answer.status == 200:
        return redirect(f"/demandes/{id}", "retiree")
    if answer.status != 422:
        raise refusal_of(answer)
    return await _withdrawal(house, visit, body["reason"], mistakes=mistakes_of(answer))


@pages.post("/demandes/{id}/attestation", Who.MINE)
async def ask_attestation(house: House, visit: Visit) -> Response:
    """Have it attested that silence accepted the demande (L232-3 CRPA)."""
    return await _ask(house, visit, "attestation-request", "attestation-demandee")


@pages.post("/demandes/{id}/motifs", Who.MINE)
async def ask_reasons(house: House, visit: Visit) -> Response:
    """Ask why silence refused the demande (L232-4 CRPA)."""
    return await _ask(house, visit, "reasons-request", "motifs-demandes")


@pages.post("/demandes/{id}/copie", Who.ACCOUNT)
async def duplicate(house: House, visit: Visit) -> Response:
    """Begin another demande with the answers of this one."""
    form, id = await house.site.read_form(visit), visit.match.wild[0]
    answer = await house.send(visit, form, "POST", f"/api/demandes/{id}/duplicate")
    if answer.status != 201:
        raise refusal_of(answer)
    copy = answer.json()
    return redirect(draft_path(copy["id"]), "copie-partielle" if copy["dropped"] else "copie")


async def _ask(house: House, visit: Visit, call: str, done: str) -> Response:
    form: Form = await house.site.read_form(visit)
    id = visit.match.wild[0]
    answer = await house.send(visit, form, "POST", f"/api/demandes/{id}/{call}")
    if answer.status != 200:
        raise refusal_of(answer)
    return redirect(f"/demandes/{id}", done)


async def _withdrawal(house: House, visit: Visit, reason: str = "", mistakes: list[Mistake] | None = None) -> Response:
    frame, _ = await frame_of(house, visit)
    if frame.is_draft:
        return redirect(draft_path(frame.demande["id"]))
    return house.site.page(
        visit,
        "applicant/withdrawal.html",
        code=422 if mistakes else 200,
        reason=reason,
        longest=LONGEST,
        mistakes=mistakes or [],
        **frame.shown(),
    )
