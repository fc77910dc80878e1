"""Writing a démarche: its texts, its legal block, its questions; then publishing the next version."""

from __future__ import annotations

from typing import Any, Final

from starlette.responses import Response

from gateway.pages.administration.demarches import LIST
from gateway.pages.administration.roster import DEMARCHES, one
from gateway.pages.administration.sheet import (
    KINDS,
    TYPES,
    Sheet,
    blank,
    definition_of,
    mistakes_at,
    of_definition,
    of_form,
    question,
)
from gateway.pages.forms import Form, Mistake, missing, whole
from gateway.pages.house import House, Pages
from gateway.pages.site import redirect, refusal_of
from gateway.routes import DEFINITION, Who
from gateway.upstream import Answer
from gateway.visits import Visit

pages = Pages()

NEW: Final = "/administration/demarches/nouvelle"
_ASKED: Final = {
    "title": "Donnez un titre à la démarche.",
    "service": "Indiquez l'identifiant du service qui instruit les demandes.",
}
_TAKEN: Final = "Une démarche porte déjà ce titre. Choisissez-en un autre, ou modifiez celle qui existe."
_OVERTAKEN: Final = "Un collègue a publié une autre version entre-temps. Comparez avant de publier la vôtre."


@pages.get(NEW, Who.ADMINISTRATEUR)
async def new(house: House, visit: Visit) -> Response:
    """An empty sheet."""
    return _editor(house, visit, blank(), known=None, opened=0)


@pages.post(NEW, Who.ADMINISTRATEUR, body=DEFINITION)
async def write_new(house: House, visit: Visit) -> Response:
    """Change the sheet, or publish the first version."""
    return await _work(house, visit, known=None)


@pages.get("/administration/demarches/{slug}", Who.ADMINISTRATEUR)
async def edit(house: House, visit: Visit) -> Response:
    """The sheet of the version in force."""
    slug = visit.match.wild[0]
    known = await one(house, visit, DEMARCHES, "slug", slug)
    definition = await house.get(visit, f"/api/demarches/{slug}")
    return _editor(house, visit, of_definition(definition), known=known)


@pages.post("/administration/demarches/{slug}", Who.ADMINISTRATEUR, body=DEFINITION)
async def write(house: House, visit: Visit) -> Response:
    """Change the sheet, or publish the next version."""
    return await _work(house, visit, known=await one(house, visit, DEMARCHES, "slug", visit.match.wild[0]))


async def _work(house: House, visit: Visit, known: dict[str, Any] | None) -> Response:
    form = await house.site.read_form(visit)
    sheet = of_form(form)
    action, _, place = form.text("action").partition(":")
    if action != "publier":
        row = whole(place, 6)
        opened = _changed(sheet.questions, action, -1 if row is None else row)
        return _editor(house, visit, sheet, known=known, etag=form.text("etag"), opened=opened)
    if mistakes := [*missing(form, _ASKED), *_unnamed(sheet)]:
        return _editor(house, visit, sheet, known=known, etag=form.text("etag"), mistakes=mistakes)
    answer = await _publish(house, visit, form, sheet, known)
    if answer.status == 200:
        return redirect(LIST, "demarche-publiee")
    if answer.status == 412:
        mistakes = [Mistake("title", _TAKEN) if known is None else Mistake("", _OVERTAKEN)]
    elif answer.status == 422:
        said = answer.json()
        mistakes = mistakes_at(sheet, said.get("errors") or [{"pointer": "", "detail": said["detail"]}])
    else:
        raise refusal_of(answer)
    return _editor(house, visit, sheet, known=known, etag=form.text("etag"), mistakes=mistakes)


async def _publish(house: House, visit: Visit, form: Form, sheet: Sheet, known: dict[str, Any] | None) -> Answer:
    body = definition_of(sheet)
    if known is not None:
        body["slug"] = known["slug"]
    path = f"{DEMARCHES}/{body['slug'] or 'sans-titre'}"
    # A first version must not replace a démarche of the same name.
    return await house.send(visit, form, "PUT", path, body, if_match=form.text("etag") or '"0"')


def _unnamed(sheet: Sheet) -> list[Mistake]:
    return [
        Mistake(f"q{row}-label", f"Donnez un libellé à la question {row + 1}.")
        for row, asked in enumerate(sheet.questions)
        if not asked["label"]
    ]


def _changed(questions: list[dict[str, Any]], action: str, place: int) -> int:
    """Do what a button of the sheet asks; the row to open afterwards, or -1."""
    inside = 0 <= place < len(questions)
    match action:
        case "ajouter":
            place = place + 1 if inside else len(questions)
            questions.insert(place, question(dans=questions[place - 1]["dans"] if place else ""))
            return place
        case "ouvrir" if inside:
            return place
        case "retirer" if inside:
            del questions[place]
            return -1
        case "monter" if inside and place:
            questions[place - 1 : place + 1] = reversed(questions[place - 1 : place + 1])
        case "descendre" if inside and place + 1 < len(questions):
            questions[place : place + 2] = reversed(questions[place : place + 2])
    return -1


def _editor(
    house: House,
    visit: Visit,
    sheet: Sheet,
    *,
    known: dict[str, Any] | None,
    etag: str = "",
    opened: int = -1,
    mistakes: list[Mistake] | None = None,
) -> Response:
    rows = (each.field.partition("-")[0].removeprefix("q") for each in mistakes or ())
    faulty = {int(row) for row in rows if row.isdigit()}
    return house.site.page(
        visit,
        "administration/editor.html",
        code=422 if mistakes else 200,
        known=known,
        head=sheet.head,
        questions=sheet.questions,
        named=[(row["name"], row["label"]) for row in sheet.questions],
        groups=[(row["name"], row["label"]) for row in sheet.questions if row["type"] == "group" and row["name"]],
        etag=etag or (known["etag"] if known else ""),
        opened=faulty | {opened},
        types=TYPES,
        kinds=KINDS,
        mistakes=mistakes or [],
    )
