"""Tokens that were mailed: only their SHA-256 is kept, with what they are for and how often they were tried."""

from __future__ import annotations

from datetime import datetime, timedelta

from kernel.clock import rfc3339
from kernel.db import Tx
from kernel.keys import token_hash
from kernel.runtime.runtime import Runtime

ACTIVATION = "activation"
LIFE = timedelta(hours=24)
TRIES = 10
KEPT = timedelta(days=7)
"""How long a used or expired token is remembered, so that a repeated request finds its first answer."""

DDL = """
CREATE TABLE IF NOT EXISTS token(hash TEXT PRIMARY KEY, purpose TEXT NOT NULL, account TEXT NOT NULL,
  expires_at TEXT NOT NULL, tries INTEGER NOT NULL, used INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS token_of_account ON token(account);
CREATE INDEX IF NOT EXISTS token_by_time ON token(expires_at);
"""


async def issue(run: Runtime, purpose: str, token: str, account: str, expires_at: datetime) -> None:
    """Make a token usable. It is durable before the fact that has it mailed."""

    def work(tx: Tx) -> None:
        tx.run(
            "INSERT INTO token VALUES(:hash, :purpose, :account, :expires, 0, 0) ON CONFLICT DO NOTHING",
            hash=token_hash(token),
            purpose=purpose,
            account=account,
            expires=rfc3339(expires_at),
        )

    await run.state.write(work)


async def holder(run: Runtime, purpose: str, token: str) -> str | None:
    """The account of a token, even one that was used or has expired."""
    rows = await run.state.read(
        "SELECT account FROM token WHERE hash=:hash AND purpose=:purpose", hash=token_hash(token), purpose=purpose
    )
    return str(rows[0]["account"]) if rows else None


async def attempt(run: Runtime, purpose: str, token: str) -> bool:
    """Count a try; whether the token is good for one more."""

    def work(tx: Tx) -> bool:
        rows = tx.run(
            "UPDATE token SET tries=tries+1 WHERE hash=:hash AND purpose=:purpose AND used=0 AND tries<:most"
            " AND expires_at>:now RETURNING account",
            hash=token_hash(token),
            purpose=purpose,
            most=TRIES,
            now=rfc3339(run.clock()),
        )
        return bool(rows)

    return await run.state.write(work)


async def use_up(run: Runtime, purpose: str, account: str) -> None:
    """No token of this account and purpose is good any more."""

    def work(tx: Tx) -> None:
        tx.run("UPDATE token SET used=1 WHERE account=:account AND purpose=:purpose", account=account, purpose=purpose)

    await run.state.write(work)


async def forget(run: Runtime, account: str) -> None:
    """Drop every token of an account."""

    def work(tx: Tx) -> None:
        tx.run("DELETE FROM token WHERE account=:account", account=account)

    await run.state.write(work)


def prune(tx: Tx, now: datetime) -> None:
    """Drop the tokens that expired long ago."""
    tx.run("DELETE FROM token WHERE expires_at<:past", past=rfc3339(now - KEPT))
