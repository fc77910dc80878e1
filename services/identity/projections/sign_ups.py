"""Which accounts still wait for their activation, by address and by age?"""

from __future__ import annotations

from kernel.clock import rfc3339
from kernel.db import Db, Row, Tx
from kernel.envelope import Recorded
from kernel.position import Mark
from kernel.projection import Projection
from kernel.runtime.runtime import Runtime
from services.identity.events import (
    AccountActivated,
    AccountCreated,
    AccountDisabled,
    AccountForgotten,
    PasswordChanged,
)

projection = Projection(
    "sign_ups",
    version=1,
    ddl="""
    CREATE TABLE IF NOT EXISTS pending(account TEXT PRIMARY KEY, lookup TEXT NOT NULL, created_at TEXT NOT NULL,
      has_password INTEGER NOT NULL);
    CREATE INDEX IF NOT EXISTS pending_by_address ON pending(lookup, created_at);
    CREATE INDEX IF NOT EXISTS pending_by_time ON pending(created_at);
    """,
)


@projection.on(AccountCreated)
def _created(tx: Tx, fact: AccountCreated, recorded: Recorded) -> None:
    tx.run(
        "INSERT INTO pending VALUES(:account, :lookup, :at, 0) ON CONFLICT(account) DO NOTHING",
        account=fact.account,
        lookup=fact.lookup,
        at=rfc3339(recorded.at),
    )


@projection.on(PasswordChanged)
def _chosen(tx: Tx, fact: PasswordChanged, recorded: Recorded) -> None:
    tx.run("UPDATE pending SET has_password=1 WHERE account=:account", account=fact.account)


@projection.on(AccountActivated, AccountDisabled, AccountForgotten)
def _over(tx: Tx, fact: AccountActivated | AccountDisabled | AccountForgotten, recorded: Recorded) -> None:
    tx.run("DELETE FROM pending WHERE account=:account", account=fact.account)


async def current(run: Runtime) -> Db:
    """This read model, once it shows all that identity has recorded so far."""
    return await run.view(projection, {run.name: Mark(run.store.head, run.store.public_head)})


async def of_address(db: Db, lookup: str, limit: int) -> list[Row]:
    """The accounts that wait under one address, the newest first."""
    return await db.read(
        "SELECT account, has_password FROM pending WHERE lookup=:lookup ORDER BY created_at DESC, account LIMIT :limit",
        lookup=lookup,
        limit=limit,
    )


async def oldest(db: Db, limit: int) -> list[Row]:
    """The accounts that have waited longest."""
    return await db.read("SELECT account, created_at FROM pending ORDER BY created_at LIMIT :limit", limit=limit)
