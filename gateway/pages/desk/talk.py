"""The discussion seen from the service: opening it, asking for documents, answering, closing it."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Any, Final

from pydantic_core import to_json
from starlette.responses import Response

from gateway.pages.desk.demande import ASKED, MOST_ASKED, ONE, desk, settled
from gateway.pages.desk.inbox import DEMANDES
from gateway.pages.forms import Form, Mistake, mistakes_of
from gateway.pages.house import House, Pages
from gateway.pages.reply import OTHERS, Reply, kept, mistakes_about, send_files
from gateway.pages.site import redirect, refusal_of
from gateway.routes import Who
from gateway.uploads import BODY, Upload, received
from gateway.upstream import Answer
from gateway.visits import Visit

pages = Pages(
    done={
        "discussion": "La discussion est ouverte. Le demandeur en est informé par courrier électronique.",
        "reponse": "Votre message est envoyé au demandeur.",
        "discussion-lue": "Les messages sont marqués comme lus.",
        "discussion-close": "La discussion est close.",
    }
)

TEXT: Final = "texte"
_EMPTY: Final = "Écrivez un message, ou joignez un document."


@pages.post(f"{ONE}/discussion", Who.INSTRUCTEUR, body=BODY)
async def open_one(house: House, visit: Visit) -> Response:
    """Open a discussion, or add lines for documents to ask for."""
    id = visit.match.wild[0]
    async with received(visit) as upload:
        house.site.check(visit, upload.form)
        form = upload.form
        if form.text("lignes-en-plus"):
            return await desk(house, visit, typed=form, lines=lines_of(form) + 3, reply=Reply("", kept(form), []))
        reply = await taken_in(house, visit, upload)
    mistakes = [*reply.mistakes, *asked_mistakes(form)]
    if not form.text("objet"):
        mistakes.insert(0, Mistake("objet", "Indiquez l'objet de la discussion."))
    if not reply.body and not reply.joined:
        mistakes.append(Mistake(TEXT, _EMPTY))
    if mistakes:
        return await _again(house, visit, form, reply, 422, mistakes)
    asked, places = asked_of(form)
    body = {
        "subject": form.text("objet"),
        "body": reply.body,
        "requested_documents": asked,
        "attachments": [file.id for file in reply.joined],
    }
    answer = await house.send(visit, form, "POST", f"{DEMANDES}/{id}/discussion", body, step=_step(body))
    if answer.status == 201:
        return redirect(ONE.replace("{id}", id), "discussion")
    if answer.status not in (409, 422):
        raise refusal_of(answer)
    names = {"/subject": "objet", "/body": TEXT}
    for number, place in enumerate(places):
        names |= {f"/requested_documents/{number}/label": f"piece-{place}"}
        names |= {f"/requested_documents/{number}/due": f"piece-{place}-avant"}
    names |= {f"/attachments/{number}": OTHERS for number in range(len(reply.joined))}
    return await _again(house, visit, form, reply, answer.status, mistakes_of(answer, names))


@pages.post(f"{ONE}/message", Who.INSTRUCTEUR, body=BODY)
async def say(house: House, visit: Visit) -> Response:
    """Write in the open discussion, with documents; what the page showed counts as read."""
    id = visit.match.wild[0]
    async with received(visit) as upload:
        house.site.check(visit, upload.form)
        form = upload.form
        reply = await taken_in(house, visit, upload)
    if not reply.mistakes and not reply.body and not reply.joined:
        reply.mistakes.append(Mistake(TEXT, _EMPTY))
    if reply.mistakes:
        return await _again(house, visit, form, reply, 422, reply.mistakes)
    body = reply.message()
    answer = await house.send(visit, form, "POST", f"/api/demandes/{id}/discussion/messages", body, step=_step(body))
    if answer.status == 201:
        if form.text("lu"):
            await _read(house, visit, form)
        return redirect(ONE.replace("{id}", id), "reponse")
    if answer.status not in (409, 422):
        raise refusal_of(answer)
    found = [
        Mistake(TEXT if one.field == "message" else one.field, one.detail) for one in mistakes_about(answer, reply)
    ]
    return await _again(house, visit, form, reply, answer.status, found)


@pages.post(f"{ONE}/lecture", Who.INSTRUCTEUR)
async def mark(house: House, visit: Visit) -> Response:
    """What the applicant wrote was read: said by the agent, or by the page's script once it was shown."""
    form = await house.site.read_form(visit)
    answer = await _read(house, visit, form)
    if answer.status not in (204, 422):
        raise refusal_of(answer)
    return redirect(ONE.replace("{id}", visit.match.wild[0]), "discussion-lue" if answer.status == 204 else "")


@pages.post(f"{ONE}/cloture", Who.INSTRUCTEUR)
async def close(house: House, visit: Visit) -> Response:
    """Nothing more is expected of the applicant."""
    form = await house.site.read_form(visit)
    id = visit.match.wild[0]
    answer = await house.send(visit, form, "POST", f"{DEMANDES}/{id}/discussion/closure")
    if answer.status == 204:
        return redirect(ONE.replace("{id}", id), "discussion-close")
    if answer.status not in (409, 422):
        raise refusal_of(answer)
    return await settled(house, visit, answer, form, mistakes_of(answer))


async def taken_in(house: House, visit: Visit, upload: Upload) -> Reply:
    """The documents of a form sent to the API, and its text."""
    reply = Reply(upload.form.get(TEXT, "").strip(), kept(upload.form), [])
    chosen = Upload(upload.form, {OTHERS: upload.files.get(OTHERS, [])})
    await send_files(house, visit, f"/api/demandes/{visit.match.wild[0]}", chosen, reply)
    return reply


def lines_of(form: Form) -> int:
    """How many lines for documents the form had."""
    places = [int(name[6:]) for name in form if name.startswith("piece-") and name[6:].isdecimal() and len(name) < 9]
    return min(max(places, default=ASKED), MOST_ASKED)


def asked_of(form: Form) -> tuple[list[dict[str, Any]], list[int]]:
    """The documents to ask for, and the line each was written on."""
    places = [place for place in _lines(form) if form.text(f"piece-{place}")]
    return [
        {
            "label": form.text(f"piece-{place}"),
            "required": not form.text(f"piece-{place}-facultative"),
            "due": form.text(f"piece-{place}-avant") or None,
        }
        for place in places
    ], places


def asked_mistakes(form: Form) -> list[Mistake]:
    """A day without a document."""
    lost = [place for place in _lines(form) if form.text(f"piece-{place}-avant") and not form.text(f"piece-{place}")]
    return [Mistake(f"piece-{place}", "Indiquez le document à remettre avant cette date.") for place in lost]


def _lines(form: Form) -> Iterable[int]:
    return range(1, lines_of(form) + 1)


async def _read(house: House, visit: Visit, form: Form) -> Answer:
    path = f"/api/demandes/{visit.match.wild[0]}/discussion/read"
    return await house.send(visit, form, "POST", path, {"up_to": form.text("lu")[:40]}, step="lu")


async def _again(
    house: House, visit: Visit, form: Form, reply: Reply, code: int, mistakes: Iterable[Mistake]
) -> Response:
    return await desk(house, visit, code=code, typed=form, lines=lines_of(form), mistakes=list(mistakes), reply=reply)


def _step(body: Any) -> str:
    # Whoever goes back and corrects his text sends another message, not the first one again.
    return f"message:{sha256(to_json(body)).hexdigest()[:16]}"
