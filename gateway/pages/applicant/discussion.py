"""The tab « Discussion »: what was said, what is asked for, and answering with documents."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from typing import Any, Final

from pydantic_core import to_json
from starlette.responses import Response

from gateway.pages.applicant.frame import Frame, draft_path, frame_of
from gateway.pages.applicant.mine import missing
from gateway.pages.forms import Form, Mistake
from gateway.pages.house import House, Pages
from gateway.pages.reply import BODY_FIELD, OTHERS, PIECE, Reply, kept, mistakes_about, send_files
from gateway.pages.site import query, redirect, refusal_of
from gateway.refusals import Refusal
from gateway.routes import Who
from gateway.uploads import BODY, MAX_FILE, MOST_FILES, received
from gateway.upstream import Answer
from gateway.visits import Visit

LONGEST: Final = 10_000  # characters of a message
EMPTY: Final = "Écrivez un message, ou joignez un document."
CLOSED: Final = (
    "La discussion n'est plus ouverte : votre message n'a pas été envoyé. Votre texte reste affiché ci-dessous, "
    "vous pouvez le copier."
)
GONE: Final = "La discussion ne répond pas : votre message n'est pas envoyé. Réessayez dans quelques instants."

pages = Pages(
    done={
        "message-envoye": "Votre message est envoyé au service.",
        "lu": "Les messages sont marqués comme lus.",
    }
)


@pages.get("/demandes/{id}/discussion", Who.MINE)
async def show(house: House, visit: Visit) -> Response:
    """Shows, and marks nothing as read: browsers fetch pages ahead, mail scanners open links."""
    frame, _ = await frame_of(house, visit)
    if frame.is_draft:
        return redirect(draft_path(frame.demande["id"]))
    wanted = query(visit).get("echange", "")
    if wanted:
        path = f"/api/demandes/{frame.demande['id']}/discussion"
        earlier = await house.get(visit, path, discussion=wanted[:40])
        if earlier["status"] == "closed" and frame.discussion and earlier["id"] != frame.discussion["id"]:
            return _page(house, visit, frame, earlier=earlier)
    return _page(house, visit, frame)


@pages.post("/demandes/{id}/discussion", Who.MINE, body=BODY)
async def answer(house: House, visit: Visit) -> Response:
    """Send the documents, then the message that carries them. What is refused is said; all the rest is kept."""
    path = f"/api/demandes/{visit.match.wild[0]}"
    async with received(visit) as upload:
        house.site.check(visit, upload.form)
        form = upload.form
        reply = Reply(form.text(BODY_FIELD), kept(form), [])
        await send_files(house, visit, path, upload, reply)
    if not reply.mistakes and not reply.body and not reply.joined:
        reply.mistakes.append(Mistake(BODY_FIELD, EMPTY))
    if reply.mistakes:
        return await _again(house, visit, reply)
    said = await _send(house, visit, form, reply)
    if said is None:
        reply.mistakes.append(Mistake("", GONE))
    elif said.status == 201:
        if form.text("lu"):  # answering is having read what the page showed; failing to say so undoes nothing
            with suppress(Refusal):
                await _read(house, visit, form)
        return redirect(f"/demandes/{visit.match.wild[0]}/discussion", "message-envoye")
    elif said.status in (409, 422):
        reply.mistakes += mistakes_about(said, reply)
    else:
        raise refusal_of(said)
    return await _again(house, visit, reply)


@pages.post("/demandes/{id}/discussion/lecture", Who.MINE)
async def mark(house: House, visit: Visit) -> Response:
    """« Marquer comme lu », for browsers without script and for who wants it said at once."""
    form = await house.site.read_form(visit)
    said = await _read(house, visit, form)
    if said.status not in (204, 422):
        raise refusal_of(said)
    return redirect(f"/demandes/{visit.match.wild[0]}/discussion", "lu" if said.status == 204 else "")


async def _send(house: House, visit: Visit, form: Form, reply: Reply) -> Answer | None:
    """The message's answer; None when nobody answers."""
    body = reply.message()
    # Whoever goes back and corrects his text sends another message, not the first one again.
    step = f"message:{sha256(to_json(body)).hexdigest()[:16]}"
    try:
        path = f"/api/demandes/{visit.match.wild[0]}/discussion/messages"
        answer = await house.send(visit, form, "POST", path, body, step=step)
    except Refusal as refusal:
        if refusal.status == 503:
            return None
        raise
    return None if answer.status >= 500 else answer


async def _read(house: House, visit: Visit, form: Form) -> Answer:
    path = f"/api/demandes/{visit.match.wild[0]}/discussion/read"
    return await house.send(visit, form, "POST", path, {"up_to": form.text("lu")[:40]}, step="lu")


async def _again(house: House, visit: Visit, reply: Reply) -> Response:
    """The page again, with everything that was typed and taken in."""
    frame, _ = await frame_of(house, visit)
    if frame.discussion is None or frame.discussion["status"] == "open":
        return _page(house, visit, frame, reply, code=422)
    reply.mistakes[:] = [Mistake("", CLOSED)]
    return _page(house, visit, frame, reply, code=409)


def _page(
    house: House,
    visit: Visit,
    frame: Frame,
    reply: Reply | None = None,
    *,
    earlier: dict[str, Any] | None = None,
    code: int = 200,
) -> Response:
    current = frame.discussion
    shown = earlier or current
    messages: Sequence[dict[str, Any]] = shown["messages"] if shown else ()
    reply = reply or Reply("", [], [])
    return house.site.page(
        visit,
        "applicant/discussion.html",
        code=code,
        thread=shown,
        is_earlier=earlier is not None,
        missing=missing(current),
        last=messages[-1]["id"] if messages and earlier is None else "",
        files={file["id"]: file for message in messages for file in message["attachments"]},
        reply=reply,
        piece=PIECE,
        others=OTHERS,
        longest=LONGEST,
        max_file=MAX_FILE,
        most_files=MOST_FILES,
        mistakes=reply.mistakes,
        **frame.shown(),
    )
