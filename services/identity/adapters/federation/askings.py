"""Sign-ins under way at a provider: durable rows, single use, ten minutes, tied to the browser that began."""

from __future__ import annotations

import hmac
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Literal

from pydantic_core import from_json, to_json

from kernel.clock import rfc3339
from kernel.db import Tx
from kernel.ids import secret_token
from kernel.keys import token_hash
from kernel.runtime.runtime import Runtime
from services.identity.adapters.sealing import seal, unseal

LIFE = timedelta(minutes=10)
PURPOSE = "federation-asking"
Purpose = Literal["sign-in", "link", "confirm"]

DDL = """
CREATE TABLE IF NOT EXISTS federation_asking(state TEXT PRIMARY KEY, provider TEXT NOT NULL, browser TEXT NOT NULL,
  asking TEXT NOT NULL, until TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS federation_asking_by_time ON federation_asking(until);
"""


@dataclass(frozen=True, slots=True)
class Asking:
    """What was asked. `account` and `session`: who was signed in, for what only he may do. `verifier`: RFC 7636."""

    purpose: Purpose
    next: str
    nonce: str
    verifier: str
    account: str = ""
    session: str = ""


async def begin(
    run: Runtime, provider: str, browser: str, purpose: Purpose, following: str, account: str = "", session: str = ""
) -> tuple[str, Asking]:
    """The state to send along, of 256 random bits as the nonce is, and what it stands for."""
    state = secret_token()
    asking = Asking(purpose, following, secret_token(), secret_token(), account, session)
    key = token_hash(state)
    row = {
        "state": key,
        "provider": provider,
        "browser": token_hash(browser),
        "asking": seal(run, PURPOSE, key, to_json(asdict(asking)).decode()),
        "until": rfc3339(run.clock() + LIFE),
    }
    sql = "INSERT INTO federation_asking VALUES(:state, :provider, :browser, :asking, :until)"
    await run.state.write(lambda tx: tx.run(sql, **row))
    return state, asking


async def take(run: Runtime, provider: str, browser: str, state: str) -> Asking | None:
    """What a state stands for, which it does once, at this provider and in this browser."""
    key = token_hash(state)
    rows = await run.state.write(
        lambda tx: tx.run("DELETE FROM federation_asking WHERE state=:state RETURNING *", state=key)
    )
    if not rows:
        return None
    (row,) = rows
    same = hmac.compare_digest(row["browser"], token_hash(browser)) and row["provider"] == provider
    if not same or row["until"] <= rfc3339(run.clock()):
        return None
    return Asking(**from_json(unseal(run, PURPOSE, key, row["asking"])))


def prune(tx: Tx, now: datetime) -> None:
    """Drop what nobody came back from."""
    tx.run("DELETE FROM federation_asking WHERE until<:now", now=rfc3339(now))
