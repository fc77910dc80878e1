"""One demande: the tab « Suivi », where it stands, and the tab « Demande », what was filed."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from gateway.pages.applicant.frame import draft_path, frame_of
from gateway.pages.applicant.mine import missing
from gateway.pages.house import House, Pages
from gateway.pages.said import Line, answer_lines, contact_lines, who_lines
from gateway.pages.site import redirect
from gateway.routes import Who
from gateway.visits import Visit

Section = tuple[str, list[Line]]

pages = Pages()


@pages.get("/demandes/{id}", Who.MINE)
async def follow(house: House, visit: Visit) -> Response:
    """Signs in first when needed. The demande shows even while its history or its discussion does not answer."""
    frame, (history,) = await frame_of(house, visit, "/history")
    if frame.is_draft:
        return redirect(draft_path(frame.demande["id"]))
    return house.site.page(
        visit, "applicant/follow.html", history=history, missing=missing(frame.discussion), **frame.shown()
    )


@pages.get("/demandes/{id}/demande", Who.MINE)
async def filed(house: House, visit: Visit) -> Response:
    """The answers exactly as filed, under the questions of the version they were filed under."""
    frame, _ = await frame_of(house, visit)
    demande = frame.demande
    if frame.is_draft:
        return redirect(draft_path(demande["id"]))
    demarche = demande["demarche"]
    definition = await house.part(visit, f"/api/demarches/{demarche['slug']}", version=demarche["version"])
    return house.site.page(
        visit,
        "applicant/filed.html",
        sections=sections_of(demande, definition),
        readable=definition is not None,
        **frame.shown(),
    )


def sections_of(demande: dict[str, Any], definition: dict[str, Any] | None) -> list[Section]:
    """Who asks, then the form section by section; without its definition, answers by the names of their fields."""
    behalf, contact = demande["on_behalf_of"], demande["contact"]
    sections: list[Section] = [("Demandeur", who_lines(behalf)), ("Coordonnées", contact_lines(contact))]
    if definition is None:
        unnamed = [{"name": name, "label": _readable(name), "type": "text"} for name in demande["answers"]]
        return [*sections, ("Réponses", answer_lines(tuple(unnamed), _flat(demande["answers"])))]
    title, fields = "Réponses", list[Any]()
    for field in (*definition["fields"], {"type": "section", "label": ""}):
        if field["type"] != "section":
            fields.append(field)
            continue
        if lines := answer_lines(tuple(fields), demande["answers"]):
            sections.append((title, lines))
        title, fields = field["label"], []
    return sections


def _readable(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _flat(answers: dict[str, Any]) -> dict[str, Any]:
    """Lists as texts: without the form nobody knows what they hold."""
    return {name: ", ".join(map(str, value)) if isinstance(value, list) else value for name, value in answers.items()}
