"""Several demandes at once, each with its own result, and the way back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic import JsonValue, TypeAdapter, ValidationError
from pydantic_core import to_json
from starlette.responses import Response

from gateway.pages.desk.inbox import ACTIONS, MOVES, listing, ticked, wanted_of
from gateway.pages.desk.wanted import PATH
from gateway.pages.forms import Form, Mistake, mistakes_of
from gateway.pages.house import House, Pages
from gateway.pages.site import refusal_of
from gateway.refusals import Refusal
from gateway.routes import Who
from gateway.visits import Visit

pages = Pages()

BATCH: Final = "/api/backoffice/demandes/batch"
MOST_UNDONE: Final = 100
_Undo: Final = TypeAdapter(list[dict[str, JsonValue]])


@pages.post(f"{PATH}/lot", Who.INSTRUCTEUR)
async def act(house: House, visit: Visit) -> Response:
    """Do one thing to the ticked demandes."""
    form = await house.site.read_form(visit)
    chosen = ticked(form)
    if mistakes := _missing(form, chosen):
        return await listing(house, visit, wanted_of(form.text("retour")), mistakes=mistakes, typed=form)
    answer = await house.send(visit, form, "POST", BATCH, {"ids": [id for id, _ in chosen], **_body(form)})
    if answer.status == 422:
        mistakes = [Mistake("", mistake.detail) for mistake in mistakes_of(answer)]
        return await listing(house, visit, wanted_of(form.text("retour")), mistakes=mistakes, typed=form)
    if answer.status != 200:
        raise refusal_of(answer)
    return _page(house, visit, form, dict(chosen), [answer.json()])


@pages.post(f"{PATH}/lot/annulation", Who.INSTRUCTEUR)
async def undo(house: House, visit: Visit) -> Response:
    """Put back what can be: the batches that the first answer gave, sent as they are."""
    form = await house.site.read_form(visit)
    try:
        batches = _Undo.validate_json(form.get("annulation", ""))[:MOST_UNDONE]
    except ValidationError:
        raise Refusal(422, "invalid-request", "Rien à annuler. Revenez à la liste.") from None
    results = []
    for place, batch in enumerate(batches):
        answer = await house.send(visit, form, "POST", BATCH, batch, step=str(place))
        if answer.status != 200:
            raise refusal_of(answer)
        results.append(answer.json())
    return _page(house, visit, form, dict(ticked(form)), results, undone=True)


def _page(
    house: House,
    visit: Visit,
    form: Form,
    references: Mapping[str, str],
    results: list[dict[str, Any]],
    *,
    undone: bool = False,
) -> Response:
    items = [item for result in results for item in result["items"]]
    undo = [] if undone else [batch for result in results for batch in result["undo"]]
    wish = wanted_of(form.text("retour"))
    return house.site.page(
        visit,
        "desk/batch.html",
        items=[{**item, "reference": references.get(item["id"], item["id"])} for item in items],
        changed=sum(1 for item in items if item["status"] == 200),
        undone=undone,
        mailed=any(batch["action"] == "status" for batch in undo),
        undo=to_json(undo).decode() if undo else "",
        retour=wish.address(suite=wish.suite),
    )


def _body(form: Form) -> dict[str, Any]:
    match form.text("action"):
        case "confier":
            return {"action": "assign", "agent": form.text("confier-a") or None}
        case "etiqueter":
            return {"action": "label", "add": [form.text("nom-etiquette")]}
        case "detiqueter":
            return {"action": "label", "remove": [form.text("nom-etiquette")]}
        case _:
            return {"action": "status", "status": form.text("nouvel-etat"), "message": form.get("motif", "")}


def _missing(form: Form, chosen: list[tuple[str, str]]) -> list[Mistake]:
    action = form.text("action")
    if not chosen:
        return [Mistake("", "Cochez au moins une demande dans la liste.")]
    if action not in ACTIONS:
        return [Mistake("action", "Choisissez ce qu'il faut faire des demandes cochées.")]
    if action in ("etiqueter", "detiqueter") and not form.text("nom-etiquette"):
        return [Mistake("nom-etiquette", "Écrivez l'étiquette à ajouter ou à retirer.")]
    if action == "etat" and form.text("nouvel-etat") not in MOVES:
        return [Mistake("nouvel-etat", "Choisissez le nouvel état des demandes.")]
    if action == "etat" and form.text("nouvel-etat") == "refusee" and not form.text("motif"):
        return [Mistake("motif", "Indiquez le motif du refus : le demandeur le recevra.")]
    return []
