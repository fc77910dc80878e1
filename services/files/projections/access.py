"""Whose demande is it, which service instructs it, and is its discussion open? Copies of what others decided."""

from __future__ import annotations

from kernel.db import Db, Row, Tx
from kernel.envelope import Recorded
from kernel.projection import Projection
from services.discussion.events import DiscussionClosed, DiscussionOpened
from services.dossiers.events import DemandeJoined, DemandeSubmitted

projection = Projection(
    "access",
    version=2,
    ddl="""
    CREATE TABLE IF NOT EXISTS demande(id TEXT PRIMARY KEY, owner TEXT NOT NULL, service TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS thread(demande TEXT PRIMARY KEY, is_open INTEGER NOT NULL);
    """,
)


@projection.on(DemandeSubmitted)
def _submitted(tx: Tx, fact: DemandeSubmitted, recorded: Recorded) -> None:
    tx.run(
        "INSERT INTO demande VALUES(:id, :owner, :service) ON CONFLICT DO NOTHING",
        id=fact.demande,
        owner=fact.owner,
        service=fact.service,
    )


@projection.on(DemandeJoined)
def _joined(tx: Tx, fact: DemandeJoined, recorded: Recorded) -> None:
    tx.run("UPDATE demande SET owner=:owner WHERE id=:id", owner=fact.owner, id=fact.demande)


@projection.on(DiscussionOpened)
def _opened(tx: Tx, fact: DiscussionOpened, recorded: Recorded) -> None:
    _set(tx, fact.demande, 1)


@projection.on(DiscussionClosed)
def _closed(tx: Tx, fact: DiscussionClosed, recorded: Recorded) -> None:
    _set(tx, fact.demande, 0)


def _set(tx: Tx, demande: str, is_open: int) -> None:
    tx.run(
        "INSERT INTO thread VALUES(:demande, :is_open) ON CONFLICT(demande) DO UPDATE SET is_open=excluded.is_open",
        demande=demande,
        is_open=is_open,
    )


async def demande(db: Db, id: str) -> Row | None:
    """The owner (empty without an account) and the service of a demande this copy knows."""
    rows = await db.read("SELECT owner, service FROM demande WHERE id=:id", id=id)
    return rows[0] if rows else None


async def is_open(db: Db, id: str) -> bool:
    """Whether this copy knows of an open discussion."""
    return bool(await db.read("SELECT 1 AS yes FROM thread WHERE demande=:id AND is_open=1", id=id))
