"""The legal clock of one demande: which pieces are awaited, and since when the file is complete (L114-5 CRPA).

It has a stream of its own, `dossiers.clock-<demande>`: a piece that arrives must not make stale what an agent or the
applicant is about to do with the demande.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import assert_never

from kernel.aggregate import Aggregate, State
from kernel.clock import parse_rfc3339, rfc3339
from services.dossiers.aggregate.calendar import paris_day
from services.dossiers.aggregate.silence import Request, Term, silence_date
from services.dossiers.commands import AwaitDocuments, ReceiveDocuments, WaiveDocuments
from services.dossiers.events import ClockFact, DocumentsAwaited, DocumentsCompleted, DocumentsReceived


class Clock(State):
    """What was asked for, in order; at most one request a discussion."""

    requests: tuple[Request, ...] = ()

    def of(self, discussion: str) -> Request | None:
        """What a discussion asked for."""
        return next((request for request in self.requests if request.discussion == discussion), None)

    def with_request(self, changed: Request) -> Clock:
        """The same, with one request as it now is."""
        others = tuple(request for request in self.requests if request.discussion != changed.discussion)
        return Clock(requests=(*others, changed))


def evolve(state: Clock, fact: ClockFact) -> Clock:
    """Fold one fact."""
    match fact:
        case DocumentsAwaited():
            asked_on, due = date.fromisoformat(fact.asked_on), date.fromisoformat(fact.due) if fact.due else None
            request = Request(discussion=fact.discussion, asked_on=asked_on, due=due, missing=fact.documents)
            return state.with_request(request)
        case DocumentsReceived():
            return _received(state, fact, None)
        case DocumentsCompleted():
            return _received(state, fact, paris_day(parse_rfc3339(fact.received_at)))
        case _:
            assert_never(fact)


def await_documents(state: Clock, command: AwaitDocuments) -> Iterable[DocumentsAwaited]:
    """The service asked for pieces that the law demands. A discussion asks once."""
    if not command.documents or state.of(command.discussion) is not None:
        return
    asked = Request(
        discussion=command.discussion, asked_on=command.asked_on, due=command.due, missing=command.documents
    )
    yield DocumentsAwaited(
        demande=command.demande,
        discussion=command.discussion,
        documents=command.documents,
        asked_on=command.asked_on.isoformat(),
        due=command.due.isoformat() if command.due else "",
        deadline=_deadline(command.term, state.with_request(asked)),
    )


def receive_documents(state: Clock, command: ReceiveDocuments) -> Iterable[DocumentsReceived | DocumentsCompleted]:
    """Pieces arrived. One that was there already, or was never awaited, changes nothing."""
    request = state.of(command.discussion)
    arrived = tuple(one for one in (request.missing if request else ()) if one in command.documents)
    if request is None or not arrived:
        return
    if len(arrived) < len(request.missing):
        yield DocumentsReceived(
            demande=command.demande,
            discussion=command.discussion,
            documents=arrived,
            received_at=rfc3339(command.at),
            missing=len(request.missing) - len(arrived),
        )
    else:
        yield _complete(state, request, command.demande, command.term, command.at, arrived)


def waive_documents(state: Clock, command: WaiveDocuments) -> Iterable[DocumentsCompleted]:
    """The service closed the discussion: what it still awaited is awaited no more."""
    request = state.of(command.discussion)
    if request is not None and request.missing:
        yield _complete(state, request, command.demande, command.term, command.at, ())


def _complete(
    state: Clock, request: Request, demande: str, term: Term | None, at: datetime, arrived: tuple[str, ...]
) -> DocumentsCompleted:
    done = request.model_copy(update={"missing": (), "complete_on": paris_day(at)})
    return DocumentsCompleted(
        demande=demande,
        discussion=request.discussion,
        documents=arrived,
        received_at=rfc3339(at),
        waived=not arrived,
        deadline=_deadline(term, state.with_request(done)),
    )


def _received(state: Clock, fact: DocumentsReceived | DocumentsCompleted, complete_on: date | None) -> Clock:
    request = state.of(fact.discussion)
    if request is None:
        return state
    missing = () if complete_on else tuple(one for one in request.missing if one not in fact.documents)
    return state.with_request(request.model_copy(update={"missing": missing, "complete_on": complete_on}))


def _deadline(term: Term | None, state: Clock) -> str:
    day = silence_date(term, state.requests) if term is not None else None
    return day.isoformat() if day else ""


clock = Aggregate("dossiers", "clock", Clock(), evolve)
