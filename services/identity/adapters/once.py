"""What may happen only once: a security question answered, a mail asked for again."""

from __future__ import annotations

from datetime import datetime

from kernel.clock import rfc3339
from kernel.db import Tx
from kernel.runtime.runtime import Runtime

DDL = """
CREATE TABLE IF NOT EXISTS spent(what TEXT PRIMARY KEY, until TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS spent_by_time ON spent(until);
"""


async def first_time(run: Runtime, what: str, until: datetime) -> bool:
    """Whether `what` happens for the first time; durably remembered until an instant."""

    def work(tx: Tx) -> bool:
        inserted = tx.run(
            "INSERT INTO spent VALUES(:what, :until) ON CONFLICT DO NOTHING RETURNING what",
            what=what,
            until=rfc3339(until),
        )
        return bool(inserted)

    return await run.state.write(work)


def prune(tx: Tx, now: str) -> None:
    """Drop what may happen again."""
    tx.run("DELETE FROM spent WHERE until<:now", now=now)
