"""The facts of dossiers. Those marked public are a contract with the other services."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from kernel.events import Event, Sealed, Secret


class Value(BaseModel):
    """A value inside a fact."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Contact(Value):
    """Who filed, and where the mail about this demande goes; it wins over the account's address."""

    email: str
    first_name: str
    last_name: str
    postal_address: str = ""


class OnBehalfOf(Value):
    """For whom a demande is filed. `identifier`: SIRET, RNA or UAI; empty for a person who files for himself."""

    kind: str
    name: str = ""
    identifier: str = ""


class Author(Value):
    """The agent who decides: first name, name, capacity and service (L212-2 CRPA)."""

    agent: str
    first_name: str
    last_name: str
    capacity: str
    service: str


class LegalMentions(Value):
    """What the receipt must say of the service and of silence (R112-11-1 CRPA), as published when it was filed.

    `silence` is `acceptation` or `rejet`, after `delay_months` months.
    """

    service_address: str = ""
    service_phone: str = ""
    service_email: str = ""
    silence: str = ""
    delay_months: int = 0
    appeal: str = ""


class DossiersFact(Event, service="dossiers"):
    """A fact of dossiers."""


class DemarchePublished(DossiersFact, public=True, route="slug"):
    """A version of a démarche entered the catalogue. `definition` is the whole of it, as published."""

    slug: str
    version: int
    service: str
    title: str
    definition: dict[str, Any]


class DemarcheClosed(DossiersFact, public=True, route="slug"):
    """A démarche takes no more demandes; those that were filed go on. Publishing a version opens it again."""

    slug: str
    version: int


class DemandeDrafted(DossiersFact, route="demande"):
    """An account began a demande. What it types is no fact until it is filed. `copied_from` is a past demande."""

    demande: str
    reference: str
    demarche: str
    demarche_version: int
    title: str
    owner: str
    copied_from: str = ""


class DraftDiscarded(DossiersFact, route="demande"):
    """What was typed is gone. `reason`: `withdrawn`, `expired` after a month without a change, or `account-erased`."""

    demande: str
    reason: str


class DemandeSubmitted(DossiersFact, public=True, route="demande", subject="demande:{demande}"):
    """A demande was filed. `owner` is the account, or empty; `lookup` finds it by e-mail and tracking number.

    Dates are days in Paris: `received_on`, `receipt_due` (the last day for a receipt, R112-11-2 CRPA), `deadline`
    (when silence becomes a decision, if nothing is missing).
    """

    demande: str
    reference: str
    demarche: str
    demarche_version: int
    title: str
    service: str
    service_label: str
    owner: str
    terms_version: str
    applicant_kind: str
    deadline: str
    received_on: str = ""
    receipt_due: str = ""
    legal: LegalMentions = LegalMentions()
    on_behalf_of: Sealed[OnBehalfOf]
    contact: Sealed[Contact]
    answers: Sealed[dict[str, Any]]
    tracking_number: Secret[str]
    lookup: Secret[str]


class DemandeJoined(DossiersFact, public=True, route="demande"):
    """A demande filed without an account now belongs to the account that proved the address of its contact."""

    demande: str
    owner: str


class DemandeAssigned(DossiersFact, public=True, route="demande", subject="demande:{demande}"):
    """An agent took the demande, was given it, or it went back to the pool (`agent` is empty)."""

    demande: str
    agent: str
    agent_name: Sealed[str]


class DemandeStatusChanged(DossiersFact, public=True, route="demande", subject="demande:{demande}"):
    """The service moved the demande along. `old` and `new` are open-ended for readers.

    `appeal`: how a decision can be contested, and until when; empty when none was taken.
    """

    demande: str
    old: str
    new: str
    appeal: str = ""
    message: Sealed[str]
    author: Sealed[Author]


class DemandeWithdrawn(DossiersFact, public=True, route="demande", subject="demande:{demande}"):
    """The applicant gave up his demande."""

    demande: str
    old: str
    reason: Sealed[str]


class NoteAdded(DossiersFact, route="demande", subject="demande:{demande}"):
    """An internal note of an agent, never shown to the applicant."""

    demande: str
    note: str
    agent: str
    agent_name: Sealed[str]
    text: Sealed[str]


class DemandeLabelled(DossiersFact, route="demande", subject="demande:{demande}"):
    """The service put a label of its own on a demande, never shown to the applicant."""

    demande: str
    agent: str
    label: Sealed[str]


class DemandeUnlabelled(DossiersFact, route="demande", subject="demande:{demande}"):
    """The service took a label away."""

    demande: str
    agent: str
    label: Sealed[str]


class ImplicitDecisionTaken(DossiersFact, public=True, route="demande"):
    """The service kept silent for as long as the law gives it (L231-1, L231-4 CRPA).

    The decision exists since the end of the day `on` in Paris, whenever this was recorded. `silence` is `acceptation`
    or `rejet`; `appeal` says how it can be contested.
    """

    demande: str
    old: str
    new: str
    on: str
    silence: str
    appeal: str


class AttestationRequested(DossiersFact, public=True, route="demande"):
    """The applicant asks for the attestation of an implicit acceptance (L232-3 CRPA)."""

    demande: str


class AttestationIssued(DossiersFact, public=True, route="demande", subject="demande:{demande}"):
    """The service attests an implicit acceptance (L232-3 CRPA)."""

    demande: str
    author: Sealed[Author]


class ReasonsRequested(DossiersFact, public=True, route="demande"):
    """The applicant asks why silence refused his demande; the service has until `due` to say (L232-4 CRPA)."""

    demande: str
    due: str


class ReasonsGiven(DossiersFact, public=True, route="demande", subject="demande:{demande}"):
    """The service says why. The time to contest runs until `appeal_until` (L232-4 CRPA)."""

    demande: str
    appeal_until: str
    text: Sealed[str]
    author: Sealed[Author]


class DocumentsAwaited(DossiersFact, public=True, route="demande"):
    """The file is incomplete: the service asked for pieces and gave until `due` (L114-5 CRPA).

    `deadline` is the day on which silence becomes a decision from now on; empty while it does not run.
    """

    demande: str
    discussion: str
    documents: tuple[str, ...]
    asked_on: str
    due: str
    deadline: str


class DocumentsReceived(DossiersFact, public=True, route="demande"):
    """Some of the pieces arrived, at `received_at`; `missing` more are awaited."""

    demande: str
    discussion: str
    documents: tuple[str, ...]
    received_at: str
    missing: int


class DocumentsCompleted(DossiersFact, public=True, route="demande"):
    """The file is complete: the last piece arrived, or the service closed the discussion without it (`waived`)."""

    demande: str
    discussion: str
    documents: tuple[str, ...]
    received_at: str
    waived: bool
    deadline: str


class ReceiptIssued(DossiersFact, route="demande"):
    """A receipt was drawn up as PDF; `sha256` is the digest of its bytes, `size` their number."""

    demande: str
    sha256: str
    size: int
    generator: str


DemandeFact = (
    DemandeDrafted
    | DraftDiscarded
    | DemandeSubmitted
    | DemandeJoined
    | DemandeAssigned
    | DemandeStatusChanged
    | DemandeWithdrawn
    | NoteAdded
    | DemandeLabelled
    | DemandeUnlabelled
    | ImplicitDecisionTaken
    | AttestationRequested
    | AttestationIssued
    | ReasonsRequested
    | ReasonsGiven
)
ClockFact = DocumentsAwaited | DocumentsReceived | DocumentsCompleted
ReceiptFact = ReceiptIssued
DemarcheFact = DemarchePublished | DemarcheClosed
