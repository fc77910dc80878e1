"""What the facts of dossiers have to be told to whoever filed the demande."""

from __future__ import annotations

from kernel.db import Row
from kernel.envelope import Recorded
from kernel.errors import NotYet
from kernel.events import ERASED
from kernel.position import Mark
from kernel.runtime.runtime import Runtime
from services.dossiers.events import DemandeStatusChanged, DemandeSubmitted, DemandeWithdrawn
from services.notifier.ports import Letter
from services.notifier.projections import contacts

DECISIONS = frozenset({"acceptee", "refusee", "sans_suite"})
WORDED = DECISIONS | {"en_instruction"}


async def receipt(run: Runtime, fact: DemandeSubmitted, recorded: Recorded) -> Letter:
    """The receipt every filing is owed (L112-11 CRPA), dated by the filing and not by this process."""
    applicant = await applicant_of(run, fact.demande, recorded)
    return to_applicant(applicant, received_at=recorded.at, deadline=fact.deadline)


async def status_changed(run: Runtime, fact: DemandeStatusChanged, recorded: Recorded) -> Letter:
    """A step of the instruction, with the words of the service; a decision names its author (L212-2 CRPA)."""
    applicant = await applicant_of(run, fact.demande, recorded)
    return to_applicant(
        applicant,
        step=step_of(fact.old, fact.new),
        message="" if fact.message == ERASED else fact.message,
        author=None if ERASED in (fact.author.first_name, fact.author.last_name) else fact.author.model_dump(),
        is_decision=fact.new in DECISIONS,
    )


async def withdrawal(run: Runtime, fact: DemandeWithdrawn, recorded: Recorded) -> Letter:
    """The applicant gave up: he keeps a trace of it, and learns of it if it was not he."""
    return to_applicant(await applicant_of(run, fact.demande, recorded), withdrawn_at=recorded.at)


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
