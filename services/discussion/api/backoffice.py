"""What only the service in charge does: open a discussion, close it."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from starlette.responses import Response

from kernel.envelope import Commit
from kernel.http.contract import answers
from kernel.http.deps import Caller, Ctx, Run, View, account_of, answer
from kernel.ids import derived_id
from kernel.runtime.runtime import Runtime
from services.discussion.aggregate.discussion import close_discussion, discussion, open_discussion
from services.discussion.api import attachments, shapes
from services.discussion.api.access import author_name, current_status, of_agent
from services.discussion.api.answers import Discussion
from services.discussion.api.bodies import NewDiscussion
from services.discussion.api.conversation import SHOWN_IN
from services.discussion.commands import CloseDiscussion, KnownFile, OpenDiscussion, WantedDocument
from services.discussion.events import DiscussionOpened, DocumentsRequested, MessagePosted
from services.discussion.projections import access, thread

router = APIRouter(prefix="/api/backoffice/demandes/{id}/discussion", tags=["Instruction"])
PARIS = ZoneInfo("Europe/Paris")


@router.post("", status_code=201, summary="Ouvrir une discussion", responses=answers(201, Discussion))
async def open_one(id: str, body: NewDiscussion, run: Run, view: View, caller: Caller, ctx: Ctx) -> Response:
    """Write to the applicant, and ask for documents. Only this call opens a discussion."""
    copies = await view(access.projection)
    demande = await of_agent(run, copies, id, caller)
    files = await attachments.to_attach(run, copies, id, body.attachments)
    command = OpenDiscussion(
        demande=id,
        demande_status=await current_status(run, demande),
        service=demande.service,
        discussion=derived_id(ctx.command_id),
        message=derived_id(ctx.command_id, "message"),
        agent=account_of(caller),
        agent_name=await author_name(run, id, "service", caller),
        topic=body.subject,
        body=body.body,
        documents=tuple(
            WantedDocument(
                id=derived_id(ctx.command_id, f"document/{place}"),
                label=document.label,
                required=document.required,
                due=document.due or "",
            )
            for place, document in enumerate(body.requested_documents)
        ),
        attachments=tuple(body.attachments),
        files=tuple(files.values()),
        today=run.clock().astimezone(PARIS).date(),
    )
    commit = await run.handle(discussion, id, open_discussion, command, ctx)
    return await answer(run, commit, await _opened(run, id, commit, files), status=201, shown_in=SHOWN_IN)


@router.post("/closure", status_code=204, summary="Fermer la discussion")
async def close(id: str, run: Run, view: View, caller: Caller, ctx: Ctx) -> Response:
    """Nothing more is expected."""
    await of_agent(run, await view(access.projection), id, caller)
    commit = await run.handle(discussion, id, close_discussion, CloseDiscussion(agent=account_of(caller)), ctx)
    return await answer(run, commit, status=204, shown_in=SHOWN_IN)


async def _opened(run: Runtime, demande: str, commit: Commit, files: dict[str, KnownFile]) -> dict[str, Any]:
    """The discussion as it was when it opened, also when the command is repeated later."""
    documents, messages = [], []
    start: dict[str, Any] = {}
    for recorded in commit.events:
        match recorded.event:
            case DiscussionOpened() as fact:
                start = {"id": fact.discussion, "topic": fact.topic, "closed_at": "", "opened": recorded.version}
            case DocumentsRequested() as fact:
                documents = thread.document_rows(fact)
            case MessagePosted() as fact:
                messages.append(thread.message_row(fact, recorded))
            case _:
                pass
    await run.fresh(commit, thread.projection)
    earlier = await thread.earlier(await run.view(thread.projection), demande, start["opened"])
    return shapes.shown(start, earlier, documents, messages, files)
