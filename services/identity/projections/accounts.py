"""Who is behind an account, and what may he do?"""

from __future__ import annotations

from typing import Any

from pydantic_core import from_json, to_json

from kernel.clock import rfc3339
from kernel.db import Db, Row, Tx
from kernel.envelope import Recorded
from kernel.projection import Projection
from services.identity.events import (
    AccountActivated,
    AccountCreated,
    AccountDisabled,
    AccountForgotten,
    ActivationRequested,
    PasswordChanged,
    ProfileChanged,
    RoleGranted,
    SignUpAttempted,
)

projection = Projection(
    "accounts",
    version=1,
    ddl="""
    CREATE TABLE IF NOT EXISTS account(id TEXT PRIMARY KEY, status TEXT NOT NULL, email TEXT NOT NULL,
      first_name TEXT NOT NULL, last_name TEXT NOT NULL, phone TEXT NOT NULL, postal_address TEXT NOT NULL,
      roles TEXT NOT NULL, created_at TEXT NOT NULL, version INTEGER NOT NULL);
    CREATE INDEX IF NOT EXISTS agent ON account(created_at, id) WHERE roles<>'{}';
    """,
)


@projection.on(AccountCreated)
def _created(tx: Tx, fact: AccountCreated, recorded: Recorded) -> None:
    tx.run(
        "INSERT INTO account VALUES(:id, 'pending', :email, :first, :last, '', '', '{}', :at, :version)"
        " ON CONFLICT(id) DO NOTHING",
        id=fact.account,
        email=fact.email,
        first=fact.first_name,
        last=fact.last_name,
        at=rfc3339(recorded.at),
        version=recorded.version,
    )


@projection.on(ProfileChanged)
def _changed(tx: Tx, fact: ProfileChanged, recorded: Recorded) -> None:
    tx.run(
        "UPDATE account SET first_name=:first_name, last_name=:last_name, phone=:phone, postal_address=:postal_address,"
        " version=:version WHERE id=:account",
        version=recorded.version,
        **fact.model_dump(),
    )


@projection.on(RoleGranted)
def _granted(tx: Tx, fact: RoleGranted, recorded: Recorded) -> None:
    for row in tx.run("SELECT roles FROM account WHERE id=:id", id=fact.account):
        roles = {**from_json(row["roles"]), fact.role: list(fact.services)}
        tx.run(
            "UPDATE account SET roles=:roles, version=:version WHERE id=:id",
            roles=to_json(dict(sorted(roles.items()))).decode(),
            version=recorded.version,
            id=fact.account,
        )


@projection.on(AccountActivated)
def _activated(tx: Tx, fact: AccountActivated, recorded: Recorded) -> None:
    _stands(tx, fact.account, "active", recorded)


@projection.on(AccountDisabled)
def _disabled(tx: Tx, fact: AccountDisabled, recorded: Recorded) -> None:
    _stands(tx, fact.account, "disabled", recorded)


@projection.on(PasswordChanged, ActivationRequested, SignUpAttempted)
def _versioned(tx: Tx, fact: PasswordChanged | ActivationRequested | SignUpAttempted, recorded: Recorded) -> None:
    tx.run("UPDATE account SET version=:version WHERE id=:id", version=recorded.version, id=fact.account)


@projection.on(AccountForgotten)
def _forgotten(tx: Tx, fact: AccountForgotten, recorded: Recorded) -> None:
    tx.run("DELETE FROM account WHERE id=:id", id=fact.account)


def _stands(tx: Tx, account: str, status: str, recorded: Recorded) -> None:
    tx.run(
        "UPDATE account SET status=:status, version=:version WHERE id=:id",
        status=status,
        version=recorded.version,
        id=account,
    )


async def find(db: Db, account: str) -> Row | None:
    """An account by its id, its roles with the services each is for."""
    rows = await db.read("SELECT * FROM account WHERE id=:id", id=account)
    return _read(rows[0]) if rows else None


async def agents(db: Db, after: list[Any], limit: int) -> list[Row]:
    """The accounts that hold a role, the oldest first."""
    since = {"at": after[0], "id": after[1]} if len(after) == 2 else {"at": "", "id": ""}
    rows = await db.read(
        "SELECT * FROM account WHERE roles<>'{}' AND (created_at, id)>(:at, :id) ORDER BY created_at, id LIMIT :limit",
        limit=limit,
        **since,
    )
    return [_read(row) for row in rows]


def _read(row: Row) -> Row:
    return {**row, "roles": from_json(row["roles"])}
