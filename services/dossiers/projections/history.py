"""What happened to one demande, in plain words?"""

from __future__ import annotations

from datetime import date
from typing import Any

from kernel.clock import rfc3339
from kernel.db import Db, Tx
from kernel.envelope import Recorded
from kernel.projection import Projection
from services.dossiers.aggregate.calendar import spoken
from services.dossiers.aggregate.demande import DECISIONS, STATUS_LABELS
from services.dossiers.events import (
    AttestationIssued,
    AttestationRequested,
    Author,
    DemandeAssigned,
    DemandeJoined,
    DemandeLabelled,
    DemandeStatusChanged,
    DemandeSubmitted,
    DemandeUnlabelled,
    DemandeWithdrawn,
    DocumentsAwaited,
    DocumentsCompleted,
    DocumentsReceived,
    ImplicitDecisionTaken,
    NoteAdded,
    OpinionDelayed,
    OpinionGiven,
    OpinionRequested,
    OpinionWithdrawn,
    ReasonsGiven,
    ReasonsRequested,
    ReceiptIssued,
)

VERDICTS = {"favorable": "favorable", "reserve": "réservé", "defavorable": "défavorable"}
APPLICANT, SERVICE, LAW, PORTAL = "Demandeur", "Service", "Effet de la loi", "Guichet"

projection = Projection(
    "history",
    version=3,
    ddl="""
    CREATE TABLE IF NOT EXISTS happened(demande TEXT NOT NULL, position BIGINT NOT NULL, at TEXT NOT NULL,
      kind TEXT NOT NULL, label TEXT NOT NULL, actor TEXT NOT NULL, message TEXT NOT NULL, internal INTEGER NOT NULL,
      PRIMARY KEY(demande, position));
    """,
)


@projection.on(DemandeSubmitted)
def _submitted(tx: Tx, fact: DemandeSubmitted, recorded: Recorded) -> None:
    actor = f"{fact.contact.first_name} {fact.contact.last_name}"
    _tell(tx, fact.demande, recorded, "submitted", "Demande déposée", actor)


@projection.on(DemandeJoined)
def _joined(tx: Tx, fact: DemandeJoined, recorded: Recorded) -> None:
    _tell(tx, fact.demande, recorded, "joined", "Demande rattachée au compte du demandeur", APPLICANT)


@projection.on(DemandeAssigned)
def _assigned(tx: Tx, fact: DemandeAssigned, recorded: Recorded) -> None:
    label = f"Demande confiée à {fact.agent_name}" if fact.agent else "Demande remise à la disposition du service"
    _tell(tx, fact.demande, recorded, "assigned", label, fact.agent_name, internal=True)


@projection.on(DemandeStatusChanged)
def _status_changed(tx: Tx, fact: DemandeStatusChanged, recorded: Recorded) -> None:
    label = f"Demande {STATUS_LABELS.get(fact.new, fact.new)}"
    if fact.old in DECISIONS:
        label = "Instruction rouverte"
    _tell(tx, fact.demande, recorded, "status", label, _author(fact.author), message=fact.message)


@projection.on(DemandeWithdrawn)
def _withdrawn(tx: Tx, fact: DemandeWithdrawn, recorded: Recorded) -> None:
    _tell(tx, fact.demande, recorded, "withdrawn", "Demande retirée", APPLICANT, message=fact.reason)


@projection.on(NoteAdded)
def _note_added(tx: Tx, fact: NoteAdded, recorded: Recorded) -> None:
    _tell(tx, fact.demande, recorded, "note", "Note interne ajoutée", fact.agent_name, internal=True)


@projection.on(DemandeLabelled)
def _labelled(tx: Tx, fact: DemandeLabelled, recorded: Recorded) -> None:
    _tell(tx, fact.demande, recorded, "label", f"Étiquette ajoutée : {fact.label}", SERVICE, internal=True)


@projection.on(DemandeUnlabelled)
def _unlabelled(tx: Tx, fact: DemandeUnlabelled, recorded: Recorded) -> None:
    _tell(tx, fact.demande, recorded, "label", f"Étiquette retirée : {fact.label}", SERVICE, internal=True)


@projection.on(ImplicitDecisionTaken)
def _decided_by_silence(tx: Tx, fact: ImplicitDecisionTaken, recorded: Recorded) -> None:
    became = STATUS_LABELS.get(fact.new, fact.new)
    label = f"Demande {became} par le silence gardé jusqu'au {spoken(date.fromisoformat(fact.on))}"
    _tell(tx, fact.demande, recorded, "implicit-decision", label, LAW)


@projection.on(DocumentsAwaited)
def _awaited(tx: Tx, fact: DocumentsAwaited, recorded: Recorded) -> None:
    number = len(fact.documents)
    label = f"{number} pièces obligatoires demandées" if number > 1 else "1 pièce obligatoire demandée"
    until = f", avant le {spoken(date.fromisoformat(fact.due))}" if fact.due else ""
    _tell(tx, fact.demande, recorded, "documents-awaited", f"{label}{until}", SERVICE)


@projection.on(DocumentsReceived)
def _received(tx: Tx, fact: DocumentsReceived, recorded: Recorded) -> None:
    missing = f"{fact.missing} manquent encore" if fact.missing > 1 else "1 manque encore"
    label = f"Une partie des pièces demandées est reçue, {missing}"
    _tell(tx, fact.demande, recorded, "documents-received", label, APPLICANT)


@projection.on(DocumentsCompleted)
def _complete(tx: Tx, fact: DocumentsCompleted, recorded: Recorded) -> None:
    if fact.waived:
        label = "Le service n'attend plus les pièces qu'il avait demandées"
        _tell(tx, fact.demande, recorded, "documents-waived", label, SERVICE)
    else:
        label = "Toutes les pièces demandées sont reçues"
        _tell(tx, fact.demande, recorded, "documents-complete", label, APPLICANT)


@projection.on(AttestationRequested)
def _attestation_requested(tx: Tx, fact: AttestationRequested, recorded: Recorded) -> None:
    _tell(tx, fact.demande, recorded, "attestation-requested", "Attestation demandée", APPLICANT)


@projection.on(AttestationIssued)
def _attestation_issued(tx: Tx, fact: AttestationIssued, recorded: Recorded) -> None:
    _tell(tx, fact.demande, recorded, "attestation-issued", "Attestation délivrée", _author(fact.author))


@projection.on(ReasonsRequested)
def _reasons_requested(tx: Tx, fact: ReasonsRequested, recorded: Recorded) -> None:
    label = f"Motifs du refus demandés, à communiquer avant le {spoken(date.fromisoformat(fact.due))}"
    _tell(tx, fact.demande, recorded, "reasons-requested", label, APPLICANT)


@projection.on(ReasonsGiven)
def _reasons_given(tx: Tx, fact: ReasonsGiven, recorded: Recorded) -> None:
    label = "Motifs du refus communiqués"
    _tell(tx, fact.demande, recorded, "reasons-given", label, _author(fact.author), message=fact.text)


@projection.on(ReceiptIssued)
def _receipt_issued(tx: Tx, fact: ReceiptIssued, recorded: Recorded) -> None:
    label = f"Accusé de réception établi, empreinte SHA-256 : {fact.sha256}"
    _tell(tx, fact.demande, recorded, "receipt", label, PORTAL)


@projection.on(OpinionRequested)
def _opinion_requested(tx: Tx, fact: OpinionRequested, recorded: Recorded) -> None:
    label = f"Avis demandé à {fact.expert_name}, avant le {spoken(date.fromisoformat(fact.due))}"
    _tell(tx, fact.demande, recorded, "opinion", label, fact.asked_by_name, message=fact.question, internal=True)


@projection.on(OpinionGiven)
def _opinion_given(tx: Tx, fact: OpinionGiven, recorded: Recorded) -> None:
    label = f"Avis {VERDICTS.get(fact.verdict, '')}".strip()
    _tell(tx, fact.demande, recorded, "opinion", label, fact.expert_name, message=fact.text, internal=True)


@projection.on(OpinionWithdrawn)
def _opinion_withdrawn(tx: Tx, fact: OpinionWithdrawn, recorded: Recorded) -> None:
    _tell(tx, fact.demande, recorded, "opinion", "Demande d'avis retirée", SERVICE, internal=True)


@projection.on(OpinionDelayed)
def _opinion_overdue(tx: Tx, fact: OpinionDelayed, recorded: Recorded) -> None:
    _tell(tx, fact.demande, recorded, "opinion", "Avis en retard, rappel envoyé", PORTAL, internal=True)


def _author(author: Author) -> str:
    return f"{author.first_name} {author.last_name}, {author.capacity}, {author.service}"


def _tell(
    tx: Tx,
    demande: str,
    recorded: Recorded,
    kind: str,
    label: str,
    actor: str,
    *,
    message: str = "",
    internal: bool = False,
) -> None:
    tx.run(
        "INSERT INTO happened VALUES(:demande, :position, :at, :kind, :label, :actor, :message, :internal)"
        " ON CONFLICT DO NOTHING",
        demande=demande,
        position=recorded.position,
        at=rfc3339(recorded.at),
        kind=kind,
        label=label,
        actor=actor,
        message=message,
        internal=int(internal),
    )


async def of_demande(db: Db, demande: str, *, internal: bool) -> list[dict[str, Any]]:
    """What happened, oldest first; what is internal only for the service."""
    rows = await db.read(
        "SELECT at, kind, label, actor, message FROM happened WHERE demande=:demande AND internal<=:internal"
        " ORDER BY position",
        demande=demande,
        internal=int(internal),
    )
    return [{**row, "message": row["message"] or None} for row in rows]
