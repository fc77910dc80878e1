"""Deciding, in one panel: what becomes of the demande, why, and the document that goes with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from starlette.responses import Response

from gateway.pages.desk.acts import REFUSED, after, send
from gateway.pages.desk.demande import DECISIONS, ONE, desk, seen_of
from gateway.pages.desk.inbox import DEMANDES
from gateway.pages.forms import Form, Mistake, mistakes_of
from gateway.pages.house import House, Pages
from gateway.pages.reply import OTHERS, Reply, kept, send_files
from gateway.pages.site import refusal_of
from gateway.routes import Who
from gateway.uploads import BODY, Upload, received
from gateway.upstream import Answer
from gateway.visits import Visit

pages = Pages(
    done={
        "decision": "La décision est enregistrée. Le demandeur en est informé par courrier électronique.",
        "etat": "L'état est enregistré. Le demandeur en est informé par courrier électronique.",
    }
)

FILE: Final = "document"  # the field of the document that goes with the decision
_CHOOSE: Final = "Choisissez ce que devient la demande."
_WHY: Final = "Indiquez le motif : la loi veut qu'un refus soit motivé, et le demandeur le recevra."
_SUBJECT: Final = "Document joint à la décision"
_BODY: Final = "Veuillez trouver ci-joint le document qui accompagne la décision prise sur votre demande."
_CHANGED: Final = "La demande a changé depuis que vous avez ouvert cette page."


@pages.post(f"{ONE}/etat", Who.INSTRUCTEUR, body=BODY)
async def decide(house: House, visit: Visit) -> Response:
    """Move the demande along, or decide. A document goes into the discussion first: a decision closes the way to it."""
    async with received(visit) as upload:
        house.site.check(visit, upload.form)
        form, status = upload.form, upload.form.text("decision")
        if mistake := _mistake(form, status):
            return await desk(house, visit, code=422, typed=form, mistakes=[mistake])
        reply = Reply("", kept(form), [])
        if upload.files.get(FILE) or reply.joined:
            refused = await _hand_over(house, visit, upload, reply)
            if refused is not None:
                return refused
    body = {"status": status, "message": form.get("motif", ""), "capacity": form.text("qualite") or None}
    answer = await send(house, visit, form, "status", body, step="etat" if reply.joined else "")
    done = "etat" if status == "en_instruction" else "decision"
    return await after(house, visit, form, answer, done, {"/status": "decision", "/message": "motif"})


async def _hand_over(house: House, visit: Visit, upload: Upload, reply: Reply) -> Response | None:
    """Send the document in the discussion, opened if need be; the page again when that cannot be."""
    form, id = upload.form, visit.match.wild[0]
    demande, discussion = await _where_it_stands(house, visit, id)
    if form.text("version") != str(demande["version"]):
        return await desk(house, visit, code=412, typed=form, faster=_CHANGED, seen=seen_of(form))
    path = f"/api/demandes/{id}"
    await send_files(house, visit, path, Upload(form, {OTHERS: upload.files.get(FILE, [])}), reply)
    if reply.mistakes:
        mistakes = [Mistake(FILE, mistake.detail) for mistake in reply.mistakes]
        return await _refused(house, visit, form, reply, 422, mistakes)
    files = [file.id for file in reply.joined]
    if discussion["status"] == "open":
        body: dict[str, Any] = {"body": _BODY, "attachments": files}
        answer = await house.send(visit, form, "POST", f"{path}/discussion/messages", body, step="document")
    else:
        body = {"subject": _SUBJECT, "body": _BODY, "attachments": files}
        answer = await house.send(visit, form, "POST", f"{DEMANDES}/{id}/discussion", body, step="document")
    if answer.status == 201:
        return None
    return await _not_sent(house, visit, form, reply, answer)


async def _where_it_stands(house: House, visit: Visit, id: str) -> tuple[Any, Any]:
    demande = await house.get(visit, f"{DEMANDES}/{id}")
    return demande, await house.get(visit, f"/api/demandes/{id}/discussion")


async def _not_sent(house: House, visit: Visit, form: Form, reply: Reply, answer: Answer) -> Response:
    if answer.status not in REFUSED:
        raise refusal_of(answer)
    mistakes = [Mistake(FILE, mistake.detail) for mistake in mistakes_of(answer)]
    return await _refused(house, visit, form, reply, answer.status, mistakes)


async def _refused(
    house: House, visit: Visit, form: Form, reply: Reply, code: int, mistakes: Sequence[Mistake]
) -> Response:
    return await desk(house, visit, code=code, typed=form, mistakes=mistakes, reply=reply)


def _mistake(form: Form, status: str) -> Mistake | None:
    if status not in DECISIONS:
        return Mistake("decision", _CHOOSE)
    if status == "refusee" and not form.text("motif"):
        return Mistake("motif", _WHY)
    return None
