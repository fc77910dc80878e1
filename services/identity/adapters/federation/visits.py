"""Sessions that a provider opened: by whom, with the id token that closes the one there, and how fresh they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from kernel.clock import rfc3339
from kernel.db import Tx
from kernel.runtime.runtime import Runtime
from services.identity.adapters.sealing import seal, unseal

FRESH = timedelta(minutes=5)
"""How long an identity that was just confirmed stands for the password of an account that has none."""

PURPOSE = "federated-session"

DDL = """
CREATE TABLE IF NOT EXISTS federated_session(sid TEXT PRIMARY KEY, account TEXT NOT NULL, provider TEXT NOT NULL,
  id_token TEXT NOT NULL, fresh_until TEXT NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Federated:
    """By which provider a session was opened. `id_token` says so to that provider when its holder leaves."""

    provider: str
    id_token: str


async def note(run: Runtime, sid: str, account: str, provider: str, id_token: str) -> None:
    """A provider has just opened this session, or named its holder again."""
    row = {"sid": sid, "account": account, "provider": provider, "id_token": seal(run, PURPOSE, sid, id_token)}
    sql = (
        "INSERT INTO federated_session VALUES(:sid, :account, :provider, :id_token, '') ON CONFLICT(sid) DO UPDATE"
        " SET provider=excluded.provider, id_token=excluded.id_token"
    )
    await run.state.write(lambda tx: tx.run(sql, **row))


async def confirm(run: Runtime, sid: str, account: str) -> None:
    """The holder identified himself again, just now."""
    sql = "UPDATE federated_session SET fresh_until=:until WHERE sid=:sid AND account=:account"
    until = rfc3339(run.clock() + FRESH)
    await run.state.write(lambda tx: tx.run(sql, until=until, sid=sid, account=account))


async def is_fresh(run: Runtime, sid: str | None, account: str) -> bool:
    """Whether the holder identified himself again a moment ago."""
    rows = await run.state.read(
        "SELECT sid FROM federated_session WHERE sid=:sid AND account=:account AND fresh_until>:now",
        sid=sid or "",
        account=account,
        now=rfc3339(run.clock()),
    )
    return bool(rows)


async def provider_of(run: Runtime, sid: str | None) -> str:
    """Who opened a session; empty for a password."""
    rows = await run.state.read("SELECT provider FROM federated_session WHERE sid=:sid", sid=sid or "")
    return str(rows[0]["provider"]) if rows else ""


async def of_session(run: Runtime, sid: str) -> Federated | None:
    """What is known of a session; None for a password's."""
    rows = await run.state.read("SELECT provider, id_token FROM federated_session WHERE sid=:sid", sid=sid)
    return Federated(rows[0]["provider"], unseal(run, PURPOSE, sid, rows[0]["id_token"])) if rows else None


def forget(tx: Tx, account: str) -> None:
    """Drop what is kept of an account."""
    tx.run("DELETE FROM federated_session WHERE account=:account", account=account)


def drop(tx: Tx, sid: str) -> None:
    """The session is closed: its id token serves no more."""
    tx.run("DELETE FROM federated_session WHERE sid=:sid", sid=sid)


def prune(tx: Tx) -> None:
    """Drop what belongs to sessions that are over."""
    tx.run("DELETE FROM federated_session WHERE sid NOT IN (SELECT sid FROM session)")
