"""What the facts of dossiers have to be told to whoever filed the demande."""

from __future__ import annotations

from kernel.clock import parse_rfc3339
from kernel.db import Row
from kernel.envelope import Recorded
from kernel.errors import NotYet
from kernel.events import ERASED
from kernel.position import Mark
from kernel.runtime.runtime import Runtime
from services.dossiers.events import (
    AttestationIssued,
    AttestationRequested,
    Author,
    DemandeStatusChanged,
    DemandeSubmitted,
    DemandeWithdrawn,
    DocumentsCompleted,
    DocumentsReceived,
    ImplicitDecisionTaken,
    ReasonsGiven,
    ReasonsRequested,
)
from services.notifier.ports import Letter
from services.notifier.projections import contacts

DECISIONS = frozenset({"acceptee", "refusee", "sans_suite"})
WORDED = DECISIONS | {"en_instruction"}


async def receipt(run: Runtime, fact: DemandeSubmitted, recorded: Recorded) -> Letter:
    """The receipt every filing is owed, with what it must say (R112-11-1 CRPA), dated by the filing."""
    applicant = await applicant_of(run, fact.demande, recorded)
    return to_applicant(applicant, received_at=recorded.at, deadline=fact.deadline, legal=fact.legal.model_dump())


async def status_changed(run: Runtime, fact: DemandeStatusChanged, recorded: Recorded) -> Letter:
    """A step of the instruction, with the words of the service; a decision names its author (L212-2 CRPA)."""
    applicant = await applicant_of(run, fact.demande, recorded)
    return to_applicant(
        applicant,
        step=step_of(fact.old, fact.new),
        message="" if fact.message == ERASED else fact.message,
        author=_signature(fact.author),
        is_decision=fact.new in DECISIONS,
        appeal="" if fact.new == "acceptee" else fact.appeal,
    )


async def implicit_decision(run: Runtime, fact: ImplicitDecisionTaken, recorded: Recorded) -> Letter:
    """Silence decided: what it decided, since when, and what can be asked for now (L232-3, L232-4 CRPA)."""
    applicant = await applicant_of(run, fact.demande, recorded)
    return to_applicant(applicant, silence=fact.silence, decided_on=fact.on, appeal=fact.appeal)


async def documents_received(run: Runtime, fact: DocumentsReceived, recorded: Recorded) -> Letter:
    """The receipt of some of the pieces that were asked for (L112-11 CRPA)."""
    applicant = await applicant_of(run, fact.demande, recorded)
    received_at = parse_rfc3339(fact.received_at)
    return to_applicant(applicant, received_at=received_at, arrived=len(fact.documents), missing=fact.missing)


async def documents_complete(run: Runtime, fact: DocumentsCompleted, recorded: Recorded) -> Letter | None:
    """The receipt of the last piece, and what it changes (L114-5 CRPA). Closing the discussion has its own mail."""
    if fact.waived:
        return None
    applicant = await applicant_of(run, fact.demande, recorded)
    received_at = parse_rfc3339(fact.received_at)
    return to_applicant(applicant, received_at=received_at, deadline=fact.deadline, silence=applicant["silence"])


async def attestation_requested(run: Runtime, fact: AttestationRequested, recorded: Recorded) -> Letter:
    """The receipt of a request for an attestation (L112-11 CRPA)."""
    return to_applicant(await applicant_of(run, fact.demande, recorded), requested_at=recorded.at)


async def attestation_issued(run: Runtime, fact: AttestationIssued, recorded: Recorded) -> Letter:
    """The attestation waits on the page of the demande."""
    return to_applicant(await applicant_of(run, fact.demande, recorded), author=_signature(fact.author))


async def reasons_requested(run: Runtime, fact: ReasonsRequested, recorded: Recorded) -> Letter:
    """The receipt of a request for reasons, and until when they are due (L232-4 CRPA)."""
    return to_applicant(await applicant_of(run, fact.demande, recorded), requested_at=recorded.at, due=fact.due)


async def reasons_given(run: Runtime, fact: ReasonsGiven, recorded: Recorded) -> Letter:
    """The reasons, whose they are, and until when the refusal can be contested (L232-4 CRPA)."""
    applicant = await applicant_of(run, fact.demande, recorded)
    signed, text = _signature(fact.author), fact.text
    return to_applicant(applicant, text=text, author=signed, appeal_until=fact.appeal_until)


async def withdrawal(run: Runtime, fact: DemandeWithdrawn, recorded: Recorded) -> Letter:
    """The applicant gave up: he keeps a trace of it, and learns of it if it was not he."""
    return to_applicant(await applicant_of(run, fact.demande, recorded), withdrawn_at=recorded.at)


def _signature(author: Author) -> dict[str, str] | None:
    return None if ERASED in (author.first_name, author.last_name) else author.model_dump()


def step_of(old: str, new: str) -> str:
    """Which wording a change of status calls for; `other` for a status this code does not know."""
    if new == "en_instruction" and old in DECISIONS:
        return "reopened"
    return new if new in WORDED else "other"


async def applicant_of(run: Runtime, demande: str, recorded: Recorded) -> Row:
    """Whoever filed a demande. Raises NotYet while its filing has not arrived here."""
    db = await run.view(contacts.projection, {recorded.source: Mark(recorded.position, recorded.position)})
    row = await contacts.of_demande(db, demande)
    if row is None:
        raise NotYet(f"demande {demande}")
    return row


def to_applicant(applicant: Row, **values: object) -> Letter:
    """A letter to the contact of a demande, which wins over the account's address, with all it takes to follow it."""
    names = ("first_name", "last_name", "tracking_number", "reference", "title")
    return Letter(
        about=applicant["id"],
        subject_of=f"demande:{applicant['id']}",
        recipient=applicant["email"],
        thread=f"demande.{applicant['id']}",
        values={name: applicant[name] for name in names}
        | {"demande": applicant["id"], "service": applicant["service_label"], "has_account": bool(applicant["owner"])}
        | values,
    )
