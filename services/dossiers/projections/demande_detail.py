"""What does one demande say, where does it stand, and when does silence decide it?"""

from __future__ import annotations

from typing import Any

from pydantic_core import from_json, to_json

from kernel.clock import parse_rfc3339, rfc3339
from kernel.db import Db, Row, Tx
from kernel.envelope import Recorded
from kernel.projection import Projection
from services.dossiers.aggregate.calendar import paris_day
from services.dossiers.aggregate.demande import DECISIONS, WITHDRAWABLE
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
    ReasonsGiven,
    ReasonsRequested,
)

projection = Projection(
    "demande_detail",
    version=3,
    ddl="""
    CREATE TABLE IF NOT EXISTS demande(id TEXT PRIMARY KEY, reference TEXT NOT NULL, demarche TEXT NOT NULL,
      demarche_version INTEGER NOT NULL, title TEXT NOT NULL, service TEXT NOT NULL, service_label TEXT NOT NULL,
      owner TEXT NOT NULL, status TEXT NOT NULL, version INTEGER NOT NULL, submitted_at TEXT NOT NULL,
      updated_at TEXT NOT NULL, deadline TEXT NOT NULL, received_on TEXT NOT NULL, receipt_due TEXT NOT NULL,
      legal TEXT NOT NULL, decided INTEGER NOT NULL, applicant_kind TEXT NOT NULL, on_behalf_of TEXT NOT NULL,
      contact TEXT NOT NULL, answers TEXT NOT NULL, assigned_to TEXT NOT NULL, assigned_name TEXT NOT NULL,
      decision TEXT NOT NULL, attestation TEXT NOT NULL, reasons TEXT NOT NULL);
    CREATE INDEX IF NOT EXISTS demande_due ON demande(deadline)
      WHERE decided=0 AND deadline<>'' AND status IN ('deposee', 'en_instruction');
    CREATE TABLE IF NOT EXISTS awaited(demande TEXT NOT NULL, discussion TEXT NOT NULL, asked_on TEXT NOT NULL,
      due TEXT NOT NULL, documents INTEGER NOT NULL, missing INTEGER NOT NULL, complete_on TEXT NOT NULL,
      PRIMARY KEY(demande, discussion));
    CREATE TABLE IF NOT EXISTS label(demande TEXT NOT NULL, label TEXT NOT NULL, PRIMARY KEY(demande, label));
    CREATE TABLE IF NOT EXISTS note(id TEXT PRIMARY KEY, demande TEXT NOT NULL, at TEXT NOT NULL,
      agent_name TEXT NOT NULL, body TEXT NOT NULL);
    CREATE INDEX IF NOT EXISTS note_of ON note(demande, at);
    """,
)


@projection.on(DemandeSubmitted)
def _submitted(tx: Tx, fact: DemandeSubmitted, recorded: Recorded) -> None:
    tx.run(
        "INSERT INTO demande VALUES(:id, :reference, :demarche, :demarche_version, :title, :service, :service_label,"
        " :owner, 'deposee', :version, :at, :at, :deadline, :received_on, :receipt_due, :legal, 0, :kind, :behalf,"
        " :contact, :answers, '', '', '', '', '') ON CONFLICT(id) DO NOTHING",
        id=fact.demande,
        reference=fact.reference,
        demarche=fact.demarche,
        demarche_version=fact.demarche_version,
        title=fact.title,
        service=fact.service,
        service_label=fact.service_label,
        owner=fact.owner,
        version=recorded.version,
        at=rfc3339(recorded.at),
        deadline=fact.deadline,
        received_on=fact.received_on or paris_day(recorded.at).isoformat(),
        receipt_due=fact.receipt_due,
        legal=to_json(fact.legal).decode(),
        kind=fact.applicant_kind,
        behalf=to_json(fact.on_behalf_of).decode(),
        contact=to_json(fact.contact).decode(),
        answers=to_json(fact.answers).decode(),
    )


@projection.on(DemandeJoined)
def _joined(tx: Tx, fact: DemandeJoined, recorded: Recorded) -> None:
    _set(tx, fact.demande, recorded, owner=fact.owner)


@projection.on(DemandeAssigned)
def _assigned(tx: Tx, fact: DemandeAssigned, recorded: Recorded) -> None:
    _set(tx, fact.demande, recorded, assigned_to=fact.agent, assigned_name=fact.agent_name)


@projection.on(DemandeStatusChanged)
def _status_changed(tx: Tx, fact: DemandeStatusChanged, recorded: Recorded) -> None:
    changes: dict[str, Any] = {"status": fact.new, "decision": ""}
    if fact.new in DECISIONS:
        decided = {"kind": "express", "message": fact.message, "author": _signature(fact.author)}
        changes |= {"decided": 1, "decision": _decision(fact.new, recorded, fact.appeal, **decided)}
    elif fact.old in DECISIONS:
        changes |= {"decided": 1, "attestation": "", "reasons": ""}
    _set(tx, fact.demande, recorded, **changes)


@projection.on(ImplicitDecisionTaken)
def _decided_by_silence(tx: Tx, fact: ImplicitDecisionTaken, recorded: Recorded) -> None:
    decision = _decision(fact.new, recorded, fact.appeal, kind="implicit", on=fact.on, message="", author=None)
    _set(tx, fact.demande, recorded, status=fact.new, decided=1, decision=decision)


@projection.on(DemandeWithdrawn)
def _withdrawn(tx: Tx, fact: DemandeWithdrawn, recorded: Recorded) -> None:
    _set(tx, fact.demande, recorded, status="retiree")


@projection.on(AttestationRequested)
def _attestation_requested(tx: Tx, fact: AttestationRequested, recorded: Recorded) -> None:
    asked = {"requested_at": rfc3339(recorded.at), "issued_at": None, "author": None}
    _set(tx, fact.demande, recorded, attestation=to_json(asked).decode())


@projection.on(AttestationIssued)
def _attestation_issued(tx: Tx, fact: AttestationIssued, recorded: Recorded) -> None:
    issued = {"issued_at": rfc3339(recorded.at), "author": _signature(fact.author)}
    _merge(tx, fact.demande, recorded, "attestation", issued)


@projection.on(ReasonsRequested)
def _reasons_requested(tx: Tx, fact: ReasonsRequested, recorded: Recorded) -> None:
    asked = {"requested_at": rfc3339(recorded.at), "due": fact.due}
    given = {"given_at": None, "text": None, "author": None, "appeal_until": None}
    _set(tx, fact.demande, recorded, reasons=to_json({**asked, **given}).decode())


@projection.on(ReasonsGiven)
def _reasons_given(tx: Tx, fact: ReasonsGiven, recorded: Recorded) -> None:
    given = {"given_at": rfc3339(recorded.at), "text": fact.text, "author": _signature(fact.author)}
    _merge(tx, fact.demande, recorded, "reasons", {**given, "appeal_until": fact.appeal_until})


@projection.on(NoteAdded)
def _note_added(tx: Tx, fact: NoteAdded, recorded: Recorded) -> None:
    tx.run(
        "INSERT INTO note VALUES(:id, :demande, :at, :agent_name, :body) ON CONFLICT DO NOTHING",
        id=fact.note,
        demande=fact.demande,
        at=rfc3339(recorded.at),
        agent_name=fact.agent_name,
        body=fact.text,
    )
    _set(tx, fact.demande, recorded)


@projection.on(DemandeLabelled)
def _labelled(tx: Tx, fact: DemandeLabelled, recorded: Recorded) -> None:
    tx.run("INSERT INTO label VALUES(:id, :label) ON CONFLICT DO NOTHING", id=fact.demande, label=fact.label)
    _set(tx, fact.demande, recorded)


@projection.on(DemandeUnlabelled)
def _unlabelled(tx: Tx, fact: DemandeUnlabelled, recorded: Recorded) -> None:
    tx.run("DELETE FROM label WHERE demande=:id AND label=:label", id=fact.demande, label=fact.label)
    _set(tx, fact.demande, recorded)


@projection.on(DocumentsAwaited)
def _awaited(tx: Tx, fact: DocumentsAwaited, recorded: Recorded) -> None:
    tx.run(
        "INSERT INTO awaited VALUES(:demande, :discussion, :asked_on, :due, :number, :number, '')"
        " ON CONFLICT DO NOTHING",
        demande=fact.demande,
        discussion=fact.discussion,
        asked_on=fact.asked_on,
        due=fact.due,
        number=len(fact.documents),
    )
    tx.run("UPDATE demande SET deadline=:deadline WHERE id=:id", deadline=fact.deadline, id=fact.demande)


@projection.on(DocumentsReceived)
def _received(tx: Tx, fact: DocumentsReceived, recorded: Recorded) -> None:
    tx.run(
        "UPDATE awaited SET missing=:missing WHERE demande=:demande AND discussion=:discussion",
        missing=fact.missing,
        demande=fact.demande,
        discussion=fact.discussion,
    )


@projection.on(DocumentsCompleted)
def _complete(tx: Tx, fact: DocumentsCompleted, recorded: Recorded) -> None:
    tx.run(
        "UPDATE awaited SET missing=0, complete_on=:day WHERE demande=:demande AND discussion=:discussion",
        day=paris_day(parse_rfc3339(fact.received_at)).isoformat(),
        demande=fact.demande,
        discussion=fact.discussion,
    )
    tx.run("UPDATE demande SET deadline=:deadline WHERE id=:id", deadline=fact.deadline, id=fact.demande)


def _signature(author: Author) -> dict[str, str]:
    return author.model_dump(exclude={"agent"})


def _decision(status: str, recorded: Recorded, appeal: str, **more: Any) -> str:
    return to_json({"status": status, "at": rfc3339(recorded.at), "appeal": appeal, **more}).decode()


def _set(tx: Tx, demande: str, recorded: Recorded, **columns: Any) -> None:
    """Change a demande by one fact of its own stream, whose version is the demande's from then on."""
    changes = "".join(f", {name}=:{name}" for name in columns)
    tx.run(
        f"UPDATE demande SET version=:version_, updated_at=:at_{changes} WHERE id=:id_ AND version<:version_",
        version_=recorded.version,
        at_=rfc3339(recorded.at),
        id_=demande,
        **columns,
    )


def _merge(tx: Tx, demande: str, recorded: Recorded, column: str, values: dict[str, Any]) -> None:
    before = tx.run(f"SELECT {column} FROM demande WHERE id=:id", id=demande)
    known = from_json(before[0][column]) if before and before[0][column] else {}
    _set(tx, demande, recorded, **{column: to_json({**known, **values}).decode()})


async def find(db: Db, demande: str) -> Row | None:
    """The row of one demande, its documents still as JSON text."""
    rows = await db.read("SELECT * FROM demande WHERE id=:id", id=demande)
    return rows[0] if rows else None


async def beginning(db: Db, head: str) -> list[Row]:
    """The demandes whose id begins so."""
    sql = "SELECT id, reference, status FROM demande WHERE id >= :head AND id <= :end ORDER BY id LIMIT 10"
    return await db.read(sql, head=head, end=head + "z" * 6)


async def awaited(db: Db, demande: str) -> list[Row]:
    """The pieces each discussion asked for: how many, how many are missing."""
    return await db.read("SELECT * FROM awaited WHERE demande=:id ORDER BY asked_on, discussion", id=demande)


async def overdue(db: Db, today: str, limit: int = 200) -> list[str]:
    """The demandes whose last day is over and that nobody decided, as far as these rows know."""
    rows = await db.read(
        "SELECT id FROM demande WHERE decided=0 AND deadline<>'' AND status IN ('deposee', 'en_instruction')"
        " AND deadline<:today ORDER BY deadline LIMIT :limit",
        today=today,
        limit=limit,
    )
    return [str(row["id"]) for row in rows]


async def notes(db: Db, demande: str) -> list[dict[str, Any]]:
    """The internal notes, oldest first."""
    return await db.read(
        "SELECT id, at, agent_name AS author, body AS text FROM note WHERE demande=:demande ORDER BY at, id",
        demande=demande,
    )


async def labels(db: Db, demande: str) -> list[str]:
    """The labels of the service, by name."""
    rows = await db.read("SELECT label FROM label WHERE demande=:demande ORDER BY label", demande=demande)
    return [str(row["label"]) for row in rows]


def awaits_decision(row: Row) -> bool:
    """Whether silence can still become a decision."""
    return row["status"] in WITHDRAWABLE and not row["decided"]
