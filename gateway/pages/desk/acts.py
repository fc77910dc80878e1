"""What an agent does with the demande before him. Each form carries the version it was shown with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from starlette.responses import Response

from gateway.pages.desk.demande import ONE, settled
from gateway.pages.desk.inbox import DEMANDES
from gateway.pages.forms import Form, Mistake, mistakes_of
from gateway.pages.house import House, Pages
from gateway.pages.site import redirect, refusal_of
from gateway.routes import Who
from gateway.upstream import Answer
from gateway.visits import Visit

pages = Pages(
    done={
        "confiee": "La demande est confiée.",
        "a-vous": "La demande vous est confiée.",
        "remise": "La demande est remise à la disposition du service.",
        "commencee": "La demande vous est confiée et son instruction a commencé.",
        "etiquette": "Les étiquettes sont à jour.",
        "note": "La note est ajoutée.",
        "motifs": "Les motifs sont communiqués au demandeur.",
        "attestation": "L'attestation est délivrée au demandeur.",
        "avis-demande": "L'avis est demandé. Votre collègue en est informé par courrier électronique.",
        "avis-retire": "La demande d'avis est retirée.",
    }
)

REFUSED: Final = (409, 412, 422)


@pages.post(f"{ONE}/attribution", Who.INSTRUCTEUR)
async def assign(house: House, visit: Visit) -> Response:
    """Take the demande, give it to a colleague, hand it back."""
    form = await house.site.read_form(visit)
    agent = form.text("agent")
    answer = await send(house, visit, form, "assignment", {"agent": agent or None})
    done = "a-vous" if agent == "me" else "confiee" if agent else "remise"
    return await after(house, visit, form, answer, done)


@pages.post(f"{ONE}/debut", Who.INSTRUCTEUR)
async def begin(house: House, visit: Visit) -> Response:
    """Take the demande and begin with it, at once."""
    form = await house.site.read_form(visit)
    answer = await send(house, visit, form, "assignment", {"agent": "me"}, step="prise")
    if answer.status == 200:
        version = str(answer.json()["version"])
        answer = await send(house, visit, form, "status", {"status": "en_instruction"}, step="debut", version=version)
    return await after(house, visit, form, answer, "commencee")


@pages.post(f"{ONE}/etiquettes", Who.INSTRUCTEUR)
async def tag(house: House, visit: Visit) -> Response:
    """Add the label that was typed, take away the one whose button was pressed."""
    form = await house.site.read_form(visit)
    removed = form.text("retirer")
    if not removed and not form.text("etiquette"):
        return await again(house, visit, form, Mistake("etiquette", "Écrivez l'étiquette à ajouter."))
    body = {"remove": [removed]} if removed else {"add": [form.text("etiquette")]}
    answer = await send(house, visit, form, "labels", body, version="")
    return await after(house, visit, form, answer, "etiquette", {"/add/0": "etiquette"})


@pages.post(f"{ONE}/notes", Who.INSTRUCTEUR)
async def note(house: House, visit: Visit) -> Response:
    """Keep a note for the service."""
    form = await house.site.read_form(visit)
    answer = await send(house, visit, form, "notes", {"text": form.get("note", "")}, version="")
    return await after(house, visit, form, answer, "note", {"/text": "note"})


@pages.post(f"{ONE}/motifs", Who.INSTRUCTEUR)
async def reasons(house: House, visit: Visit) -> Response:
    """Say why the silence of the service refused the demande."""
    form = await house.site.read_form(visit)
    answer = await send(house, visit, form, "reasons", {"text": form.get("motifs", "")})
    return await after(house, visit, form, answer, "motifs", {"/text": "motifs"})


@pages.post(f"{ONE}/attestation", Who.INSTRUCTEUR)
async def attest(house: House, visit: Visit) -> Response:
    """Attest that the silence of the service accepted the demande."""
    form = await house.site.read_form(visit)
    return await after(house, visit, form, await send(house, visit, form, "attestation", {}), "attestation")


@pages.post(f"{ONE}/avis", Who.INSTRUCTEUR)
async def ask(house: House, visit: Visit) -> Response:
    """Ask a colleague of any service for his opinion, or stop waiting for one."""
    form = await house.site.read_form(visit)
    if form.text("retirer-avis"):
        path = f"/api/backoffice/opinions/{form.text('retirer-avis')}"
        answer = await house.send(visit, form, "DELETE", path)
        return await after(house, visit, form, answer, "avis-retire")
    body = {"agent": form.text("expert"), "question": form.get("question", ""), "due": form.text("reponse-avant")}
    empty = {
        "expert": "Choisissez à qui demander un avis.",
        "question": "Écrivez la question à laquelle votre collègue doit répondre.",
        "reponse-avant": "Choisissez la date avant laquelle répondre.",
    }
    if faults := [Mistake(name, sentence) for name, sentence in empty.items() if not form.text(name)]:
        return await again(house, visit, form, *faults)
    answer = await send(house, visit, form, "opinions", body, version="")
    names = {"/agent": "expert", "/due": "reponse-avant"}
    return await after(house, visit, form, answer, "avis-demande", names)


async def send(
    house: House,
    visit: Visit,
    form: Form,
    tail: str,
    body: Mapping[str, Any],
    *,
    step: str = "",
    version: str | None = None,
) -> Answer:
    """One command about the demande, at the version its form was shown with."""
    path = f"{DEMANDES}/{visit.match.wild[0]}/{tail}"
    expected = form.text("version") if version is None else version
    if_match = f'"{expected}"' if expected or version is None else ""
    return await house.send(visit, form, "POST", path, body, step=step, if_match=if_match)


async def after(
    house: House, visit: Visit, form: Form, answer: Answer, done: str, names: Mapping[str, str] | None = None
) -> Response:
    """Back to the page, or the page again with what was refused."""
    if answer.status < 300:
        return redirect(ONE.replace("{id}", visit.match.wild[0]), done)
    if answer.status not in REFUSED:
        raise refusal_of(answer)
    return await settled(house, visit, answer, form, mistakes_of(answer, names))


async def again(house: House, visit: Visit, form: Form, *mistakes: Mistake) -> Response:
    """The page again, before anything was asked of the API."""
    return await settled(house, visit, Answer(422, {}, b"{}"), form, mistakes)
