"""Filling in a draft of an account: each step is saved, and found again on any device."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic_core import to_json
from starlette.responses import Response

from gateway.pages.filing.paper import Paper, without
from gateway.pages.filing.receipt import receipt_page
from gateway.pages.filing.showing import NEW_VERSION, Sheet, closed_page, review_page, step_page
from gateway.pages.filing.steps import PREFIX, Step, name_of
from gateway.pages.filing.typed import fill_of
from gateway.pages.forms import Form, Mistake, whole
from gateway.pages.house import House, Pages
from gateway.pages.said import quoted
from gateway.pages.site import DONE, query, redirect, refusal_of
from gateway.routes import DEFINITION, Who
from gateway.upstream import Answer
from gateway.visits import Visit

LATER = "brouillon-enregistre"
FILED = "deja-deposee"
VERSION = "nouvelle-version"
TO_CORRECT = "corriger"  # query parameters of a step
BACK = "retour"

REST_SAVED = "Vos autres réponses de cette étape sont enregistrées."
STALE = (
    "Ce brouillon a été modifié dans un autre onglet ou sur un autre appareil depuis que vous avez ouvert cette page."
    " Ce que vous venez de saisir est toujours là, mais n'est pas encore enregistré."
)

pages = Pages(
    done={
        LATER: f"Votre brouillon est enregistré. Vous pourrez le reprendre depuis {quoted('Mes démarches')}.",
        FILED: "Cette demande est déjà déposée\N{NO-BREAK SPACE}: ses réponses ne changent plus.",
        VERSION: NEW_VERSION,
    }
)


@dataclass(frozen=True)
class Open:
    """A draft as it is now, and its form in the version in force."""

    id: str
    said: Mapping[str, Any]
    paper: Paper

    def sheet(self, step: Step) -> Sheet:
        """A page of it."""
        return Sheet(self.paper, f"{path_of(self.id)}/{step.number}", self.id, self.said["version"])


def path_of(demande: str) -> str:
    """Where a draft is filled in."""
    return f"/demandes/{demande}/saisie"


@pages.get("/demandes/{id}/saisie", Who.ACCOUNT, note="redirects to a step")
async def resume(house: House, visit: Visit) -> Response:
    """To the first step that is not complete."""
    found = await _open(house, visit)
    if found is None:
        return redirect(f"/demandes/{visit.match.wild[0]}")
    if not found.paper.definition["open"]:
        return closed_page(house, visit, found.paper.definition, found.id)
    step = found.paper.first_faulty(found.said["to_complete"]) or found.paper.review
    return redirect(f"{path_of(found.id)}/{step.number}", query(visit).get(DONE, ""))


@pages.get("/demandes/{id}/saisie/{etape}", Who.ACCOUNT)
async def show(house: House, visit: Visit) -> Response:
    """A step as it was last saved."""
    found = await _open(house, visit)
    if found is None:
        return redirect(f"/demandes/{visit.match.wild[0]}", FILED)
    if not found.paper.definition["open"]:
        return closed_page(house, visit, found.paper.definition, found.id)
    step = found.paper.step(_number(visit))
    if step is None:
        return redirect(path_of(found.id))
    if step.kind == "review":
        return review_page(house, visit, found.sheet(step), found.said["to_complete"])
    asked = query(visit)
    mistakes = found.paper.mistakes(found.said["to_complete"], step) if TO_CORRECT in asked else []
    return step_page(house, visit, replace(found.sheet(step), back=BACK in asked, mistakes=mistakes), step)


@pages.post("/demandes/{id}/saisie/{etape}", Who.ACCOUNT, body=DEFINITION)
async def save(house: House, visit: Visit) -> Response:
    """Save a step and go on; at the review, file."""
    form = await house.site.read_form(visit)
    if form.text("action") == "deposer":
        return await _file(house, visit, form)
    found = await _open(house, visit)
    if found is None:
        return redirect(f"/demandes/{visit.match.wild[0]}", FILED)
    step = found.paper.step(_number(visit))
    if step is None or step.kind == "review":
        return redirect(path_of(found.id))
    paper = found.paper.typed(form, step)
    sheet = replace(found.sheet(step), paper=paper, version=_version(form), back=bool(form.text(BACK)))
    action = form.text("action")
    if action.startswith(("ajouter:", "retirer:")):
        name = PREFIX + action.split(":")[1]
        return step_page(house, visit, replace(sheet, paper=paper.rows_changed(action), focus=name), step)
    answer = await _save(house, visit, form, found.id, paper.changes(step), sheet.version)
    if answer.status == 412:
        sheet = await _meanwhile(house, visit, sheet, step)
        if sheet.elsewhere:
            return step_page(house, visit, sheet, step)
        # Nobody is troubled when both say the same.
        answer = await _save(house, visit, form, found.id, paper.changes(step), sheet.version)
    if answer.status == 200:
        return await _saved(house, visit, form, sheet, step)
    return await _not_saved(house, visit, form, sheet, step, answer)


async def _saved(house: House, visit: Visit, form: Form, sheet: Sheet, step: Step) -> Response:
    """Where to go: on, back, away; not on while something is missing here."""
    found = await _open(house, visit)
    if found is None:
        return redirect(f"/demandes/{sheet.draft}", FILED)
    path, action = path_of(sheet.draft), form.text("action")
    if action == "plus-tard":
        return redirect("/demandes", LATER)
    if form.text("v") != str(found.paper.definition["version"]):
        return redirect(path, VERSION)
    if action == "precedent":
        return redirect(f"{path}/{(found.paper.before(step) or step).number}")
    if mistakes := found.paper.mistakes(found.said["to_complete"], step):
        again = replace(found.sheet(step), back=sheet.back, mistakes=mistakes, code=422)
        return step_page(house, visit, again, step)
    following = found.paper.review if sheet.back else found.paper.after(step)
    return redirect(f"{path}/{following.number}")


async def _not_saved(house: House, visit: Visit, form: Form, sheet: Sheet, step: Step, answer: Answer) -> Response:
    said = answer.json()
    if said["slug"] == "demarche-closed":
        return closed_page(house, visit, sheet.paper.definition, sheet.draft, 409)
    if said["slug"] == "bad-transition":
        return redirect(f"/demandes/{sheet.draft}", FILED)
    if answer.status != 422 or not said.get("errors"):
        raise refusal_of(answer)
    wrong = [fault["pointer"] for fault in said["errors"]]
    rest, notice, version = without(sheet.paper.changes(step), wrong), "", sheet.version
    if any(rest.values()):
        # What is right is kept, whatever becomes of the rest.
        kept = await _save(house, visit, form, sheet.draft, rest, sheet.version)
        if kept.status == 200:
            notice, version = REST_SAVED, kept.json()["version"]
    mistakes = [Mistake(name_of(fault["pointer"]), fault["detail"]) for fault in said["errors"]]
    return step_page(house, visit, replace(sheet, mistakes=mistakes, version=version, notice=notice, code=422), step)


async def _meanwhile(house: House, visit: Visit, sheet: Sheet, step: Step) -> Sheet:
    """The page again after somebody saved in between: what was typed here, and what is kept there."""
    found = await _open(house, visit)
    if found is None:
        return sheet
    elsewhere = sheet.paper.differing(found.paper, step)
    return replace(sheet, version=found.said["version"], elsewhere=elsewhere, notice=STALE, code=412)


async def _file(house: House, visit: Visit, form: Form) -> Response:
    """File the draft; sent again (a reload, a double click) it says the same."""
    demande = visit.match.wild[0]
    answer = await house.send(
        visit, form, "POST", f"/api/demandes/{demande}/submission", step="depot", if_match=f'"{_version(form)}"'
    )
    if answer.status == 200:
        filed = await house.part(visit, f"/api/demandes/{demande}")
        return receipt_page(house, visit, answer.json(), filed)
    if answer.status in (404, 401, 403) or answer.status >= 500:
        raise refusal_of(answer)
    found, said = await _open(house, visit), answer.json()
    if found is None:
        return redirect(f"/demandes/{demande}", FILED)
    if said["slug"] == "demarche-closed":
        return closed_page(house, visit, found.paper.definition, demande, 409)
    sheet = replace(found.sheet(found.paper.review), code=answer.status)
    if answer.status == 412:
        notice = "Votre brouillon a changé depuis que vous l'avez relu. Vérifiez-le de nouveau avant de le déposer."
        return review_page(house, visit, replace(sheet, notice=notice), found.said["to_complete"])
    faulty = found.paper.first_faulty(said.get("errors") or [])
    if faulty is None:
        raise refusal_of(answer)
    return redirect(f"{path_of(demande)}/{faulty.number}", **{TO_CORRECT: "1"})


async def _open(house: House, visit: Visit) -> Open | None:
    """The draft of the address; None when it is filed."""
    demande = visit.match.wild[0]
    said = await house.get(visit, f"/api/demandes/{demande}")
    if said["status"] != "brouillon":
        return None
    definition = await house.get(visit, f"/api/demarches/{said['demarche']['slug']}")
    return Open(demande, said, Paper(definition, fill_of(definition, said)))


async def _save(
    house: House, visit: Visit, form: Form, demande: str, changes: Mapping[str, Any], version: int
) -> Answer:
    # The same form with other content (sent from the browser's history) is another command.
    digest = hashlib.sha256(to_json(changes)).hexdigest()[:16]
    path = f"/api/demandes/{demande}/answers"
    return await house.send(visit, form, "PATCH", path, changes, step=digest, if_match=f'"{version}"')


def _version(form: Form) -> int:
    return whole(form.text("version"), 15) or 0


def _number(visit: Visit) -> int:
    return whole(visit.match.wild[1], 3) or 0
