"""Which demandes are mine, and which ones does a service have on its desk?

`line` is fed by dossiers, `thread` by discussion: neither waits for the other.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Any

from kernel.clock import rfc3339
from kernel.db import Db, Row, Tx
from kernel.envelope import Recorded
from kernel.http.paging import Paging
from kernel.projection import Projection
from services.discussion.events import DiscussionClosed, DiscussionOpened, MessagePosted, MessageRead
from services.dossiers.events import (
    DemandeAssigned,
    DemandeDrafted,
    DemandeJoined,
    DemandeStatusChanged,
    DemandeSubmitted,
    DemandeWithdrawn,
    DocumentsAwaited,
    DocumentsCompleted,
    DraftDiscarded,
    ImplicitDecisionTaken,
)

projection = Projection(
    "dashboard",
    version=2,
    ddl="""
    CREATE TABLE IF NOT EXISTS line(id TEXT PRIMARY KEY, reference TEXT NOT NULL, demarche TEXT NOT NULL,
      title TEXT NOT NULL, service TEXT NOT NULL, owner TEXT NOT NULL, status TEXT NOT NULL,
      submitted_at TEXT NOT NULL, updated_at TEXT NOT NULL, deadline TEXT NOT NULL, applicant_kind TEXT NOT NULL,
      applicant_name TEXT NOT NULL, assigned_to TEXT NOT NULL, words TEXT NOT NULL);
    CREATE INDEX IF NOT EXISTS line_of_owner ON line(owner, submitted_at, id) WHERE owner <> '';
    CREATE INDEX IF NOT EXISTS line_of_service ON line(service, submitted_at, id);
    CREATE INDEX IF NOT EXISTS line_by_status ON line(service, status);
    CREATE TABLE IF NOT EXISTS thread(demande TEXT PRIMARY KEY, is_open INTEGER NOT NULL,
      unread_applicant INTEGER NOT NULL, unread_service INTEGER NOT NULL, awaiting TEXT NOT NULL);
    """,
)


@projection.on(DemandeDrafted)
def _drafted(tx: Tx, fact: DemandeDrafted, recorded: Recorded) -> None:
    # No service has a draft on its desk. Until it is filed, `submitted_at` is when it was begun: lists sort by it.
    tx.run(
        "INSERT INTO line VALUES(:id, :reference, :demarche, :title, '', :owner, 'brouillon', :at, :at, '', '', '', '',"
        " :words) ON CONFLICT(id) DO NOTHING",
        id=fact.demande,
        reference=fact.reference,
        demarche=fact.demarche,
        title=fact.title,
        owner=fact.owner,
        at=rfc3339(recorded.at),
        words=plain(f"{fact.reference} {fact.title}"),
    )


@projection.on(DraftDiscarded)
def _discarded(tx: Tx, fact: DraftDiscarded, recorded: Recorded) -> None:
    tx.run("DELETE FROM line WHERE id=:id", id=fact.demande)


@projection.on(DemandeSubmitted)
def _submitted(tx: Tx, fact: DemandeSubmitted, recorded: Recorded) -> None:
    person = f"{fact.contact.first_name} {fact.contact.last_name}"
    name = fact.on_behalf_of.name or person
    at = rfc3339(recorded.at)
    tx.run("DELETE FROM line WHERE id=:id AND status='brouillon'", id=fact.demande)
    tx.run(
        "INSERT INTO line VALUES(:id, :reference, :demarche, :title, :service, :owner, 'deposee', :at, :at, :deadline,"
        " :kind, :name, '', :words) ON CONFLICT(id) DO NOTHING",
        id=fact.demande,
        reference=fact.reference,
        demarche=fact.demarche,
        title=fact.title,
        service=fact.service,
        owner=fact.owner,
        at=at,
        deadline=fact.deadline,
        kind=fact.applicant_kind,
        name=name,
        words=plain(f"{fact.reference} {fact.title} {name} {person} {fact.contact.email}"),
    )


@projection.on(DemandeJoined)
def _joined(tx: Tx, fact: DemandeJoined, recorded: Recorded) -> None:
    tx.run("UPDATE line SET owner=:owner WHERE id=:id", owner=fact.owner, id=fact.demande)


@projection.on(DocumentsAwaited, DocumentsCompleted)
def _deadline_moved(tx: Tx, fact: DocumentsAwaited | DocumentsCompleted, recorded: Recorded) -> None:
    tx.run("UPDATE line SET deadline=:deadline WHERE id=:id", deadline=fact.deadline, id=fact.demande)


@projection.on(DemandeAssigned)
def _assigned(tx: Tx, fact: DemandeAssigned, recorded: Recorded) -> None:
    tx.run(
        "UPDATE line SET assigned_to=:agent, updated_at=:at WHERE id=:id",
        agent=fact.agent,
        at=rfc3339(recorded.at),
        id=fact.demande,
    )


@projection.on(DemandeStatusChanged)
def _status_changed(tx: Tx, fact: DemandeStatusChanged, recorded: Recorded) -> None:
    _move(tx, fact.demande, fact.new, recorded)
    if fact.new not in ("deposee", "en_instruction") or fact.old not in ("deposee", "en_instruction"):
        # Once somebody decided, silence decides no more, even when the demande is reopened.
        tx.run("UPDATE line SET deadline='' WHERE id=:id", id=fact.demande)


@projection.on(ImplicitDecisionTaken)
def _decided_by_silence(tx: Tx, fact: ImplicitDecisionTaken, recorded: Recorded) -> None:
    _move(tx, fact.demande, fact.new, recorded)


@projection.on(DemandeWithdrawn)
def _withdrawn(tx: Tx, fact: DemandeWithdrawn, recorded: Recorded) -> None:
    _move(tx, fact.demande, "retiree", recorded)


def _move(tx: Tx, demande: str, status: str, recorded: Recorded) -> None:
    tx.run(
        "UPDATE line SET status=:status, updated_at=:at WHERE id=:id",
        status=status,
        at=rfc3339(recorded.at),
        id=demande,
    )


@projection.on(DiscussionOpened)
def _opened(tx: Tx, fact: DiscussionOpened, recorded: Recorded) -> None:
    tx.run(
        "INSERT INTO thread VALUES(:demande, 1, 0, 0, 'applicant') ON CONFLICT(demande) DO UPDATE SET is_open=1,"
        " awaiting='applicant'",
        demande=fact.demande,
    )


@projection.on(MessagePosted)
def _posted(tx: Tx, fact: MessagePosted, recorded: Recorded) -> None:
    if fact.author == "service":
        sql = "UPDATE thread SET unread_applicant=:unread, awaiting='applicant' WHERE demande=:demande"
    else:
        sql = "UPDATE thread SET unread_service=:unread, awaiting='service' WHERE demande=:demande"
    tx.run(sql, unread=fact.unread, demande=fact.demande)


@projection.on(MessageRead)
def _read(tx: Tx, fact: MessageRead, recorded: Recorded) -> None:
    column = "unread_applicant" if fact.reader == "applicant" else "unread_service"
    tx.run(f"UPDATE thread SET {column}=:left WHERE demande=:demande", left=fact.remaining, demande=fact.demande)


@projection.on(DiscussionClosed)
def _closed(tx: Tx, fact: DiscussionClosed, recorded: Recorded) -> None:
    tx.run("UPDATE thread SET is_open=0, awaiting='service' WHERE demande=:demande", demande=fact.demande)


@dataclass(frozen=True)
class Wanted:
    """Filters of a list; None leaves everything in. `assigned`: `none` or an agent's id."""

    status: str | None = None
    demarche: str | None = None
    assigned: str | None = None
    awaiting: str | None = None
    deadline_before: str | None = None
    q: str | None = None
    oldest_first: bool = False


SELECT = (
    "SELECT l.*, coalesce(t.unread_applicant, 0) AS unread_applicant, coalesce(t.unread_service, 0) AS unread_service,"
    " coalesce(t.awaiting, 'service') AS awaiting FROM line l LEFT JOIN thread t ON t.demande=l.id"
)


async def of_owner(db: Db, owner: str, wanted: Wanted, paging: Paging) -> list[Row]:
    """An account's demandes, newest first."""
    return await _list(db, "l.owner=:whose", owner, wanted, paging)


async def of_demande(db: Db, demande: str) -> list[Row]:
    """The one row a tracking session sees."""
    return await db.read(f"{SELECT} WHERE l.id=:id", id=demande)


async def of_services(db: Db, services: frozenset[str], wanted: Wanted, paging: Paging) -> list[Row]:
    """The demandes of an agent's services."""
    clause, params = _among(services)
    return await _list(db, clause, None, wanted, paging, **params)


async def counts(db: Db, services: frozenset[str]) -> dict[str, int]:
    """How many demandes of these services stand at each status."""
    clause, params = _among(services)
    rows = await db.read(f"SELECT status, count(*) AS n FROM line l WHERE {clause} GROUP BY status", **params)
    return {row["status"]: row["n"] for row in rows}


async def _list(db: Db, whose: str, value: str | None, wanted: Wanted, paging: Paging, **more: str) -> list[Row]:
    clauses, params = [whose], {"whose": value, "limit": paging.limit + 1, **more}
    equal = {"status": "l.status", "demarche": "l.demarche", "awaiting": "coalesce(t.awaiting, 'service')"}
    for name, column in equal.items():
        if (asked := getattr(wanted, name)) is not None:
            clauses.append(f"{column}=:{name}")
            params[name] = asked
    if wanted.assigned is not None:
        clauses.append("l.assigned_to=:assigned")
        params["assigned"] = "" if wanted.assigned == "none" else wanted.assigned
    if wanted.deadline_before is not None:
        clauses.append("l.deadline<>'' AND l.deadline<:before AND l.status IN ('deposee', 'en_instruction')")
        params["before"] = wanted.deadline_before
    for number, word in enumerate(plain(wanted.q or "").split()[:8]):
        clauses.append(f"l.words LIKE :word{number} ESCAPE '\\'")
        params[f"word{number}"] = f"%{_literal(word)}%"
    way, sign = ("ASC", ">") if wanted.oldest_first else ("DESC", "<")
    if after := paging.resume(str, str):
        clauses.append(f"(l.submitted_at, l.id) {sign} (:after_at, :after_id)")
        params |= {"after_at": after[0], "after_id": after[1]}
    order = f"ORDER BY l.submitted_at {way}, l.id {way} LIMIT :limit"
    return await db.read(f"{SELECT} WHERE {' AND '.join(clauses)} {order}", **params)


def mine(row: Row) -> dict[str, Any]:
    """A row as its applicant sees it."""
    return {
        "id": row["id"],
        "reference": row["reference"],
        "demarche": {"slug": row["demarche"], "title": row["title"]},
        "status": row["status"],
        "submitted_at": row["submitted_at"] if row["status"] != "brouillon" else None,
        "updated_at": row["updated_at"],
        "unread_messages": row["unread_applicant"],
    }


def on_desk(row: Row) -> dict[str, Any]:
    """A row as the service sees it."""
    return {
        **mine(row),
        "unread_messages": row["unread_service"],
        "applicant": {"kind": row["applicant_kind"], "name": row["applicant_name"]},
        "assigned_to": row["assigned_to"] or None,
        "awaiting": row["awaiting"] if row["status"] in ("deposee", "en_instruction") else None,
        "deadline": row["deadline"] or None,
    }


def plain(text: str) -> str:
    """Lower case, without accents: what a search compares."""
    return "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))


def _among(services: frozenset[str]) -> tuple[str, dict[str, str]]:
    params = {f"service{number}": service for number, service in enumerate(sorted(services))}
    return f"l.service IN ({', '.join(f':{name}' for name in params)})" if params else "1=0", params


def _literal(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
