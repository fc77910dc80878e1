"""The facts of dossiers. Those marked public are a contract with the other services."""

from __future__ import annotations

from services.dossiers.events.course import (
    DemandeDrafted,
    DemandeJoined,
    DemandeStatusChanged,
    DemandeSubmitted,
    DemandeWithdrawn,
    DraftDiscarded,
    ReceiptFact,
    ReceiptIssued,
)
from services.dossiers.events.demarche import (
    DemarcheClosed,
    DemarcheFact,
    DemarchePublished,
)
from services.dossiers.events.desk import (
    DemandeAssigned,
    DemandeConsulted,
    DemandeLabelled,
    DemandeUnlabelled,
    NoteAdded,
    ReadingsForgotten,
)
from services.dossiers.events.law import (
    AttestationIssued,
    AttestationRequested,
    ClockFact,
    DocumentsAwaited,
    DocumentsCompleted,
    DocumentsReceived,
    ImplicitDecisionTaken,
    ReasonsGiven,
    ReasonsRequested,
)
from services.dossiers.events.opinions import (
    OpinionDelayed,
    OpinionFact,
    OpinionGiven,
    OpinionRequested,
    OpinionWithdrawn,
)
from services.dossiers.events.values import (
    Author,
    Contact,
    DossiersFact,
    LegalMentions,
    OnBehalfOf,
    Value,
)

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

__all__ = [
    "AttestationIssued",
    "AttestationRequested",
    "Author",
    "ClockFact",
    "Contact",
    "DemandeAssigned",
    "DemandeConsulted",
    "DemandeDrafted",
    "DemandeFact",
    "DemandeJoined",
    "DemandeLabelled",
    "DemandeStatusChanged",
    "DemandeSubmitted",
    "DemandeUnlabelled",
    "DemandeWithdrawn",
    "DemarcheClosed",
    "DemarcheFact",
    "DemarchePublished",
    "DocumentsAwaited",
    "DocumentsCompleted",
    "DocumentsReceived",
    "DossiersFact",
    "DraftDiscarded",
    "ImplicitDecisionTaken",
    "LegalMentions",
    "NoteAdded",
    "OnBehalfOf",
    "OpinionDelayed",
    "OpinionFact",
    "OpinionGiven",
    "OpinionRequested",
    "OpinionWithdrawn",
    "ReadingsForgotten",
    "ReasonsGiven",
    "ReasonsRequested",
    "ReceiptFact",
    "ReceiptIssued",
    "Value",
]
