"""Tokens that were mailed: only their SHA-256 is kept, with what they are for and how often they were tried."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from kernel.clock import rfc3339
from kernel.db import Row, Tx
from kernel.ids import secret_token
from kernel.keys import token_hash
from kernel.runtime.runtime import Runtime

ACTIVATION, RESET, ADDRESS = "activation", "password-reset", "address"
LIVES = {ACTIVATION: timedelta(hours=24), RESET: timedelta(minutes=30), ADDRESS: timedelta(hours=24)}
TRIES = 10
MAILS = 3
"""How many links of one purpose an account is mailed in an hour: nobody fills somebody else's mailbox."""

KEPT = timedelta(days=7)
"""How long a used or expired token is remembered, so that a repeated request finds its first answer."""

DDL = """
CREATE TABLE IF NOT EXISTS token(hash TEXT PRIMARY KEY, purpose TEXT NOT NULL, account TEXT NOT NULL,
  expires_at TEXT NOT NULL, tries INTEGER NOT NULL, used INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS token_of_account ON token(account);
CREATE INDEX IF NOT EXISTS token_by_time ON token(expires_at);
"""


@dataclass(frozen=True, slots=True)
class Issued:
    """A new token. It is told once, to whom it is mailed."""

    token: str
    expires_at: str


async def issue(run: Runtime, purpose: str, account: str) -> Issued:
    """A token that is durable before the fact that has it mailed."""
    issued = Issued(secret_token(), rfc3339(run.clock() + LIVES[purpose]))

    def work(tx: Tx) -> None:
        tx.run(
            "INSERT INTO token VALUES(:hash, :purpose, :account, :expires, 0, 0) ON CONFLICT DO NOTHING",
            hash=token_hash(issued.token),
            purpose=purpose,
            account=account,
            expires=issued.expires_at,
        )

    await run.state.write(work)
    return issued


async def may_mail(run: Runtime, purpose: str, account: str) -> bool:
    """Whether an account may be mailed one more link within the hour. Everybody tries the demonstration at will."""
    within = rfc3339(run.clock() + LIVES[purpose] - timedelta(hours=1))
    rows = await run.state.read(
        "SELECT count(*) AS n FROM token WHERE account=:account AND purpose=:purpose AND expires_at>:within",
        account=account,
        purpose=purpose,
        within=within,
    )
    return run.settings.demo or rows[0]["n"] < MAILS


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


async def use_up(run: Runtime, account: str, *purposes: str) -> None:
    """No token of this account and these purposes is good any more."""

    def work(tx: Tx) -> None:
        for purpose in purposes:
            tx.run(
                "UPDATE token SET used=1 WHERE account=:account AND purpose=:purpose", account=account, purpose=purpose
            )

    await run.state.write(work)


async def waiting(run: Runtime, account: str) -> list[Row]:
    """What was mailed to an account and is still good: `purpose` and `expires_at`."""
    return await run.state.read(
        "SELECT purpose, expires_at FROM token WHERE account=:account AND used=0 AND expires_at>:now"
        " ORDER BY expires_at LIMIT 100",
        account=account,
        now=rfc3339(run.clock()),
    )


def forget(tx: Tx, account: str) -> None:
    """Drop every token of an account."""
    tx.run("DELETE FROM token WHERE account=:account", account=account)


def prune(tx: Tx, now: datetime) -> None:
    """Drop the tokens that expired long ago."""
    tx.run("DELETE FROM token WHERE expires_at<:past", past=rfc3339(now - KEPT))
