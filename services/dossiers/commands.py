"""What people and agents want done with a démarche or a demande."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from kernel.aggregate import Command
from services.dossiers.aggregate.form import Definition
from services.dossiers.aggregate.silence import Term
from services.dossiers.events import Author


class PublishDemarche(Command):
    """Put a version of a démarche in the catalogue."""

    definition: Definition


class ReviseDemarche(Command):
    """Put the next version of a démarche in the catalogue, whatever version the definition says."""

    definition: Definition


class CloseDemarche(Command):
    """Take no more demandes."""

    slug: str


class DraftDemande(Command):
    """Begin a demande. What is `typed` (`on_behalf_of`, `contact`, `answers`) may be incomplete."""

    demande: str
    reference: str
    definition: Definition
    owner: str
    typed: dict[str, Any]
    copied_from: str = ""


class DiscardDraft(Command):
    """Forget a draft. `reason`: `withdrawn` or `expired`."""

    reason: str


class SubmitDemande(Command):
    """File a demande. What a person typed arrives as it is: the form's rules read it.

    `contact` is None when an account files without saying otherwise; `account_contact` is then used. `region` names
    the public holidays that count there.
    """

    demande: str
    reference: str
    definition: Definition
    owner: str
    account_contact: dict[str, str] | None
    on_behalf_of: Any
    contact: Any
    answers: Any
    terms_version: str | None
    terms_in_force: str
    tracking_number: str
    lookup_key: bytes
    region: str = ""
    at: datetime


class JoinDemande(Command):
    """Bring a demande filed without an account into the account that proved this address."""

    owner: str
    email: str


class AssignDemande(Command):
    """Give a demande to an agent of its service, or back to the pool."""

    agent: str
    agent_name: str


class ChangeStatus(Command):
    """Move a demande along, with a message for the applicant."""

    to: str
    message: str
    author: Author


class WithdrawDemande(Command):
    """The applicant gives up."""

    reason: str


class AddNote(Command):
    """Write an internal note."""

    note: str
    text: str
    agent: str
    agent_name: str


class LabelDemande(Command):
    """Put labels of the service on a demande, take others away."""

    add: tuple[str, ...]
    remove: tuple[str, ...]
    agent: str


class DecideBySilence(Command):
    """Silence lasted until the end of the day `deadline`; `today` is the day it is in Paris."""

    deadline: date
    today: date


class RequestAttestation(Command):
    """Ask for the attestation of an implicit acceptance."""


class IssueAttestation(Command):
    """Attest an implicit acceptance."""

    author: Author


class RequestReasons(Command):
    """Ask why silence refused; `today` is the day it is in Paris."""

    today: date


class GiveReasons(Command):
    """Say why silence refused; `today` is the day it is in Paris."""

    text: str
    today: date
    author: Author


class AwaitDocuments(Command):
    """Pieces are asked for, until `due`. `term` is None when the demande has no legal clock."""

    demande: str
    term: Term | None
    discussion: str
    documents: tuple[str, ...]
    asked_on: date
    due: date | None


class ReceiveDocuments(Command):
    """Pieces arrived."""

    demande: str
    term: Term | None
    discussion: str
    documents: tuple[str, ...]
    at: datetime


class WaiveDocuments(Command):
    """A discussion was closed."""

    demande: str
    term: Term | None
    discussion: str
    at: datetime


class IssueReceipt(Command):
    """A receipt was drawn up."""

    demande: str
    sha256: str
    size: int
    generator: str


class RequestOpinion(Command):
    """Ask a colleague for an opinion. `status`: where the demande stands; `today` is the day it is in Paris."""

    demande: str
    status: str
    opinion: str
    expert: str
    expert_name: str
    asked_by: str
    asked_by_name: str
    question: str
    due: date
    today: date


class GiveOpinion(Command):
    """Answer, as the expert who was asked."""

    status: str
    opinion: str
    expert: str
    expert_name: str
    verdict: str
    text: str


class WithdrawOpinion(Command):
    """Wait for an answer no more."""

    opinion: str
    agent: str


class NoteOverdueOpinion(Command):
    """Remind an expert whose last day is over; `today` is the day it is in Paris."""

    status: str
    opinion: str
    today: date


class NoteReading(Command):
    """An agent opened a demande."""

    demande: str
    day: date
    agent: str
    agent_name: str
    capacity: str


class ForgetReadings(Command):
    """A month of readings is forgotten: `2026-11`."""

    month: str
