"""What does one demande say, and what happened to it?"""

from __future__ import annotations

from typing import Any

from pydantic_core import from_json, to_json

from kernel.clock import rfc3339
from kernel.db import Db, Row, Tx
from kernel.envelope import Recorded
from kernel.projection import Projection
from services.dossiers.aggregate.demande import DECISIONS, STATUS_LABELS
from services.dossiers.events import (
    DemandeAssigned,
    DemandeStatusChanged,
    DemandeSubmitted,
    DemandeWithdrawn,
    NoteAdded,
)

projection = Projection(
    "demande_detail",
    version=1,
    ddl="""
    CREATE TABLE IF NOT EXISTS demande(id TEXT PRIMARY KEY, reference TEXT NOT NULL, demarche TEXT NOT NULL,
      demarche_version INTEGER NOT NULL, title TEXT NOT NULL, service TEXT NOT NULL, service_label TEXT NOT NULL,
      owner TEXT NOT NULL, status TEXT NOT NULL, version INTEGER NOT NULL, submitted_at TEXT NOT NULL,
      updated_at TEXT NOT NULL, deadline TEXT NOT NULL, applicant_kind TEXT NOT NULL, on_behalf_of TEXT NOT NULL,
      contact TEXT NOT NULL, answers TEXT NOT NULL, assigned_to TEXT NOT NULL, assigned_name TEXT NOT NULL,
      decision TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS happened(demande TEXT NOT NULL, version INTEGER NOT NULL, at TEXT NOT NULL,
      kind TEXT NOT NULL, label TEXT NOT NULL, actor TEXT NOT NULL, message TEXT NOT NULL, internal INTEGER NOT NULL,
      PRIMARY KEY(demande, version));
    CREATE TABLE IF NOT EXISTS note(id TEXT PRIMARY KEY, demande TEXT NOT NULL, at TEXT NOT NULL,
      agent_name TEXT NOT NULL, body TEXT NOT NULL);
    CREATE INDEX IF NOT EXISTS note_of ON note(demande, at);
    """,
)


@projection.on(DemandeSubmitted)
def _submitted(tx: Tx, fact: DemandeSubmitted, recorded: Recorded) -> None:
    at = rfc3339(recorded.at)
    tx.run(
        "INSERT INTO demande VALUES(:id, :reference, :demarche, :demarche_version, :title, :service, :service_label,"
        " :owner, 'deposee', :version, :at, :at, :deadline, :kind, :behalf, :contact, :answers, '', '', '')"
        " ON CONFLICT(id) DO NOTHING",
        id=fact.demande,
        reference=fact.reference,
        demarche=fact.demarche,
        demarche_version=fact.demarche_version,
        title=fact.title,
        service=fact.service,
        service_label=fact.service_label,
        owner=fact.owner,
        version=recorded.version,
        at=at,
        deadline=fact.deadline,
        kind=fact.applicant_kind,
        behalf=to_json(fact.on_behalf_of).decode(),
        contact=to_json(fact.contact).decode(),
        answers=to_json(fact.answers).decode(),
    )
    actor = f"{fact.contact.first_name} {fact.contact.last_name}"
    _tell(tx, fact.demande, recorded, "submitted", "Demande déposée", actor)


@projection.on(DemandeAssigned)
def _assigned(tx: Tx, fact: DemandeAssigned, recorded: Recorded) -> None:
    tx.run(
        "UPDATE demande SET assigned_to=:agent, assigned_name=:name WHERE id=:id",
        agent=fact.agent,
        name=fact.agent_name,
        id=fact.demande,
    )
    label = f"Demande confiée à {fact.agent_name}" if fact.agent else "Demande remise à la disposition du service"
    _tell(tx, fact.demande, recorded, "assigned", label, fact.agent_name, internal=True)


@projection.on(DemandeStatusChanged)
def _status_changed(tx: Tx, fact: DemandeStatusChanged, recorded: Recorded) -> None:
    decision = ""
    if fact.new in DECISIONS:
        author = fact.author.model_dump(exclude={"agent"})
        decided = {"status": fact.new, "message": fact.message, "at": rfc3339(recorded.at), "author": author}
        decision = to_json(decided).decode()
    tx.run(
        "UPDATE demande SET status=:status, decision=:decision WHERE id=:id",
        status=fact.new,
        decision=decision,
        id=fact.demande,
    )
    label = f"Demande {STATUS_LABELS.get(fact.new, fact.new)}"
    if fact.old in DECISIONS:
        label = "Instruction rouverte"
    actor = f"{fact.author.first_name} {fact.author.last_name}, {fact.author.capacity}, {fact.author.service}"
    _tell(tx, fact.demande, recorded, "status", label, actor, message=fact.message)


@projection.on(DemandeWithdrawn)
def _withdrawn(tx: Tx, fact: DemandeWithdrawn, recorded: Recorded) -> None:
    tx.run("UPDATE demande SET status='retiree' WHERE id=:id", id=fact.demande)
    _tell(tx, fact.demande, recorded, "withdrawn", "Demande retirée", "Demandeur", message=fact.reason)


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
    _tell(tx, fact.demande, recorded, "note", "Note interne ajoutée", fact.agent_name, internal=True)


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
    at = rfc3339(recorded.at)
    tx.run(
        "INSERT INTO happened VALUES(:demande, :version, :at, :kind, :label, :actor, :message, :internal)"
        " ON CONFLICT DO NOTHING",
        demande=demande,
        version=recorded.version,
        at=at,
        kind=kind,
        label=label,
        actor=actor,
        message=message,
        internal=int(internal),
    )
    tx.run(
        "UPDATE demande SET version=:version, updated_at=:at WHERE id=:id AND version<:version",
        version=recorded.version,
        at=at,
        id=demande,
    )


async def find(db: Db, demande: str) -> Row | None:
    """The row of one demande, its documents still as JSON text."""
    rows = await db.read("SELECT * FROM demande WHERE id=:id", id=demande)
    return rows[0] if rows else None


def shown(row: Row) -> dict[str, Any]:
    """A demande as its applicant reads it."""
    return {
        "id": row["id"],
        "reference": row["reference"],
        "demarche": {"slug": row["demarche"], "title": row["title"], "version": row["demarche_version"]},
        "service": {"slug": row["service"], "label": row["service_label"]},
        "status": row["status"],
        "version": row["version"],
        "submitted_at": row["submitted_at"],
        "updated_at": row["updated_at"],
        "on_behalf_of": from_json(row["on_behalf_of"]),
        "contact": from_json(row["contact"]),
        "answers": from_json(row["answers"]),
        "decision": from_json(row["decision"]) if row["decision"] else None,
    }


async def history(db: Db, demande: str, *, internal: bool) -> list[dict[str, Any]]:
    """What happened, oldest first; what is internal only for the service."""
    rows = await db.read(
        "SELECT at, kind, label, actor, message FROM happened WHERE demande=:demande AND internal<=:internal"
        " ORDER BY version",
        demande=demande,
        internal=int(internal),
    )
    return [{**row, "message": row["message"] or None} for row in rows]


async def notes(db: Db, demande: str) -> list[dict[str, Any]]:
    """The internal notes, oldest first."""
    return await db.read(
        "SELECT id, at, agent_name AS author, body AS text FROM note WHERE demande=:demande ORDER BY at, id",
        demande=demande,
    )
