"""Sessions, as durable rows: opaque tokens of 256 bits, kept as SHA-256 only, never a fact and never rebuilt.

An account's session lives 8 hours, and 30 minutes without use (a use is noted once a minute). A tracking session lives
30 minutes and opens one demande. A session that is closed is announced on the bus, so the gateway drops it at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from kernel.clock import parse_rfc3339, rfc3339
from kernel.db import Row, Tx
from kernel.ids import secret_token, short_id
from kernel.keys import token_hash
from kernel.runtime.runtime import Runtime
from services.identity.adapters.federation import visits
from services.identity.adapters.sealing import seal, unseal

LIFE, IDLE, TRACKING_LIFE = timedelta(hours=8), timedelta(minutes=30), timedelta(minutes=30)
NOTED_EVERY = timedelta(minutes=1)
CLOSED = "guichet-session.closed"

DDL = """
CREATE TABLE IF NOT EXISTS session(sid TEXT PRIMARY KEY, token TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
  account TEXT NOT NULL, demande TEXT NOT NULL, email TEXT NOT NULL, created_at TEXT NOT NULL,
  last_seen_at TEXT NOT NULL, expires_at TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS session_of_account ON session(account, last_seen_at) WHERE account<>'';
CREATE INDEX IF NOT EXISTS session_by_time ON session(expires_at);
"""
_ALIVE = "expires_at>:now AND (kind='tracking' OR last_seen_at>:idle)"


@dataclass(frozen=True, slots=True)
class Opened:
    """A new session. The token is told once."""

    token: str
    expires_at: str
    sid: str


@dataclass(frozen=True, slots=True)
class Session:
    """A live session: of an account, or of a demande and the address its mail goes to."""

    sid: str
    kind: Literal["account", "tracking"]
    expires_at: str
    account: str
    demande: str
    email: str


async def open_account(run: Runtime, account: str, most: int) -> Opened:
    """A session of an account; those least recently used make room when there are more than `most`."""
    opened, row = _new(run, "account", LIFE, account=account)

    def work(tx: Tx) -> list[Row]:
        _insert(tx, row)
        return _delete(
            tx,
            "account=:account AND sid<>:sid AND sid NOT IN (SELECT sid FROM session"
            " WHERE account=:account AND sid<>:sid ORDER BY last_seen_at DESC, created_at DESC, sid LIMIT :left)",
            account=account,
            sid=row["sid"],
            left=most - 1,
        )

    await _announce(run, await run.state.write(work))
    return opened


async def open_tracking(run: Runtime, demande: str, email: str) -> Opened:
    """A session that opens one demande."""
    opened, row = _new(run, "tracking", TRACKING_LIFE, demande=demande)
    row["email"] = seal(run, "session", row["sid"], email)
    await run.state.write(lambda tx: _insert(tx, row))
    return opened


async def find(run: Runtime, token: str) -> Session | None:
    """The live session of a token, whose use is noted; None for anything else."""
    now = run.clock()
    rows = await run.state.read(
        f"SELECT * FROM session WHERE token=:token AND {_ALIVE}", **_at(now, token=token_hash(token))
    )
    if not rows:
        return None
    (row,) = rows
    if row["kind"] == "account" and now - parse_rfc3339(row["last_seen_at"]) >= NOTED_EVERY:
        await run.state.write(lambda tx: _note(tx, row["sid"], now))
    email = unseal(run, "session", row["sid"], row["email"]) if row["email"] else ""
    return Session(row["sid"], row["kind"], row["expires_at"], row["account"], row["demande"], email)


async def of_account(run: Runtime, account: str) -> Sequence[Row]:
    """The live sessions of an account, the last used first."""
    return await run.state.read(
        f"SELECT sid, created_at, last_seen_at, expires_at FROM session WHERE account=:account AND {_ALIVE}"
        " ORDER BY last_seen_at DESC, created_at DESC, sid",
        **_at(run.clock(), account=account),
    )


async def close(run: Runtime, sid: str, *, account: str | None = None) -> bool:
    """Close a session, or only when it belongs to `account`; whether there was one."""

    def work(tx: Tx) -> list[Row]:
        whose = "" if account is None else " AND account=:account"
        return _delete(tx, f"sid=:sid{whose}", sid=sid, account=account)

    closed = await run.state.write(work)
    await _announce(run, closed)
    return bool(closed)


async def close_all(run: Runtime, account: str, *, but: str | None = None) -> None:
    """Close every session of an account, one perhaps excepted."""

    def work(tx: Tx) -> list[Row]:
        return _delete(tx, "account=:account AND account<>'' AND sid<>:but", account=account, but=but or "")

    await _announce(run, await run.state.write(work))


def prune(tx: Tx, now: datetime) -> None:
    """Drop the sessions that are over."""
    tx.run(f"DELETE FROM session WHERE NOT ({_ALIVE})", **_at(now))


def _new(run: Runtime, kind: str, life: timedelta, *, account: str = "", demande: str = "") -> tuple[Opened, Row]:
    now, token = run.clock(), secret_token()
    opened = Opened(token, rfc3339(now + life), short_id(run.ids()))
    row = {
        "sid": opened.sid,
        "token": token_hash(token),
        "kind": kind,
        "account": account,
        "demande": demande,
        "email": "",
        "at": rfc3339(now),
        "expires_at": opened.expires_at,
    }
    return opened, row


def _insert(tx: Tx, row: Row) -> None:
    tx.run("INSERT INTO session VALUES(:sid, :token, :kind, :account, :demande, :email, :at, :at, :expires_at)", **row)


def _delete(tx: Tx, which: str, **params: Any) -> list[Row]:
    closed = tx.run(f"DELETE FROM session WHERE {which} RETURNING sid", **params)
    for row in closed:
        visits.drop(tx, row["sid"])
    return closed


def _note(tx: Tx, sid: str, now: datetime) -> None:
    tx.run("UPDATE session SET last_seen_at=:now WHERE sid=:sid AND last_seen_at<:now", sid=sid, now=rfc3339(now))


def _at(now: datetime, **params: str) -> dict[str, str]:
    return {"now": rfc3339(now), "idle": rfc3339(now - IDLE), **params}


async def _announce(run: Runtime, closed: Sequence[Row]) -> None:
    if run.bus is not None:
        for row in closed:
            await run.bus.send(CLOSED, {"sid": row["sid"]})
