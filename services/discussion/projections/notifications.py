"""What has an applicant still to read?

`demande` is fed by dossiers, `waiting` by our own facts: neither waits for the other.
"""

from __future__ import annotations

from typing import Any

from kernel.clock import rfc3339
from kernel.db import Db, Row, Tx
from kernel.envelope import Recorded
from kernel.http.paging import Paging
from kernel.projection import Projection
from services.discussion.events import DiscussionOpened, MessagePosted, MessageRead
from services.dossiers.events import DemandeJoined, DemandeSubmitted

projection = Projection(
    "notifications",
    version=2,
    ddl="""
    CREATE TABLE IF NOT EXISTS demande(id TEXT PRIMARY KEY, owner TEXT NOT NULL, reference TEXT NOT NULL,
      demarche TEXT NOT NULL, title TEXT NOT NULL);
    CREATE INDEX IF NOT EXISTS demande_of ON demande(owner) WHERE owner <> '';
    CREATE TABLE IF NOT EXISTS waiting(demande TEXT PRIMARY KEY, discussion TEXT NOT NULL, topic TEXT NOT NULL,
      unread INTEGER NOT NULL, at TEXT NOT NULL);
    """,
)


@projection.on(DemandeSubmitted)
def _submitted(tx: Tx, fact: DemandeSubmitted, recorded: Recorded) -> None:
    tx.run(
        "INSERT INTO demande VALUES(:id, :owner, :reference, :demarche, :title) ON CONFLICT DO NOTHING",
        id=fact.demande,
        owner=fact.owner,
        reference=fact.reference,
        demarche=fact.demarche,
        title=fact.title,
    )


@projection.on(DemandeJoined)
def _joined(tx: Tx, fact: DemandeJoined, recorded: Recorded) -> None:
    tx.run("UPDATE demande SET owner=:owner WHERE id=:id", owner=fact.owner, id=fact.demande)


@projection.on(DiscussionOpened)
def _opened(tx: Tx, fact: DiscussionOpened, recorded: Recorded) -> None:
    tx.run(
        "INSERT INTO waiting VALUES(:demande, :discussion, :topic, 0, :at)"
        " ON CONFLICT(demande) DO UPDATE SET discussion=excluded.discussion, topic=excluded.topic",
        demande=fact.demande,
        discussion=fact.discussion,
        topic=fact.topic,
        at=rfc3339(recorded.at),
    )


@projection.on(MessagePosted)
def _posted(tx: Tx, fact: MessagePosted, recorded: Recorded) -> None:
    if fact.author == "service":
        tx.run(
            "UPDATE waiting SET unread=:unread, at=:at WHERE demande=:demande",
            unread=fact.unread,
            at=rfc3339(recorded.at),
            demande=fact.demande,
        )


@projection.on(MessageRead)
def _read(tx: Tx, fact: MessageRead, recorded: Recorded) -> None:
    if fact.reader == "applicant":
        tx.run("UPDATE waiting SET unread=:left WHERE demande=:demande", left=fact.remaining, demande=fact.demande)


SELECT = (
    "SELECT w.*, d.reference, d.demarche, d.title FROM waiting w JOIN demande d ON d.id=w.demande WHERE w.unread>0 AND "
)


async def of_owner(db: Db, owner: str, paging: Paging) -> list[Row]:
    """The demandes of an account with something to read, the latest message first."""
    clauses, params = ["d.owner=:owner"], {"owner": owner, "limit": paging.limit + 1}
    if after := paging.resume(str, str):
        clauses.append("(w.at, w.demande) < (:at, :demande)")
        params |= {"at": after[0], "demande": after[1]}
    return await db.read(f"{SELECT}{' AND '.join(clauses)} ORDER BY w.at DESC, w.demande DESC LIMIT :limit", **params)


async def of_demande(db: Db, demande: str) -> list[Row]:
    """The one row of a tracking session, when there is something to read."""
    return await db.read(f"{SELECT}w.demande=:demande", demande=demande)


def shown(row: Row) -> dict[str, Any]:
    """A notification as its reader sees it."""
    return {
        "demande": {
            "id": row["demande"],
            "reference": row["reference"],
            "demarche": {"slug": row["demarche"], "title": row["title"]},
        },
        "discussion": {"id": row["discussion"], "subject": row["topic"]},
        "unread": row["unread"],
        "at": row["at"],
    }
