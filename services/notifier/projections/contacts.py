"""Who is to be written to, and what must be said of a demande or a discussion in every mail about it?

Each table is fed by one service: `demande` by dossiers, `account` by identity, `topic` and `requested` by discussion.
"""

from __future__ import annotations

from kernel.db import Db, Row, Tx
from kernel.envelope import Recorded
from kernel.events import ERASED
from kernel.projection import Projection
from services.discussion.events import DiscussionOpened, DocumentsRequested
from services.dossiers.events import DemandeJoined, DemandeSubmitted
from services.identity.events import AccountCreated, AccountErased, AccountForgotten, EmailChanged

projection = Projection(
    "contacts",
    version=3,
    ddl="""
    CREATE TABLE IF NOT EXISTS demande(id TEXT PRIMARY KEY, email TEXT NOT NULL, first_name TEXT NOT NULL,
      last_name TEXT NOT NULL, tracking_number TEXT NOT NULL, reference TEXT NOT NULL, title TEXT NOT NULL,
      service_label TEXT NOT NULL, owner TEXT NOT NULL, silence TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS account(id TEXT PRIMARY KEY, email TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS topic(discussion TEXT PRIMARY KEY, demande TEXT NOT NULL, topic TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS requested(discussion TEXT NOT NULL, id TEXT NOT NULL, rank INTEGER NOT NULL,
      label TEXT NOT NULL, required INTEGER NOT NULL, due TEXT NOT NULL, PRIMARY KEY(discussion, id));
    """,
)


@projection.on(DemandeSubmitted)
def _submitted(tx: Tx, fact: DemandeSubmitted, recorded: Recorded) -> None:
    tx.run(
        "INSERT INTO demande VALUES(:id, :email, :first_name, :last_name, :tracking_number, :reference, :title,"
        " :service_label, :owner, :silence) ON CONFLICT(id) DO NOTHING",
        id=fact.demande,
        email=fact.contact.email,
        first_name=fact.contact.first_name,
        last_name=fact.contact.last_name,
        tracking_number=fact.tracking_number,
        reference=fact.reference,
        title=fact.title,
        service_label=fact.service_label,
        owner=fact.owner,
        silence=fact.legal.silence,
    )


@projection.on(DemandeJoined)
def _joined(tx: Tx, fact: DemandeJoined, recorded: Recorded) -> None:
    tx.run("UPDATE demande SET owner=:owner WHERE id=:id", owner=fact.owner, id=fact.demande)


@projection.on(AccountCreated)
def _created(tx: Tx, fact: AccountCreated, recorded: Recorded) -> None:
    tx.run("INSERT INTO account VALUES(:id, :email) ON CONFLICT(id) DO NOTHING", id=fact.account, email=fact.email)


@projection.on(EmailChanged)
def _moved(tx: Tx, fact: EmailChanged, recorded: Recorded) -> None:
    tx.run("UPDATE account SET email=:email WHERE id=:id", email=fact.email, id=fact.account)


@projection.on(AccountForgotten, AccountErased)
def _gone(tx: Tx, fact: AccountForgotten | AccountErased, recorded: Recorded) -> None:
    tx.run("UPDATE account SET email=:erased WHERE id=:id", erased=ERASED, id=fact.account)


@projection.on(DiscussionOpened)
def _opened(tx: Tx, fact: DiscussionOpened, recorded: Recorded) -> None:
    tx.run(
        "INSERT INTO topic VALUES(:discussion, :demande, :topic) ON CONFLICT(discussion) DO NOTHING",
        discussion=fact.discussion,
        demande=fact.demande,
        topic=fact.topic,
    )


@projection.on(DocumentsRequested)
def _requested(tx: Tx, fact: DocumentsRequested, recorded: Recorded) -> None:
    for rank, document in enumerate(fact.documents):
        tx.run(
            "INSERT INTO requested VALUES(:discussion, :id, :rank, :label, :required, :due) ON CONFLICT DO NOTHING",
            discussion=fact.discussion,
            id=document.id,
            rank=rank,
            label=document.label,
            required=int(document.required),
            due=document.due,
        )


async def of_demande(db: Db, demande: str) -> Row | None:
    """Who filed a demande, and what names it; None while its filing has not arrived."""
    rows = await db.read("SELECT * FROM demande WHERE id=:id", id=demande)
    return rows[0] if rows else None


async def of_account(db: Db, account: str) -> Row | None:
    """Where the owner of an account is written to; None while its creation has not arrived."""
    rows = await db.read("SELECT * FROM account WHERE id=:id", id=account)
    return rows[0] if rows else None


async def topic_of(db: Db, discussion: str) -> str | None:
    """What a discussion is about; None while its opening has not arrived."""
    rows = await db.read("SELECT topic FROM topic WHERE discussion=:discussion", discussion=discussion)
    return str(rows[0]["topic"]) if rows else None


async def awaited(db: Db, discussion: str) -> set[str]:
    """The ids of the documents that a discussion must have."""
    rows = await db.read("SELECT id FROM requested WHERE discussion=:discussion AND required=1", discussion=discussion)
    return {row["id"] for row in rows}


async def documents_of(db: Db, discussion: str) -> list[Row]:
    """The documents a discussion asks for, in the order they were asked: `label`, `required`, `due`."""
    return await db.read(
        "SELECT label, required, due FROM requested WHERE discussion=:discussion ORDER BY rank LIMIT 50",
        discussion=discussion,
    )
