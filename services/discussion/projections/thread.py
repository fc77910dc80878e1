"""What was said about one demande, what is awaited, and what was read?"""

from __future__ import annotations

from dataclasses import dataclass

from pydantic_core import to_json

from kernel.clock import rfc3339
from kernel.db import Db, Row, Tx
from kernel.envelope import Recorded
from kernel.projection import Projection
from services.discussion.events import (
    DiscussionClosed,
    DiscussionOpened,
    DocumentsRequested,
    MessagePosted,
    MessageRead,
)

projection = Projection(
    "thread",
    version=1,
    ddl="""
    CREATE TABLE IF NOT EXISTS head(demande TEXT PRIMARY KEY, version INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS discussion(id TEXT PRIMARY KEY, demande TEXT NOT NULL, opened INTEGER NOT NULL,
      topic TEXT NOT NULL, closed_at TEXT NOT NULL);
    CREATE INDEX IF NOT EXISTS discussion_of ON discussion(demande, opened);
    CREATE TABLE IF NOT EXISTS requested(id TEXT PRIMARY KEY, discussion TEXT NOT NULL, place INTEGER NOT NULL,
      label TEXT NOT NULL, required INTEGER NOT NULL, due TEXT NOT NULL, received TEXT NOT NULL);
    CREATE INDEX IF NOT EXISTS requested_of ON requested(discussion, place);
    CREATE TABLE IF NOT EXISTS message(id TEXT PRIMARY KEY, demande TEXT NOT NULL, discussion TEXT NOT NULL,
      version INTEGER NOT NULL, at TEXT NOT NULL, author TEXT NOT NULL, author_name TEXT NOT NULL, body TEXT NOT NULL,
      attachments TEXT NOT NULL, read_at TEXT NOT NULL);
    CREATE INDEX IF NOT EXISTS message_of ON message(discussion, version);
    CREATE INDEX IF NOT EXISTS message_unread ON message(demande, author, version) WHERE read_at = '';
    """,
)


@projection.on(DiscussionOpened)
def _opened(tx: Tx, fact: DiscussionOpened, recorded: Recorded) -> None:
    tx.run(
        "INSERT INTO discussion VALUES(:id, :demande, :opened, :topic, '') ON CONFLICT DO NOTHING",
        id=fact.discussion,
        demande=fact.demande,
        opened=recorded.version,
        topic=fact.topic,
    )
    _advance(tx, fact.demande, recorded)


@projection.on(DocumentsRequested)
def _requested(tx: Tx, fact: DocumentsRequested, recorded: Recorded) -> None:
    for row in document_rows(fact):
        tx.run(
            "INSERT INTO requested VALUES(:id, :discussion, :place, :label, :required, :due, :received)"
            " ON CONFLICT DO NOTHING",
            **row,
        )
    _advance(tx, fact.demande, recorded)


@projection.on(MessagePosted)
def _posted(tx: Tx, fact: MessagePosted, recorded: Recorded) -> None:
    tx.run(
        "INSERT INTO message VALUES(:id, :demande, :discussion, :version, :at, :author, :author_name, :body,"
        " :attachments, :read_at) ON CONFLICT DO NOTHING",
        **message_row(fact, recorded),
    )
    for document, file in fact.received.items():
        tx.run("UPDATE requested SET received=:file WHERE id=:id", file=file, id=document)
    _advance(tx, fact.demande, recorded)


@projection.on(MessageRead)
def _read(tx: Tx, fact: MessageRead, recorded: Recorded) -> None:
    tx.run(
        "UPDATE message SET read_at=:at WHERE demande=:demande AND author<>:reader AND read_at=''"
        " AND version<=(SELECT version FROM message WHERE id=:up_to)",
        at=rfc3339(recorded.at),
        demande=fact.demande,
        reader=fact.reader,
        up_to=fact.up_to,
    )
    _advance(tx, fact.demande, recorded)


@projection.on(DiscussionClosed)
def _closed(tx: Tx, fact: DiscussionClosed, recorded: Recorded) -> None:
    tx.run("UPDATE discussion SET closed_at=:at WHERE id=:id", at=rfc3339(recorded.at), id=fact.discussion)
    _advance(tx, fact.demande, recorded)


def _advance(tx: Tx, demande: str, recorded: Recorded) -> None:
    tx.run(
        "INSERT INTO head VALUES(:demande, :version) ON CONFLICT(demande) DO UPDATE SET version=excluded.version"
        " WHERE head.version<excluded.version",
        demande=demande,
        version=recorded.version,
    )


def message_row(fact: MessagePosted, recorded: Recorded) -> Row:
    """A message as its row, before anybody read it."""
    return {
        "id": fact.message,
        "demande": fact.demande,
        "discussion": fact.discussion,
        "version": recorded.version,
        "at": rfc3339(recorded.at),
        "author": fact.author,
        "author_name": fact.author_name,
        "body": fact.body,
        "attachments": to_json(fact.attachments).decode(),
        "read_at": "",
    }


def document_rows(fact: DocumentsRequested) -> list[Row]:
    """The requested documents as their rows, before any was received."""
    return [
        {
            "id": document.id,
            "discussion": fact.discussion,
            "place": place,
            "label": document.label,
            "required": int(document.required),
            "due": document.due,
            "received": "",
        }
        for place, document in enumerate(fact.documents)
    ]


@dataclass(frozen=True)
class Thread:
    """One discussion as rows, the earlier ones of its demande, and the version of the demande's stream."""

    version: int
    discussion: Row
    earlier: list[Row]
    documents: list[Row]
    messages: list[Row]


async def find(db: Db, demande: str, discussion: str | None = None) -> Thread | None:
    """The last discussion of a demande, or the one that is named; None when there is none."""
    # The version first: a fact that lands in between makes the next If-Match stale, never blind.
    heads = await db.read("SELECT version FROM head WHERE demande=:demande", demande=demande)
    known = await db.read("SELECT * FROM discussion WHERE demande=:demande ORDER BY opened", demande=demande)
    place = len(known) - 1
    if discussion is not None:
        place = next((number for number, row in enumerate(known) if row["id"] == discussion), -1)
    if place < 0:
        return None
    id = known[place]["id"]
    return Thread(
        heads[0]["version"],
        known[place],
        known[:place],
        await db.read("SELECT * FROM requested WHERE discussion=:id ORDER BY place", id=id),
        await db.read("SELECT * FROM message WHERE discussion=:id ORDER BY version", id=id),
    )


async def earlier(db: Db, demande: str, before: int) -> list[Row]:
    """The discussions of a demande opened before a version of its stream, oldest first."""
    return await db.read(
        "SELECT * FROM discussion WHERE demande=:demande AND opened<:before ORDER BY opened",
        demande=demande,
        before=before,
    )
