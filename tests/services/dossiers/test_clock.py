"""Pieces move the legal clock of a demande: given, when, then."""

from __future__ import annotations

from datetime import UTC, date, datetime

from services.dossiers.aggregate.clock import await_documents, clock, receive_documents, waive_documents
from services.dossiers.aggregate.silence import Silence, Term
from services.dossiers.commands import AwaitDocuments, ReceiveDocuments, WaiveDocuments
from services.dossiers.events import DocumentsAwaited, DocumentsCompleted, DocumentsReceived
from tests.support.dossiers import DEMANDE, term
from tests.support.given import given

ARRIVED = datetime(2026, 12, 10, 9, tzinfo=UTC)
AT = "2026-12-10T09:00:00.000000Z"


def asking(silence: Silence | None = "rejet", *documents: str, due: date | None = date(2026, 12, 20)) -> AwaitDocuments:
    return AwaitDocuments(
        demande=DEMANDE,
        term=term(silence) if silence else None,
        discussion="d1",
        documents=documents or ("rib", "statuts"),
        asked_on=date(2026, 12, 1),
        due=due,
    )


def awaited(deadline: str = "2027-02-12", due: str = "2026-12-20") -> DocumentsAwaited:
    return DocumentsAwaited(
        demande=DEMANDE,
        discussion="d1",
        documents=("rib", "statuts"),
        asked_on="2026-12-01",
        due=due,
        deadline=deadline,
    )


def receiving(*documents: str, silence: Silence = "rejet", discussion: str = "d1") -> ReceiveDocuments:
    return ReceiveDocuments(demande=DEMANDE, term=term(silence), discussion=discussion, documents=documents, at=ARRIVED)


def received(*documents: str, missing: int) -> DocumentsReceived:
    return DocumentsReceived(demande=DEMANDE, discussion="d1", documents=documents, received_at=AT, missing=missing)


def complete(*documents: str, deadline: str, waived: bool = False) -> DocumentsCompleted:
    return DocumentsCompleted(
        demande=DEMANDE, discussion="d1", documents=documents, received_at=AT, waived=waived, deadline=deadline
    )


def waiving(silence: Silence = "rejet") -> WaiveDocuments:
    when: Term = term(silence)
    return WaiveDocuments(demande=DEMANDE, term=when, discussion="d1", at=ARRIVED)


def test_asking_for_pieces_suspends_the_time_to_reject() -> None:
    given(clock).when(await_documents, asking()).then(awaited())


def test_asking_for_pieces_stops_the_time_to_accept() -> None:
    given(clock).when(await_documents, asking("acceptation")).then(awaited(deadline=""))


def test_a_request_without_a_day_leaves_the_time_to_reject_alone() -> None:
    given(clock).when(await_documents, asking(due=None)).then(awaited("2027-01-24", due=""))


def test_a_demande_without_a_legal_clock_awaits_pieces_all_the_same() -> None:
    given(clock).when(await_documents, asking(None)).then(awaited(deadline=""))


def test_a_discussion_asks_once_and_optional_pieces_change_nothing() -> None:
    given(clock, awaited()).when(await_documents, asking("rejet", "autre")).nothing()
    nothing_required = AwaitDocuments.model_validate(asking().model_dump() | {"documents": ()})
    given(clock).when(await_documents, nothing_required).nothing()


def test_the_last_piece_completes_the_file() -> None:
    given(clock, awaited()).when(receive_documents, receiving("rib", "statuts")).then(
        complete("rib", "statuts", deadline="2027-02-02")
    )
    given(clock, awaited()).when(receive_documents, receiving("rib")).then(received("rib", missing=1))
    given(clock, awaited(), received("rib", missing=1)).when(receive_documents, receiving("statuts")).then(
        complete("statuts", deadline="2027-02-02")
    )


def test_the_time_to_accept_starts_again_with_the_last_piece() -> None:
    story = given(clock, awaited(""), received("rib", missing=1))
    story.when(receive_documents, receiving("statuts", silence="acceptation")).then(
        complete("statuts", deadline="2027-02-10")
    )


def test_a_piece_sent_twice_or_never_asked_for_changes_nothing() -> None:
    given(clock, awaited(), received("rib", missing=1)).when(receive_documents, receiving("rib")).nothing()
    given(clock, awaited()).when(receive_documents, receiving("photo")).nothing()
    given(clock).when(receive_documents, receiving("rib")).nothing()
    given(clock, awaited()).when(receive_documents, receiving("rib", discussion="d2")).nothing()
    done = complete("rib", "statuts", deadline="2027-02-02")
    given(clock, awaited(), done).when(receive_documents, receiving("rib")).nothing()


def test_closing_the_discussion_gives_up_what_was_missing() -> None:
    given(clock, awaited(), received("rib", missing=1)).when(waive_documents, waiving()).then(
        complete(deadline="2027-02-02", waived=True)
    )
    given(clock, awaited("")).when(waive_documents, waiving("acceptation")).then(
        complete(deadline="2027-02-10", waived=True)
    )


def test_closing_a_discussion_that_awaits_nothing_changes_nothing() -> None:
    given(clock).when(waive_documents, waiving()).nothing()
    done = complete("rib", "statuts", deadline="2027-02-02")
    given(clock, awaited(), done).when(waive_documents, waiving()).nothing()


def test_a_second_discussion_adds_to_the_first() -> None:
    later = AwaitDocuments.model_validate(
        asking("rejet", "devis").model_dump()
        | {"discussion": "d2", "asked_on": date(2027, 1, 4), "due": date(2027, 1, 14)}
    )
    done = complete("rib", "statuts", deadline="2027-02-02")
    (fact,) = await_documents(clock.fold([awaited(), done]), later)
    assert fact.deadline == "2027-02-12"
