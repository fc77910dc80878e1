"""Beginning a demande; and, without an account, all of it: what was typed travels in the one form until it is filed.

No server keeps anything of it. Each step is judged by the service that will file it: asked to file a demande whose
conditions are not accepted yet, it files nothing and tells every fault of the form first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from starlette.responses import Response

from gateway.pages.filing.draft import path_of
from gateway.pages.filing.paper import Faults, Paper
from gateway.pages.filing.receipt import receipt_page
from gateway.pages.filing.showing import NEW_VERSION, Sheet, closed_page, review_page, step_page
from gateway.pages.filing.steps import PREFIX, Step, name_of
from gateway.pages.filing.typed import read
from gateway.pages.forms import Form, Mistake, new_key, whole
from gateway.pages.house import House, Pages
from gateway.pages.said import KINDS, kind_said
from gateway.pages.site import redirect, refusal_of
from gateway.refusals import Refusal
from gateway.routes import DEFINITION
from gateway.visits import Visit

PATH = "/demarches/{slug}/demande"
KEY = "depot"  # the field of the key that the demande will be filed under
LONGEST_ADDRESS = 500  # characters that a draft takes
TERMS_ASKED = "Cochez la case pour accepter les conditions générales d'utilisation."

pages = Pages()


@pages.get(PATH)
async def begin(house: House, visit: Visit) -> Response:
    """What will be asked, and the two ways: with an account or without."""
    definition = await _definition(house, visit)
    if not definition["open"]:
        return closed_page(house, visit, definition)
    drafts = None
    if visit.caller.account:
        drafts = await house.part(visit, "/api/demandes", status="brouillon", limit=100)
    mine = [one for one in (drafts or {"items": []})["items"] if one["demarche"]["slug"] == definition["slug"]]
    return house.site.page(
        visit,
        "filing/start.html",
        demarche=definition,
        steps=Paper(definition, {}).all_steps,
        audience=[kind_said(kind) for kind in KINDS if kind in definition["audience"]],
        drafts=mine,
    )


@pages.post(PATH, body=DEFINITION)
async def go_on(house: House, visit: Visit) -> Response:
    """With an account: a draft. Without: the step after the one that was sent."""
    form = await house.site.read_form(visit)
    definition = await _definition(house, visit)
    if not definition["open"]:
        return closed_page(house, visit, definition, code=409)
    if visit.caller.account:
        return await _draft(house, visit, form, definition)
    answer = await _without_account(house, visit, form, definition)
    # So that the browser's « back » shows a step again instead of asking whether to send it anew.
    answer.headers.setdefault("Cache-Control", "private, no-cache")
    return answer


async def _draft(house: House, visit: Visit, form: Form, definition: Mapping[str, Any]) -> Response:
    body = {"demarche": definition["slug"], "submit": False, **await _known(house, visit)}
    answer = await house.send(visit, form, "POST", "/api/demandes", body)
    if answer.status != 201:
        raise refusal_of(answer)
    return redirect(path_of(answer.json()["id"]))


async def _known(house: House, visit: Visit) -> dict[str, Any]:
    """What the account knows of its person and dossiers does not: it can be changed in the draft."""
    try:
        address = (await house.account(visit))["postal_address"] or ""
    except Refusal:
        return {}
    return {"contact": {"postal_address": address}} if 0 < len(address) <= LONGEST_ADDRESS else {}


async def _without_account(house: House, visit: Visit, form: Form, definition: Mapping[str, Any]) -> Response:
    paper = Paper(definition, read(definition, form))
    key = form.text(KEY)
    sheet = Sheet(
        paper,
        visit.head.path,
        key=key if key.isalnum() and key.isascii() and len(key) <= 64 else new_key(),
        back=bool(form.text("retour")),
    )
    step, action = paper.step(whole(form.text("etape"), 3) or 0), form.text("action")
    if step is None:
        return step_page(house, visit, sheet, paper.steps[0])
    if form.text("v") != str(definition["version"]):
        changed = replace(sheet, notice=NEW_VERSION, back=False)
        return step_page(house, visit, changed, paper.step(3) or paper.steps[0])
    if action.startswith(("ajouter:", "retirer:")):
        name = PREFIX + action.split(":")[1]
        return step_page(house, visit, replace(sheet, paper=paper.rows_changed(action), focus=name), step)
    if action == "precedent":
        return step_page(house, visit, replace(sheet, back=False), paper.before(step) or step)
    if action.startswith("aller:"):
        there = paper.step(whole(action.removeprefix("aller:"), 3) or 0) or step
        return step_page(house, visit, replace(sheet, back=True), there)
    if step.kind == "review":
        return await _file(house, visit, form, sheet)
    faults = await _faults(house, visit, paper)
    if mistakes := paper.mistakes(faults, step):
        return step_page(house, visit, replace(sheet, mistakes=mistakes, code=422), step)
    following = paper.review if sheet.back else paper.after(step)
    if following.kind == "review":
        return await _review(house, visit, sheet, faults)
    return step_page(house, visit, replace(sheet, back=False), following)


async def _review(house: House, visit: Visit, sheet: Sheet, faults: Faults) -> Response:
    terms = await house.get(visit, "/api/terms")
    return review_page(house, visit, replace(sheet, back=False), faults, terms["version"])


async def _file(house: House, visit: Visit, form: Form, sheet: Sheet) -> Response:
    paper = sheet.paper
    if not form.text("terms"):
        mistakes = [Mistake("terms", TERMS_ASKED)]
        return await _review(
            house, visit, replace(sheet, mistakes=mistakes, code=422), await _faults(house, visit, paper)
        )
    body = {"demarche": paper.definition["slug"], "terms_version": form.text("terms_version"), **paper.whole()}
    answer = await house.errands.run(visit, "POST", "/api/demandes", body, {"Idempotency-Key": sheet.key})
    if answer.status == 201:
        email = (paper.fill.get("email") or [""])[0].strip()
        done = receipt_page(house, visit, answer.json(), None, paper.definition, email)
        done.headers["Cache-Control"] = "no-store"  # the tracking number opens the demande
        return done
    said = answer.json() if answer.status < 500 else {}
    match said.get("slug"):
        case "invalid-answers":
            step = paper.first_faulty(said["errors"]) or paper.steps[0]
            mistakes = _mistakes(paper, said["errors"], step)
            return step_page(house, visit, replace(sheet, mistakes=mistakes, back=True, code=422), step)
        case "terms-not-accepted":
            mistakes = [Mistake("terms", said["detail"])]
            return await _review(house, visit, replace(sheet, mistakes=mistakes, code=422), ())
        case "idempotency-mismatch":
            return house.site.page(visit, "filing/already.html", code=409, demarche=paper.definition)
        case "demarche-closed":
            return closed_page(house, visit, paper.definition, code=409)
        case _:
            raise refusal_of(answer)


async def _faults(house: House, visit: Visit, paper: Paper) -> Faults:
    """What the service finds wrong so far. Without the conditions nothing can be filed by this."""
    body = {"demarche": paper.definition["slug"], "terms_version": None, **paper.whole()}
    answer = await house.errands.run(visit, "POST", "/api/demandes", body)
    if answer.status != 422:
        raise refusal_of(answer)
    said = answer.json()
    if said["slug"] == "terms-not-accepted":
        return ()
    if said["slug"] != "invalid-answers":
        raise refusal_of(answer)
    faults: list[Mapping[str, Any]] = said["errors"]
    return faults


def _mistakes(paper: Paper, faults: Faults, step: Step) -> list[Mistake]:
    return paper.mistakes(faults, step) or [Mistake(name_of(one["pointer"]), one["detail"]) for one in faults]


async def _definition(house: House, visit: Visit) -> dict[str, Any]:
    found: dict[str, Any] = await house.get(visit, f"/api/demarches/{visit.match.wild[0]}")
    return found
