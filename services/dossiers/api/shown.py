"""The shapes of this service's answers, for the contract; the catalogue's and the desk's are beside."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import RootModel

from kernel.http.contract import Shown
from services.dossiers.aggregate.silence import Alert, Progress, Silence

Status = Literal["brouillon", "deposee", "en_instruction", "acceptee", "refusee", "sans_suite", "retiree"]


class DemandeFiled(Shown):
    """La demande déposée ou le brouillon commencé ; `tracking_number` : à garder, pour une demande déposée."""

    id: str
    reference: str
    tracking_number: str | None
    status: Literal["deposee", "brouillon"]
    submitted_at: str | None
    version: int


class DraftCopied(DemandeFiled):
    """Le brouillon ; `dropped` : les réponses qui ne conviennent plus."""

    dropped: list[str]


class DraftSaved(Shown):
    """Le brouillon enregistré."""

    id: str
    status: Literal["brouillon"]
    version: int
    updated_at: str


class DemandeVersion(Shown):
    """La demande et sa nouvelle version."""

    id: str
    version: int


class DemandeStatus(Shown):
    """La demande et son nouvel état."""

    id: str
    status: Status
    version: int


class FiledDemarche(Shown):
    """La démarche d'une demande, par son nom."""

    slug: str
    title: str


class MyDemande(Shown):
    """Une demande dans une liste."""

    id: str
    reference: str
    demarche: FiledDemarche
    status: Status
    submitted_at: str | None
    updated_at: str
    unread_messages: int


class MyDemandes(Shown):
    """Mes demandes, la plus récente d'abord."""

    items: list[MyDemande]
    next: str | None


class JoinedDemande(MyDemande):
    """La demande rattachée."""

    version: int


class HistoryEntry(Shown):
    """Ce qui s'est passé, en une phrase."""

    at: str
    kind: str
    label: str
    actor: str
    message: str | None


class DemandeHistory(Shown):
    """L'historique, du plus ancien au plus récent."""

    items: list[HistoryEntry]
    next: None


class FiledVersion(FiledDemarche):
    """La démarche d'une demande, et sa version."""

    version: int


class ServiceInCharge(Shown):
    """Le service chargé de la demande."""

    slug: str
    label: str


class Beneficiary(Shown):
    """Pour qui la demande est faite ; `identifier` : SIRET, RNA ou UAI."""

    kind: str
    name: str
    identifier: str


class ContactDetails(Shown):
    """À qui écrire."""

    email: str
    first_name: str
    last_name: str
    postal_address: str


class Signature(Shown):
    """L'agent qui signe (article L212-2 du CRPA)."""

    first_name: str
    last_name: str
    capacity: str
    service: str


class Decision(Shown):
    """La décision en vigueur ; `on` : le jour d'une décision implicite."""

    status: Status
    at: str
    appeal: str
    kind: Literal["express", "implicit"]
    on: str | None = None
    message: str
    author: Signature | None


class LegalBlock(Shown):
    """Les mentions de l'accusé de réception (article R112-11-1 du CRPA)."""

    service_address: str
    service_phone: str
    service_email: str
    silence: str
    delay_months: int
    appeal: str


class AwaitedPieces(Shown):
    """Des pièces demandées ; `missing` : combien manquent."""

    discussion: str
    asked_on: str
    documents: int
    missing: int
    due: str | None
    complete_on: str | None


class LegalClock(Shown):
    """Le délai au terme duquel le silence vaut décision. Les jours sont ceux de Paris."""

    silence: Silence | None
    delay_months: int | None
    received_on: str
    receipt_due: str | None
    deadline: str | None
    state: Progress
    alert: Alert
    awaited: list[AwaitedPieces]


class Attestation(Shown):
    """L'attestation d'une acceptation implicite."""

    requested_at: str
    issued_at: str | None
    author: Signature | None


class RefusalReasons(Shown):
    """Les motifs d'un refus implicite."""

    requested_at: str
    due: str
    given_at: str | None
    text: str | None
    author: Signature | None
    appeal_until: str | None


class FiledDemande(Shown):
    """Une demande déposée, avec ses réponses telles que déposées."""

    id: str
    reference: str
    demarche: FiledVersion
    service: ServiceInCharge
    status: Status
    version: int
    submitted_at: str
    updated_at: str
    on_behalf_of: Beneficiary
    contact: ContactDetails
    answers: dict[str, Any]
    decision: Decision | None
    legal: LegalBlock
    legal_clock: LegalClock
    attestation: Attestation | None
    reasons: RefusalReasons | None


class OwnDemande(FiledDemande):
    """Une demande déposée ; `actions` : ce qui peut en être fait."""

    actions: list[str]


class ToComplete(Shown):
    """Ce qui manque à un brouillon."""

    pointer: str
    detail: str


class Draft(Shown):
    """Un brouillon, et ce qui reste à compléter."""

    id: str
    reference: str
    demarche: FiledVersion
    service: ServiceInCharge
    status: Literal["brouillon"]
    version: int
    submitted_at: None
    updated_at: str
    on_behalf_of: dict[str, Any]
    contact: dict[str, Any]
    answers: dict[str, Any]
    to_complete: list[ToComplete]
    actions: list[str]


class OneDemande(RootModel[OwnDemande | Draft]):
    """Une demande déposée, ou un brouillon."""
