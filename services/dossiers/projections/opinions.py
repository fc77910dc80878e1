"""Which opinions are asked about a demande, and of an agent? What may an expert read for it?

`opinion` and `demande` are both fed by dossiers; a query joins them.
"""

from __future__ import annotations

from typing import Any, Final

from kernel.clock import rfc3339
from kernel.db import Db, Row, Tx
from kernel.envelope import Recorded
from kernel.http.paging import Paging
from kernel.projection import Projection
from services.dossiers.events import (
    DemandeStatusChanged,
    DemandeSubmitted,
    DemandeWithdrawn,
    ImplicitDecisionTaken,
    OpinionDelayed,
    OpinionGiven,
    OpinionRequested,
    OpinionWithdrawn,
)

projection = Projection(
    "opinions",
    version=1,
    ddl="""
    CREATE TABLE IF NOT EXISTS demande(id TEXT PRIMARY KEY, reference TEXT NOT NULL, demarche TEXT NOT NULL,
      title TEXT NOT NULL, service TEXT NOT NULL, service_label TEXT NOT NULL, status TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS opinion(id TEXT PRIMARY KEY, demande TEXT NOT NULL, expert TEXT NOT NULL,
      expert_name TEXT NOT NULL, asked_by TEXT NOT NULL, asked_by_name TEXT NOT NULL, question TEXT NOT NULL,
      asked_at TEXT NOT NULL, due TEXT NOT NULL, status TEXT NOT NULL, overdue INTEGER NOT NULL,
      verdict TEXT NOT NULL, body TEXT NOT NULL, ended_at TEXT NOT NULL, version INTEGER NOT NULL);
    CREATE INDEX IF NOT EXISTS opinion_of ON opinion(demande, asked_at, id);
    CREATE INDEX IF NOT EXISTS opinion_by ON opinion(expert, status, due, id);
    CREATE INDEX IF NOT EXISTS opinion_due ON opinion(due) WHERE status='pending' AND overdue=0;
    """,
)


@projection.on(DemandeSubmitted)
def _submitted(tx: Tx, fact: DemandeSubmitted, recorded: Recorded) -> None:
    tx.run(
        "INSERT INTO demande VALUES(:id, :reference, :demarche, :title, :service, :label, 'deposee')"
        " ON CONFLICT(id) DO NOTHING",
        id=fact.demande,
        reference=fact.reference,
        demarche=fact.demarche,
        title=fact.title,
        service=fact.service,
        label=fact.service_label,
    )


@projection.on(DemandeStatusChanged, ImplicitDecisionTaken)
def _moved(tx: Tx, fact: DemandeStatusChanged | ImplicitDecisionTaken, recorded: Recorded) -> None:
    tx.run("UPDATE demande SET status=:status WHERE id=:id", status=fact.new, id=fact.demande)


@projection.on(DemandeWithdrawn)
def _withdrawn(tx: Tx, fact: DemandeWithdrawn, recorded: Recorded) -> None:
    tx.run("UPDATE demande SET status='retiree' WHERE id=:id", id=fact.demande)


@projection.on(OpinionRequested)
def _requested(tx: Tx, fact: OpinionRequested, recorded: Recorded) -> None:
    tx.run(
        "INSERT INTO opinion VALUES(:id, :demande, :expert, :expert_name, :asked_by, :asked_by_name, :question, :at,"
        " :due, 'pending', 0, '', '', '', :version) ON CONFLICT(id) DO NOTHING",
        id=fact.opinion,
        demande=fact.demande,
        expert=fact.expert,
        expert_name=fact.expert_name,
        asked_by=fact.asked_by,
        asked_by_name=fact.asked_by_name,
        question=fact.question,
        at=rfc3339(recorded.at),
        due=fact.due,
        version=recorded.version,
    )
    _advance(tx, fact.demande, recorded)


@projection.on(OpinionGiven)
def _given(tx: Tx, fact: OpinionGiven, recorded: Recorded) -> None:
    tx.run(
        "UPDATE opinion SET status='given', verdict=:verdict, body=:body, ended_at=:at WHERE id=:id",
        verdict=fact.verdict,
        body=fact.text,
        at=rfc3339(recorded.at),
        id=fact.opinion,
    )
    _advance(tx, fact.demande, recorded)


@projection.on(OpinionWithdrawn)
def _taken_back(tx: Tx, fact: OpinionWithdrawn, recorded: Recorded) -> None:
    tx.run("UPDATE opinion SET status='withdrawn', ended_at=:at WHERE id=:id", at=rfc3339(recorded.at), id=fact.opinion)
    _advance(tx, fact.demande, recorded)


@projection.on(OpinionDelayed)
def _overdue(tx: Tx, fact: OpinionDelayed, recorded: Recorded) -> None:
    tx.run("UPDATE opinion SET overdue=1 WHERE id=:id", id=fact.opinion)
    _advance(tx, fact.demande, recorded)


def _advance(tx: Tx, demande: str, recorded: Recorded) -> None:
    # The opinions of a demande share a stream, so they share its version.
    tx.run("UPDATE opinion SET version=:version WHERE demande=:demande", version=recorded.version, demande=demande)


AT_WORK: Final = "d.status IN ('deposee', 'en_instruction')"
STATUS: Final = f"CASE WHEN o.status='pending' AND NOT {AT_WORK} THEN 'lapsed' ELSE o.status END"
SELECT: Final = (
    f"SELECT o.*, {STATUS} AS stands, CASE WHEN o.status='pending' AND {AT_WORK} THEN 0 ELSE 1 END AS turn,"
    " d.reference, d.demarche, d.title, d.service, d.service_label"
    " FROM opinion o JOIN demande d ON d.id=o.demande"
)


async def of_demande(db: Db, demande: str) -> list[Row]:
    """What was asked about a demande, in order."""
    return await db.read(f"{SELECT} WHERE o.demande=:demande ORDER BY o.asked_at, o.id", demande=demande)


async def asked_of(db: Db, expert: str, status: str | None, paging: Paging) -> list[Row]:
    """What an agent was asked: what he is awaited for first, then the rest, each by the day it was due."""
    clauses, params = ["1=1"], dict[str, Any](expert=expert)
    if status is not None:
        clauses.append("stands=:status")
        params["status"] = status
    if after := paging.resume(int, str, str):
        clauses.append("(turn, due, id) > (:after_turn, :after_due, :after_id)")
        params |= dict(zip(("after_turn", "after_due", "after_id"), after, strict=True))
    return await db.read(
        f"SELECT * FROM ({SELECT} WHERE o.expert=:expert) AS asked WHERE {' AND '.join(clauses)}"
        " ORDER BY turn, due, id LIMIT :limit",
        **params,
        limit=paging.limit + 1,
    )


async def find(db: Db, opinion: str) -> Row | None:
    """One request, with where its demande stands."""
    rows = await db.read(f"{SELECT} WHERE o.id=:id", id=opinion)
    return rows[0] if rows else None


async def awaited_of(db: Db, demande: str, expert: str) -> bool:
    """Whether an agent has to say what he thinks of a demande, which lets him read it."""
    sql = f"{SELECT} WHERE o.demande=:demande AND o.expert=:expert AND o.status='pending' AND {AT_WORK}"
    return bool(await db.read(sql, demande=demande, expert=expert))


async def overdue(db: Db, today: str, limit: int = 1000) -> list[Row]:
    """The requests whose last day is over, of demandes still dealt with, nobody having been reminded."""
    return await db.read(
        f"{SELECT} WHERE o.status='pending' AND o.overdue=0 AND o.due<:today AND {AT_WORK} ORDER BY o.due LIMIT :limit",
        today=today,
        limit=limit,
    )


def shown(row: Row, today: str) -> dict[str, Any]:
    """One request and its answer; `late`: awaited although its last day is over."""
    return {
        "id": row["id"],
        "status": row["stands"],
        "question": row["question"],
        "asked_by": {"id": row["asked_by"], "name": row["asked_by_name"]},
        "asked_at": row["asked_at"],
        "expert": {"id": row["expert"], "name": row["expert_name"]},
        "due": row["due"],
        "late": row["stands"] == "pending" and row["due"] < today,
        "verdict": row["verdict"] or None,
        "text": row["body"] or None,
        "ended_at": row["ended_at"] or None,
        "version": row["version"],
    }


def shown_to_expert(row: Row, today: str) -> dict[str, Any]:
    """The same, with what names the demande."""
    return shown(row, today) | {
        "demande": {
            "id": row["demande"],
            "reference": row["reference"],
            "demarche": {"slug": row["demarche"], "title": row["title"]},
        },
        "service": {"slug": row["service"], "label": row["service_label"]},
    }
