"""People whom FranceConnect identified and who still have something to say: half an hour, in their browser alone."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Literal

from pydantic_core import from_json, to_json

from kernel.clock import rfc3339
from kernel.db import Tx
from kernel.keys import token_hash
from kernel.runtime.runtime import Runtime
from services.identity.adapters.sealing import seal, unseal
from services.identity.ports import Identified

LIFE = timedelta(minutes=30)
PURPOSE = "federation-choice"
Why = Literal["address-taken", "address-needed", "link", "code"]

DDL = """
CREATE TABLE IF NOT EXISTS federation_choice(browser TEXT PRIMARY KEY, choice TEXT NOT NULL, until TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS federation_choice_by_time ON federation_choice(until);
"""


@dataclass(frozen=True, slots=True)
class Choice:
    """Who waits, and for what: the account of his address, an address, his word, or his second factor."""

    why: Why
    next: str
    known: Identified
    account: str = ""


async def offer(run: Runtime, browser: str, choice: Choice) -> None:
    """Keep it; another one of this browser takes its place."""
    key = token_hash(browser)
    row = {
        "browser": key,
        "choice": seal(run, PURPOSE, key, to_json(asdict(choice)).decode()),
        "until": rfc3339(run.clock() + LIFE),
    }
    sql = (
        "INSERT INTO federation_choice VALUES(:browser, :choice, :until) ON CONFLICT(browser)"
        " DO UPDATE SET choice=excluded.choice, until=excluded.until"
    )
    await run.state.write(lambda tx: tx.run(sql, **row))


async def waiting(run: Runtime, browser: str) -> Choice | None:
    """What waits for this browser."""
    key = token_hash(browser)
    rows = await run.state.read(
        "SELECT choice FROM federation_choice WHERE browser=:key AND until>:now", key=key, now=rfc3339(run.clock())
    )
    if not rows:
        return None
    kept = from_json(unseal(run, PURPOSE, key, rows[0]["choice"]))
    return Choice(**(kept | {"known": Identified(**kept["known"])}))


async def drop(run: Runtime, browser: str) -> bool:
    """It is settled; whether there was one, so that of two answers only one counts."""
    key = token_hash(browser)
    rows = await run.state.write(
        lambda tx: tx.run("DELETE FROM federation_choice WHERE browser=:key RETURNING browser", key=key)
    )
    return bool(rows)


def prune(tx: Tx, now: datetime) -> None:
    """Drop what nobody answered."""
    tx.run("DELETE FROM federation_choice WHERE until<:now", now=rfc3339(now))
