"""Which demandes are mine, and which ones does a service have on its desk?

`line` is fed by dossiers, `thread` by discussion: neither waits for the other.
"""

from __future__ import annotations

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
    DemandeLabelled,
    DemandeStatusChanged,
    DemandeSubmitted,
    DemandeUnlabelled,
    DemandeWithdrawn,
    DocumentsAwaited,
    DocumentsCompleted,
    DraftDiscarded,
    ImplicitDecisionTaken,
)
from services.dossiers.projections.words import plain, searched

NEVER = "9999-12-31"
"""The deadline of what silence does not decide: it sorts after every other."""

projection = Projection(
    "dashboard",
    version=3,
    ddl="""
    CREATE TABLE IF NOT EXISTS line(id TEXT PRIMARY KEY, reference TEXT NOT NULL, demarche TEXT NOT NULL,
      title TEXT NOT NULL, service TEXT NOT NULL, owner TEXT NOT NULL, status TEXT NOT NULL,
      submitted_at TEXT NOT NULL, updated_at TEXT NOT NULL, deadline TEXT NOT NULL, applicant_kind TEXT NOT NULL,
      applicant_name TEXT NOT NULL, assigned_to TEXT NOT NULL, assigned_name TEXT NOT NULL,
      decided INTEGER NOT NULL, words TEXT NOT NULL);
    CREATE INDEX IF NOT EXISTS line_of_owner ON line(owner, submitted_at, id) WHERE owner <> '';
    CREATE INDEX IF NOT EXISTS line_of_service ON line(service, submitted_at, id);
    CREATE INDEX IF NOT EXISTS line_by_update ON line(service, updated_at, id);
    CREATE INDEX IF NOT EXISTS line_by_deadline ON line(service, deadline, id);
    CREATE INDEX IF NOT EXISTS line_by_status ON line(service, status, submitted_at, id);
    CREATE INDEX IF NOT EXISTS line_at_work ON line(service, submitted_at, id)
      WHERE status IN ('deposee', 'en_instruction');
    CREATE INDEX IF NOT EXISTS line_of_agent ON line(assigned_to, submitted_at, id) WHERE assigned_to <> '';
    CREATE INDEX IF NOT EXISTS line_counted ON line(service, status, assigned_to);
    CREATE TABLE IF NOT EXISTS label(demande TEXT NOT NULL, label TEXT NOT NULL, PRIMARY KEY(demande, label));
    CREATE INDEX IF NOT EXISTS label_named ON label(label, demande);
    CREATE TABLE IF NOT EXISTS thread(demande TEXT PRIMARY KEY, is_open INTEGER NOT NULL,
      unread_applicant INTEGER NOT NULL, unread_service INTEGER NOT NULL, awaiting TEXT NOT NULL);
    CREATE INDEX IF NOT EXISTS thread_awaiting ON thread(awaiting, demande);
    """,
)


@projection.on(DemandeDrafted)
def _drafted(tx: Tx, fact: DemandeDrafted, recorded: Recorded) -> None:
    # No service has a draft on its desk. Until it is filed, `submitted_at` is when it was begun: lists sort by it.
    tx.run(
        "INSERT INTO line VALUES(:id, :reference, :demarche, :title, '', :owner, 'brouillon', :at, :at, :never, '', '',"
        " '', '', 0, :words) ON CONFLICT(id) DO NOTHING",
        id=fact.demande,
        reference=fact.reference,
        demarche=fact.demarche,
        title=fact.title,
        owner=fact.owner,
        at=rfc3339(recorded.at),
        never=NEVER,
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
        " :kind, :name, '', '', 0, :words) ON CONFLICT(id) DO NOTHING",
        id=fact.demande,
        reference=fact.reference,
        demarche=fact.demarche,
        title=fact.title,
        service=fact.service,
        owner=fact.owner,
        at=at,
        deadline=fact.deadline or NEVER,
        kind=fact.applicant_kind,
        name=name,
        words=plain(f"{fact.reference} {fact.title} {name} {person} {fact.contact.email}"),
    )


@projection.on(DemandeJoined)
def _joined(tx: Tx, fact: DemandeJoined, recorded: Recorded) -> None:
    tx.run("UPDATE line SET owner=:owner WHERE id=:id", owner=fact.owner, id=fact.demande)


@projection.on(DocumentsAwaited, DocumentsCompleted)
def _deadline_moved(tx: Tx, fact: DocumentsAwaited | DocumentsCompleted, recorded: Recorded) -> None:
    deadline = fact.deadline or NEVER
    tx.run("UPDATE line SET deadline=:deadline WHERE id=:id AND decided=0", deadline=deadline, id=fact.demande)


@projection.on(DemandeAssigned)
def _assigned(tx: Tx, fact: DemandeAssigned, recorded: Recorded) -> None:
    tx.run(
        "UPDATE line SET assigned_to=:agent, assigned_name=:name, updated_at=:at WHERE id=:id",
        agent=fact.agent,
        name=fact.agent_name if fact.agent else "",
        at=rfc3339(recorded.at),
        id=fact.demande,
    )


@projection.on(DemandeLabelled)
def _labelled(tx: Tx, fact: DemandeLabelled, recorded: Recorded) -> None:
    tx.run("INSERT INTO label VALUES(:id, :label) ON CONFLICT DO NOTHING", id=fact.demande, label=fact.label)


@projection.on(DemandeUnlabelled)
def _unlabelled(tx: Tx, fact: DemandeUnlabelled, recorded: Recorded) -> None:
    tx.run("DELETE FROM label WHERE demande=:id AND label=:label", id=fact.demande, label=fact.label)


@projection.on(DemandeStatusChanged)
def _status_changed(tx: Tx, fact: DemandeStatusChanged, recorded: Recorded) -> None:
    _move(tx, fact.demande, fact.new, recorded)
    if fact.new not in ("deposee", "en_instruction") or fact.old not in ("deposee", "en_instruction"):
        # Once somebody decided, silence decides no more, even when the demande is reopened.
        _stop_clock(tx, fact.demande)


@projection.on(ImplicitDecisionTaken)
def _decided_by_silence(tx: Tx, fact: ImplicitDecisionTaken, recorded: Recorded) -> None:
    _move(tx, fact.demande, fact.new, recorded)
    _stop_clock(tx, fact.demande)


@projection.on(DemandeWithdrawn)
def _withdrawn(tx: Tx, fact: DemandeWithdrawn, recorded: Recorded) -> None:
    _move(tx, fact.demande, "retiree", recorded)
    _stop_clock(tx, fact.demande)


def _move(tx: Tx, demande: str, status: str, recorded: Recorded) -> None:
    tx.run(
        "UPDATE line SET status=:status, updated_at=:at WHERE id=:id",
        status=status,
        at=rfc3339(recorded.at),
        id=demande,
    )


def _stop_clock(tx: Tx, demande: str) -> None:
    tx.run("UPDATE line SET deadline=:never, decided=1 WHERE id=:id", never=NEVER, id=demande)


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


SELECT = (
    "SELECT l.*, coalesce(t.unread_applicant, 0) AS unread_applicant, coalesce(t.unread_service, 0) AS unread_service,"
    " coalesce(t.awaiting, 'service') AS awaiting FROM line l LEFT JOIN thread t ON t.demande=l.id"
)


async def of_owner(db: Db, owner: str, status: str | None, q: str | None, paging: Paging) -> list[Row]:
    """An account's demandes, newest first."""
    found, params = searched(q, "l.words")
    clauses = ["l.owner=:owner", *found]
    if status is not None:
        clauses.append("l.status=:status")
    if after := paging.resume(str, str):
        clauses.append("(l.submitted_at, l.id) < (:after_at, :after_id)")
        params |= {"after_at": after[0], "after_id": after[1]}
    return await db.read(
        f"{SELECT} WHERE {' AND '.join(clauses)} ORDER BY l.submitted_at DESC, l.id DESC LIMIT :limit",
        **params,
        owner=owner,
        status=status,
        limit=paging.limit + 1,
    )


async def of_demande(db: Db, demande: str) -> list[Row]:
    """The one row a tracking session sees."""
    return await db.read(f"{SELECT} WHERE l.id=:id", id=demande)


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
