"""Pieces are asked for, arrive or are given up: the legal clock follows (L114-5 CRPA)."""

from __future__ import annotations

from datetime import date

from kernel.envelope import Recorded
from kernel.reactor import Reactor
from kernel.runtime.runtime import Runtime
from services.discussion.events import DiscussionClosed, DocumentsRequested, MessagePosted
from services.dossiers.aggregate.calendar import paris_day
from services.dossiers.aggregate.clock import await_documents, clock, receive_documents, waive_documents
from services.dossiers.aggregate.demande import demande
from services.dossiers.aggregate.silence import Term
from services.dossiers.commands import AwaitDocuments, ReceiveDocuments, WaiveDocuments

CLOCK = "legal-clock"

legal_clock: Reactor[Runtime] = Reactor(CLOCK)


@legal_clock.on(DocumentsRequested)
async def _requested(run: Runtime, fact: DocumentsRequested, recorded: Recorded) -> None:
    required = [document for document in fact.documents if document.required]
    dues = [document.due for document in required if document.due]
    command = AwaitDocuments(
        demande=fact.demande,
        term=await _term(run, fact.demande),
        discussion=fact.discussion,
        documents=tuple(document.id for document in required),
        asked_on=paris_day(recorded.at),
        due=date.fromisoformat(max(dues)) if dues else None,
    )
    await run.handle(clock, fact.demande, await_documents, command, run.reaction(recorded, CLOCK))


@legal_clock.on(MessagePosted)
async def _posted(run: Runtime, fact: MessagePosted, recorded: Recorded) -> None:
    if not fact.received:
        return
    command = ReceiveDocuments(
        demande=fact.demande,
        term=await _term(run, fact.demande),
        discussion=fact.discussion,
        documents=tuple(fact.received),
        at=recorded.at,
    )
    await run.handle(clock, fact.demande, receive_documents, command, run.reaction(recorded, CLOCK))


@legal_clock.on(DiscussionClosed)
async def _closed(run: Runtime, fact: DiscussionClosed, recorded: Recorded) -> None:
    command = WaiveDocuments(
        demande=fact.demande,
        term=await _term(run, fact.demande),
        discussion=fact.discussion,
        at=recorded.at,
    )
    await run.handle(clock, fact.demande, waive_documents, command, run.reaction(recorded, CLOCK))


async def _term(run: Runtime, id: str) -> Term | None:
    """What silence means for a demande; None once a decision was taken."""
    state, _ = await run.load(demande, id)
    return state.term if state.awaits_decision else None
