"""What is this file, may it be read, and does a message carry it?"""

from __future__ import annotations

from kernel.clock import rfc3339
from kernel.db import Db, Row, Tx
from kernel.envelope import Recorded
from kernel.projection import Projection
from services.files.events import FileClaimed, FileExpired, FileReceived, FileRejected, FileVetted

projection = Projection(
    "file_card",
    version=1,
    ddl="""
    CREATE TABLE IF NOT EXISTS file(id TEXT PRIMARY KEY, demande TEXT NOT NULL, sender TEXT NOT NULL,
      uploader TEXT NOT NULL, name TEXT NOT NULL, media_type TEXT NOT NULL, size INTEGER NOT NULL,
      sha256 TEXT NOT NULL, status TEXT NOT NULL, requested_document TEXT NOT NULL, claimed_by TEXT NOT NULL,
      received_at TEXT NOT NULL);
    CREATE INDEX IF NOT EXISTS file_unclaimed ON file(received_at) WHERE claimed_by = '';
    CREATE INDEX IF NOT EXISTS file_pending ON file(status) WHERE status = 'pending';
    """,
)


@projection.on(FileReceived)
def _received(tx: Tx, fact: FileReceived, recorded: Recorded) -> None:
    tx.run(
        "INSERT INTO file VALUES(:id, :demande, :sender, :uploader, :name, '', :size, :sha256, 'received', :asked, '',"
        " :at) ON CONFLICT DO NOTHING",
        id=fact.file,
        demande=fact.demande,
        sender=fact.sender,
        uploader=recorded.meta.actor,
        name=fact.name,
        size=fact.size,
        sha256=fact.sha256,
        asked=fact.requested_document,
        at=rfc3339(recorded.at),
    )


@projection.on(FileVetted)
def _vetted(tx: Tx, fact: FileVetted, recorded: Recorded) -> None:
    tx.run(
        "UPDATE file SET name=:name, media_type=:media_type, status=:status WHERE id=:id",
        name=fact.name,
        media_type=fact.media_type,
        status=fact.status,
        id=fact.file,
    )


@projection.on(FileRejected)
def _rejected(tx: Tx, fact: FileRejected, recorded: Recorded) -> None:
    tx.run("UPDATE file SET status='rejected' WHERE id=:id", id=fact.file)


@projection.on(FileExpired)
def _expired(tx: Tx, fact: FileExpired, recorded: Recorded) -> None:
    tx.run("UPDATE file SET status='expired' WHERE id=:id", id=fact.file)


@projection.on(FileClaimed)
def _claimed(tx: Tx, fact: FileClaimed, recorded: Recorded) -> None:
    tx.run("UPDATE file SET claimed_by=:message WHERE id=:id", message=fact.message, id=fact.file)


async def find(db: Db, id: str) -> Row | None:
    """The card of a file."""
    rows = await db.read("SELECT * FROM file WHERE id=:id", id=id)
    return rows[0] if rows else None


async def abandoned(db: Db, before: str) -> list[Row]:
    """Files received before an instant that no message carries."""
    return await db.read(
        "SELECT id FROM file WHERE claimed_by='' AND received_at<:before AND status IN ('received', 'clean', 'pending')"
        " ORDER BY received_at LIMIT 500",
        before=before,
    )


async def pending(db: Db) -> list[Row]:
    """Files that wait for an antivirus."""
    return await db.read("SELECT * FROM file WHERE status='pending' ORDER BY received_at LIMIT 500")
