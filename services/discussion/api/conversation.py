"""What both sides do: read, write, say what was read; and what an applicant has still to read."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from kernel.errors import not_found
from kernel.http.contract import answers
from kernel.http.deps import Caller, Ctx, Run, View, account_of, answer, unauthenticated, versioned
from kernel.http.paging import Paged, page_of
from kernel.ids import derived_id
from services.discussion.aggregate.discussion import discussion, mark_read, post_message
from services.discussion.api import attachments, shapes
from services.discussion.api.access import author_name, side_of
from services.discussion.api.answers import Discussion, DiscussionNotifications, Message
from services.discussion.api.bodies import NewMessage, ReadMark
from services.discussion.commands import MarkRead, PostMessage
from services.discussion.events import MessagePosted
from services.discussion.projections import access, notifications, thread

router = APIRouter(tags=["Discussion"])
SHOWN_IN = (thread.projection, notifications.projection)


@router.get("/api/demandes/{id}/discussion", summary="La discussion d'une demande", responses=answers(200, Discussion))
async def read(
    id: str, run: Run, view: View, caller: Caller, discussion: Annotated[str | None, Query(max_length=40)] = None
) -> Response:
    """The last discussion, or an earlier one named by `discussion`."""
    copies = await view(access.projection)
    await side_of(run, copies, id, caller)
    found = await thread.find(await view(thread.projection), id, discussion)
    if found is None:
        if discussion is not None:
            raise not_found()
        return versioned(shapes.NONE, 0)
    files = await attachments.to_show(run, copies, id, shapes.carried(found.messages))
    body = shapes.shown(found.discussion, found.earlier, found.documents, found.messages, files)
    return versioned(body, found.version)


@router.post(
    "/api/demandes/{id}/discussion/messages",
    status_code=201,
    summary="Écrire un message",
    responses=answers(201, Message),
)
async def post(id: str, body: NewMessage, run: Run, view: View, caller: Caller, ctx: Ctx) -> Response:
    """Write, send documents, hand in those that were asked for."""
    copies = await view(access.projection)
    side = await side_of(run, copies, id, caller)
    files = await attachments.to_attach(run, copies, id, body.attachments)
    command = PostMessage(
        message=derived_id(ctx.command_id, "message"),
        author=side,
        agent=account_of(caller) if side == "service" else "",
        author_name=await author_name(run, id, side, caller),
        body=body.body,
        attachments=tuple(body.attachments),
        files=tuple(files.values()),
        received=body.requested_documents,
    )
    commit = await run.handle(discussion, id, post_message, command, ctx)
    (posted,) = commit.events
    assert isinstance(posted.event, MessagePosted)
    message = shapes.message(thread.message_row(posted.event, posted), files)
    return await answer(run, commit, message, status=201, shown_in=SHOWN_IN)


@router.post("/api/demandes/{id}/discussion/read", status_code=204, summary="Marquer comme lu")
async def mark(id: str, body: ReadMark, run: Run, view: View, caller: Caller, ctx: Ctx) -> Response:
    """Everything up to this message was read."""
    side = await side_of(run, await view(access.projection), id, caller)
    commit = await run.handle(discussion, id, mark_read, MarkRead(reader=side, up_to=body.up_to), ctx)
    return await answer(run, commit, status=204, shown_in=SHOWN_IN)


@router.get(
    "/api/notifications",
    summary="Les notifications de discussion",
    responses=answers(200, DiscussionNotifications),
)
async def unread(view: View, caller: Caller, paging: Paged) -> dict[str, Any]:
    """The demandes with something to read, the latest message first."""
    db = await view(notifications.projection)
    if caller.kind == "tracking" and caller.demande is not None:
        rows = await notifications.of_demande(db, caller.demande)
        return {"items": [notifications.shown(row) for row in rows], "next": None}
    if caller.kind != "account" or caller.account is None:
        raise unauthenticated()
    found = await notifications.of_owner(db, caller.account, paging)
    rows, following = page_of(found, paging, ("at", "demande"))
    return {"items": [notifications.shown(row) for row in rows], "next": following}
