"""Which agents belong to a service, and what are they called? Folded from the facts of identity.

A copy: whether somebody may be given work is asked of identity itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic_core import from_json, to_json

from kernel.db import Db, Row, Tx
from kernel.envelope import Recorded
from kernel.http.paging import Paging
from kernel.projection import Projection
from services.dossiers.projections.words import plain
from services.identity.events import (
    AccountActivated,
    AccountCreated,
    AccountDisabled,
    AccountErased,
    AccountForgotten,
    EmailChanged,
    ProfileChanged,
    RoleGranted,
)

ROLE = "instructeur"

# Any account may become an agent's, so each one's name is kept from the start; only an agent's is ever shown.
projection = Projection(
    "agents",
    version=1,
    ddl="""
    CREATE TABLE IF NOT EXISTS agent(id TEXT PRIMARY KEY, email TEXT NOT NULL, first_name TEXT NOT NULL,
      last_name TEXT NOT NULL, sorted TEXT NOT NULL, services TEXT NOT NULL, active INTEGER NOT NULL);
    CREATE INDEX IF NOT EXISTS agent_named ON agent(sorted, id) WHERE active=1 AND services<>'';
    CREATE INDEX IF NOT EXISTS agent_at ON agent(email);
    """,
)


@projection.on(AccountCreated)
def _created(tx: Tx, fact: AccountCreated, recorded: Recorded) -> None:
    tx.run(
        "INSERT INTO agent VALUES(:id, :email, :first, :last, :sorted, '', 0) ON CONFLICT(id) DO NOTHING",
        id=fact.account,
        email=fact.email.lower(),
        first=fact.first_name,
        last=fact.last_name,
        sorted=plain(f"{fact.last_name} {fact.first_name}"),
    )


@projection.on(ProfileChanged)
def _changed(tx: Tx, fact: ProfileChanged, recorded: Recorded) -> None:
    tx.run(
        "UPDATE agent SET first_name=:first, last_name=:last, sorted=:sorted WHERE id=:id",
        first=fact.first_name,
        last=fact.last_name,
        sorted=plain(f"{fact.last_name} {fact.first_name}"),
        id=fact.account,
    )


@projection.on(EmailChanged)
def _moved(tx: Tx, fact: EmailChanged, recorded: Recorded) -> None:
    tx.run("UPDATE agent SET email=:email WHERE id=:id", email=fact.email.lower(), id=fact.account)


@projection.on(AccountActivated)
def _activated(tx: Tx, fact: AccountActivated, recorded: Recorded) -> None:
    tx.run("UPDATE agent SET active=1 WHERE id=:id", id=fact.account)


@projection.on(RoleGranted)
def _granted(tx: Tx, fact: RoleGranted, recorded: Recorded) -> None:
    if fact.role == ROLE:
        services = to_json(sorted(fact.services)).decode() if fact.services else ""
        tx.run("UPDATE agent SET services=:services WHERE id=:id", services=services, id=fact.account)


@projection.on(AccountDisabled)
def _disabled(tx: Tx, fact: AccountDisabled, recorded: Recorded) -> None:
    tx.run("UPDATE agent SET active=0 WHERE id=:id", id=fact.account)


@projection.on(AccountForgotten, AccountErased)
def _gone(tx: Tx, fact: AccountForgotten | AccountErased, recorded: Recorded) -> None:
    tx.run("DELETE FROM agent WHERE id=:id", id=fact.account)


IN_FORCE = "SELECT * FROM agent WHERE active=1 AND services<>''"


async def of_services(db: Db, services: Iterable[str] | None, paging: Paging) -> list[Row]:
    """The agents of some services, or of all (None), by name: rows of `id, first_name, last_name, services, sorted`."""
    clauses, params = [], {}
    if services is not None:
        params = {f"service{number}": f'%"{service}"%' for number, service in enumerate(sorted(services))}
        clauses.append(f"({' OR '.join(f'services LIKE :{name}' for name in params)})" if params else "1=0")
    if after := paging.resume(str, str):
        clauses.append("(sorted, id) > (:after_name, :after_id)")
        params |= {"after_name": after[0], "after_id": after[1]}
    where = "".join(f" AND {clause}" for clause in clauses)
    rows = await db.read(f"{IN_FORCE}{where} ORDER BY sorted, id LIMIT :limit", **params, limit=paging.limit + 1)
    return [_read(row) for row in rows]


async def at(db: Db, email: str) -> str | None:
    """The id of the agent who has an address."""
    rows = await db.read(f"{IN_FORCE} AND email=:email", email=email.strip().lower())
    return str(rows[0]["id"]) if rows else None


async def names(db: Db, ids: Iterable[str]) -> dict[str, str]:
    """What accounts are called, by id; those that are gone are left out."""
    params = {f"id{number}": id for number, id in enumerate(sorted(set(ids)))}
    if not params:
        return {}
    among = ", ".join(f":{name}" for name in params)
    rows = await db.read(f"SELECT id, first_name, last_name FROM agent WHERE id IN ({among})", **params)
    return {row["id"]: f"{row['first_name']} {row['last_name']}".strip() for row in rows}


def shown(row: Row) -> dict[str, Any]:
    """An agent as his colleagues see him."""
    return {name: row[name] for name in ("id", "first_name", "last_name", "services")}


def _read(row: Row) -> Row:
    return {**row, "services": from_json(row["services"])}
