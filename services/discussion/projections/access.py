"""Who takes part in the discussions of a demande, and which files may be shown there?

Copies of what dossiers and files say: absence is no answer here, their owner is asked then (`adapters`).
"""

from __future__ import annotations

from kernel.db import Db, Row, Tx
from kernel.envelope import Recorded
from kernel.projection import Projection
from services.dossiers.events import (
    DemandeJoined,
    DemandeStatusChanged,
    DemandeSubmitted,
    DemandeWithdrawn,
    ImplicitDecisionTaken,
)
from services.files.events import FileExpired, FileRejected, FileVetted

projection = Projection(
    "access",
    version=2,
    ddl="""
    CREATE TABLE IF NOT EXISTS demande(id TEXT PRIMARY KEY, owner TEXT NOT NULL, service TEXT NOT NULL,
      status TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS file(id TEXT PRIMARY KEY, demande TEXT NOT NULL, sender TEXT NOT NULL,
      name TEXT NOT NULL, media_type TEXT NOT NULL, size INTEGER NOT NULL, status TEXT NOT NULL,
      requested_document TEXT NOT NULL);
    CREATE INDEX IF NOT EXISTS file_of ON file(demande);
    """,
)


@projection.on(DemandeSubmitted)
def _submitted(tx: Tx, fact: DemandeSubmitted, recorded: Recorded) -> None:
    tx.run(
        "INSERT INTO demande VALUES(:id, :owner, :service, 'deposee') ON CONFLICT(id) DO NOTHING",
        id=fact.demande,
        owner=fact.owner,
        service=fact.service,
    )


@projection.on(DemandeJoined)
def _joined(tx: Tx, fact: DemandeJoined, recorded: Recorded) -> None:
    tx.run("UPDATE demande SET owner=:owner WHERE id=:id", owner=fact.owner, id=fact.demande)


@projection.on(DemandeStatusChanged, ImplicitDecisionTaken)
def _status_changed(tx: Tx, fact: DemandeStatusChanged | ImplicitDecisionTaken, recorded: Recorded) -> None:
    tx.run("UPDATE demande SET status=:status WHERE id=:id", status=fact.new, id=fact.demande)


@projection.on(DemandeWithdrawn)
def _withdrawn(tx: Tx, fact: DemandeWithdrawn, recorded: Recorded) -> None:
    tx.run("UPDATE demande SET status='retiree' WHERE id=:id", id=fact.demande)


@projection.on(FileVetted)
def _vetted(tx: Tx, fact: FileVetted, recorded: Recorded) -> None:
    tx.run(
        "INSERT INTO file VALUES(:id, :demande, :sender, :name, :media_type, :size, :status, :requested_document)"
        " ON CONFLICT(id) DO UPDATE SET name=excluded.name, status=excluded.status",
        id=fact.file,
        demande=fact.demande,
        sender=fact.sender,
        name=fact.name,
        media_type=fact.media_type,
        size=fact.size,
        status=fact.status,
        requested_document=fact.requested_document,
    )


@projection.on(FileRejected)
def _rejected(tx: Tx, fact: FileRejected, recorded: Recorded) -> None:
    # An antivirus that was away may condemn what a message already carries: its name still shows there.
    tx.run("UPDATE file SET status='rejected' WHERE id=:id", id=fact.file)


@projection.on(FileExpired)
def _expired(tx: Tx, fact: FileExpired, recorded: Recorded) -> None:
    tx.run("DELETE FROM file WHERE id=:id", id=fact.file)


async def find_demande(db: Db, demande: str) -> Row | None:
    """What is known here of a demande."""
    rows = await db.read("SELECT * FROM demande WHERE id=:id", id=demande)
    return rows[0] if rows else None


async def files_of(db: Db, demande: str) -> list[Row]:
    """What is known here of the files of a demande."""
    return await db.read("SELECT * FROM file WHERE demande=:demande", demande=demande)
