"""Which mails are due, and how did every mail about a demande or an account end?"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from kernel.clock import rfc3339
from kernel.db import Db, Row, Tx
from kernel.envelope import Recorded
from kernel.projection import Projection
from services.notifier.events import (
    AttemptStarted,
    NotificationDeferred,
    NotificationFailed,
    NotificationQueued,
    NotificationSent,
    NotificationSuppressed,
)

LEASE = timedelta(seconds=180)
"""An attempt under way for so long was left by a process that died: longer than any mail may take to be handed over."""

projection = Projection(
    "outgoing",
    version=1,
    ddl="""
    CREATE TABLE IF NOT EXISTS mail(id TEXT PRIMARY KEY, template TEXT NOT NULL, about TEXT NOT NULL,
      cause TEXT NOT NULL, status TEXT NOT NULL, attempt INTEGER NOT NULL, code INTEGER NOT NULL,
      in_doubt INTEGER NOT NULL, reason TEXT NOT NULL, queued_at TEXT NOT NULL, updated_at TEXT NOT NULL,
      give_up_at TEXT NOT NULL, due_at TEXT NOT NULL);
    CREATE INDEX IF NOT EXISTS mail_due ON mail(due_at, status) WHERE due_at <> '';
    CREATE INDEX IF NOT EXISTS mail_overdue ON mail(give_up_at) WHERE due_at <> '';
    CREATE INDEX IF NOT EXISTS mail_about ON mail(about, queued_at, id);
    """,
)


@projection.on(NotificationQueued)
def _queued(tx: Tx, fact: NotificationQueued, recorded: Recorded) -> None:
    at = rfc3339(recorded.at)
    _plan(tx, fact, at, status="queued", reason="", give_up_at=fact.give_up_at, due_at=at)


@projection.on(NotificationSuppressed)
def _suppressed(tx: Tx, fact: NotificationSuppressed, recorded: Recorded) -> None:
    _plan(tx, fact, rfc3339(recorded.at), status="suppressed", reason=fact.reason, give_up_at="", due_at="")


@projection.on(AttemptStarted)
def _started(tx: Tx, fact: AttemptStarted, recorded: Recorded) -> None:
    lease = rfc3339(recorded.at + LEASE)
    _move(tx, fact.notification, recorded, status="attempting", attempt=fact.attempt, due_at=lease)


@projection.on(NotificationDeferred)
def _deferred(tx: Tx, fact: NotificationDeferred, recorded: Recorded) -> None:
    _move(tx, fact.notification, recorded, status="deferred", code=fact.code, due_at=fact.retry_at)
    if fact.in_doubt:
        # For good: whatever comes next, there may be two copies.
        tx.run("UPDATE mail SET in_doubt=1 WHERE id=:id", id=fact.notification)


@projection.on(NotificationSent)
def _sent(tx: Tx, fact: NotificationSent, recorded: Recorded) -> None:
    _move(tx, fact.notification, recorded, status="sent", code=fact.code, due_at="")


@projection.on(NotificationFailed)
def _failed(tx: Tx, fact: NotificationFailed, recorded: Recorded) -> None:
    _move(tx, fact.notification, recorded, status="failed", code=fact.code, reason=fact.reason, due_at="")


def _plan(tx: Tx, fact: NotificationQueued | NotificationSuppressed, at: str, **columns: str) -> None:
    tx.run(
        "INSERT INTO mail VALUES(:id, :template, :about, :cause, :status, 0, 0, 0, :reason, :at, :at, :give_up_at,"
        " :due_at) ON CONFLICT(id) DO UPDATE SET status=excluded.status, reason=excluded.reason,"
        " updated_at=excluded.updated_at, due_at=excluded.due_at",
        id=fact.notification,
        template=fact.template,
        about=fact.about,
        cause=fact.cause,
        at=at,
        **columns,
    )


def _move(tx: Tx, id: str, recorded: Recorded, **columns: str | int) -> None:
    changes = ", ".join(f"{name}=:{name}" for name in columns)
    tx.run(f"UPDATE mail SET updated_at=:at, {changes} WHERE id=:id", id=id, at=rfc3339(recorded.at), **columns)


async def due(db: Db, now: str, limit: int, aside: Collection[str]) -> list[str]:
    """The mails to send now but those set aside, longest due first; attempts whose lease ran out are among them."""
    return await _ids(db, "due_at <= :now ORDER BY due_at", limit, aside, now=now)


async def overdue(db: Db, now: str, limit: int, aside: Collection[str]) -> list[str]:
    """The mails that wait and have been tried for too long, but those set aside."""
    return await _ids(db, "give_up_at <= :now AND status <> 'attempting'", limit, aside, now=now)


async def under_way(db: Db) -> list[str]:
    """The mails somebody has in hand."""
    rows = await db.read("SELECT id FROM mail WHERE due_at <> '' AND status = 'attempting'")
    return [row["id"] for row in rows]


async def next_due(db: Db, aside: Collection[str]) -> str | None:
    """When the next mail is due, but those set aside, or None when none waits."""
    rows = await db.read(
        "SELECT id, due_at FROM mail WHERE due_at <> '' ORDER BY due_at LIMIT :limit", limit=1 + len(aside)
    )
    return next((row["due_at"] for row in rows if row["id"] not in aside), None)


async def waiting(db: Db) -> dict[str, int]:
    """How many mails have not come to their end, per status."""
    rows = await db.read("SELECT status, count(*) AS n FROM mail WHERE due_at <> '' GROUP BY status")
    return {row["status"]: row["n"] for row in rows}


async def about(db: Db, id: str) -> list[Row]:
    """Every mail about a demande or an account, oldest first."""
    return await db.read("SELECT * FROM mail WHERE about=:id ORDER BY queued_at, id LIMIT 1000", id=id)


async def _ids(db: Db, wanted: str, limit: int, aside: Collection[str], **params: str) -> list[str]:
    rows = await db.read(
        f"SELECT id FROM mail WHERE due_at <> '' AND {wanted} LIMIT :limit", limit=limit + len(aside), **params
    )
    return [row["id"] for row in rows if row["id"] not in aside]


def shown(row: Row) -> dict[str, Any]:
    """A mail as operations see it: no address, no text."""
    return {
        "id": row["id"],
        "template": row["template"],
        "about": row["about"],
        "cause": row["cause"],
        "status": row["status"],
        "attempts": row["attempt"],
        "code": row["code"] or None,
        "in_doubt": bool(row["in_doubt"]),
        "reason": row["reason"] or None,
        "queued_at": row["queued_at"],
        "updated_at": row["updated_at"],
        "next_attempt_at": row["due_at"] if row["status"] in ("queued", "deferred") else None,
    }


def told(row: Row) -> dict[str, Any]:
    """A mail as its addressee is told of it: which one, when, and whether it arrived at the mail server."""
    return {"mail": row["template"], "status": row["status"], "at": row["queued_at"], "updated_at": row["updated_at"]}
