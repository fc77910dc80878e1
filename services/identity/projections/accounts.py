"""Who is behind an account, and what may he do?"""

from __future__ import annotations

from typing import Any, get_args

from pydantic_core import from_json, to_json

from kernel.clock import rfc3339
from kernel.db import Db, Row, Tx
from kernel.envelope import Recorded
from kernel.projection import Projection
from services.identity.events import (
    AccountActivated,
    AccountCreated,
    AccountDisabled,
    AccountErased,
    AccountForgotten,
    ActivationRequested,
    AddressClaimed,
    AddressConfirmed,
    CapacityStated,
    EmailChanged,
    EmailChangeRequested,
    IdentityLinked,
    IdentityUnlinked,
    IdentityUsed,
    PasswordChanged,
    PasswordResetRequested,
    ProfileChanged,
    RecoveryCodeUsed,
    RoleGranted,
    SecondFactorDisabled,
    SecondFactorEnabled,
    SignUpAttempted,
    TermsAccepted,
)

projection = Projection(
    "accounts",
    version=4,
    ddl="""
    CREATE TABLE IF NOT EXISTS account(id TEXT PRIMARY KEY, status TEXT NOT NULL, email TEXT NOT NULL,
      first_name TEXT NOT NULL, last_name TEXT NOT NULL, phone TEXT NOT NULL, postal_address TEXT NOT NULL,
      terms_version TEXT NOT NULL, second_factor INTEGER NOT NULL, proven INTEGER NOT NULL,
      franceconnect INTEGER NOT NULL, has_password INTEGER NOT NULL, birthdate TEXT NOT NULL,
      usual_name TEXT NOT NULL, capacity TEXT NOT NULL, roles TEXT NOT NULL, created_at TEXT NOT NULL,
      version INTEGER NOT NULL);
    CREATE INDEX IF NOT EXISTS agent ON account(created_at, id) WHERE roles<>'{}';
    """,
)


@projection.on(AccountCreated)
def _created(tx: Tx, fact: AccountCreated, recorded: Recorded) -> None:
    tx.run(
        "INSERT INTO account VALUES(:id, 'pending', :email, :first, :last, '', '', :terms, 0, 0, 0, 0, '', '', '',"
        " '{}', :at, :version) ON CONFLICT(id) DO NOTHING",
        id=fact.account,
        email=fact.email,
        first=fact.first_name,
        last=fact.last_name,
        terms=fact.terms_version,
        at=rfc3339(recorded.at),
        version=recorded.version,
    )


@projection.on(ProfileChanged)
def _changed(tx: Tx, fact: ProfileChanged, recorded: Recorded) -> None:
    _set(tx, fact.account, recorded, **fact.model_dump(exclude={"account"}))


@projection.on(EmailChanged)
def _moved(tx: Tx, fact: EmailChanged, recorded: Recorded) -> None:
    _set(tx, fact.account, recorded, email=fact.email, proven=1)


@projection.on(AddressConfirmed)
def _proven(tx: Tx, fact: AddressConfirmed, recorded: Recorded) -> None:
    _set(tx, fact.account, recorded, proven=1)


@projection.on(PasswordChanged)
def _chosen(tx: Tx, fact: PasswordChanged, recorded: Recorded) -> None:
    _set(tx, fact.account, recorded, has_password=1)


@projection.on(IdentityLinked)
def _linked(tx: Tx, fact: IdentityLinked, recorded: Recorded) -> None:
    civil: dict[str, str | int] = {"franceconnect": 1, "birthdate": fact.birthdate, "usual_name": fact.usual_name}
    _set(tx, fact.account, recorded, **(civil if fact.provider == "franceconnect" else {}))


@projection.on(IdentityUnlinked)
def _unlinked(tx: Tx, fact: IdentityUnlinked, recorded: Recorded) -> None:
    gone: dict[str, str | int] = {"franceconnect": 0, "birthdate": "", "usual_name": ""}
    _set(tx, fact.account, recorded, **(gone if fact.provider == "franceconnect" else {}))


@projection.on(TermsAccepted)
def _accepted(tx: Tx, fact: TermsAccepted, recorded: Recorded) -> None:
    _set(tx, fact.account, recorded, terms_version=fact.version)


@projection.on(SecondFactorEnabled, SecondFactorDisabled)
def _second_factor(tx: Tx, fact: SecondFactorEnabled | SecondFactorDisabled, recorded: Recorded) -> None:
    _set(tx, fact.account, recorded, second_factor=int(isinstance(fact, SecondFactorEnabled)))


@projection.on(RoleGranted)
def _granted(tx: Tx, fact: RoleGranted, recorded: Recorded) -> None:
    for row in tx.run("SELECT roles FROM account WHERE id=:id", id=fact.account):
        roles = {**from_json(row["roles"]), fact.role: list(fact.services)}
        _set(tx, fact.account, recorded, roles=to_json(dict(sorted(roles.items()))).decode())


@projection.on(CapacityStated)
def _stated(tx: Tx, fact: CapacityStated, recorded: Recorded) -> None:
    _set(tx, fact.account, recorded, capacity=fact.capacity)


@projection.on(AccountActivated)
def _activated(tx: Tx, fact: AccountActivated, recorded: Recorded) -> None:
    _set(tx, fact.account, recorded, status="active", proven=int(fact.by != "franceconnect"))


@projection.on(AccountDisabled)
def _disabled(tx: Tx, fact: AccountDisabled, recorded: Recorded) -> None:
    _set(tx, fact.account, recorded, status="disabled")


Unshown = (
    IdentityUsed
    | PasswordResetRequested
    | ActivationRequested
    | SignUpAttempted
    | EmailChangeRequested
    | AddressClaimed
    | RecoveryCodeUsed
)


@projection.on(*get_args(Unshown))
def _versioned(tx: Tx, fact: Unshown, recorded: Recorded) -> None:
    _set(tx, fact.account, recorded)


@projection.on(AccountForgotten, AccountErased)
def _gone(tx: Tx, fact: AccountForgotten | AccountErased, recorded: Recorded) -> None:
    tx.run("DELETE FROM account WHERE id=:id", id=fact.account)


def _set(tx: Tx, account: str, recorded: Recorded, **columns: str | int) -> None:
    changes = "".join(f", {name}=:{name}" for name in columns)
    tx.run(
        f"UPDATE account SET version=:version{changes} WHERE id=:id", version=recorded.version, id=account, **columns
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
