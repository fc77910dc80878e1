"""The delay that grows with every failure in a row: five are free, then a minute, two, four … two hours at most.

That is 22 guesses in the first day, under the 25 of the CNIL (délibération 2022-100).
"""

from __future__ import annotations

from kernel.db import Tx

FREE = 5
FIRST, LONGEST = 60.0, 7200.0
FORGOTTEN = 86_400.0  # seconds without a failure after which nothing is held against anybody

DDL = """
CREATE TABLE IF NOT EXISTS delay(key TEXT PRIMARY KEY, failures INTEGER NOT NULL, due DOUBLE PRECISION NOT NULL,
  at DOUBLE PRECISION NOT NULL);
CREATE INDEX IF NOT EXISTS delay_by_time ON delay(at);
"""


def after(failures: int) -> float:
    """The seconds to wait after so many failures in a row."""
    return 0.0 if failures < FREE else float(min(LONGEST, FIRST * 2 ** min(failures - FREE, 20)))


def left(tx: Tx, key: str, now: float) -> float | None:
    """The seconds still to wait, or None. The row is held until the transaction ends: guesses come one by one."""
    (row,) = tx.run(
        "INSERT INTO delay VALUES(:key, 0, 0, :now) ON CONFLICT(key) DO UPDATE SET failures="
        "CASE WHEN delay.at<=:past THEN 0 ELSE delay.failures END RETURNING due",
        key=key,
        now=now,
        past=now - FORGOTTEN,
    )
    return float(row["due"]) - now if row["due"] > now else None


def grow(tx: Tx, key: str, now: float) -> None:
    """Count an attempt as a failure, until it is given back: a crowd of guesses at once gets no further than one."""
    (row,) = tx.run("UPDATE delay SET failures=failures+1, at=:now WHERE key=:key RETURNING failures", key=key, now=now)
    tx.run("UPDATE delay SET due=:due WHERE key=:key", key=key, due=now + after(row["failures"]))


def give_back(tx: Tx, key: str, now: float) -> None:
    """That one was no failure; it was let through, so the next one may be too."""
    tx.run("UPDATE delay SET failures=failures-1, due=:now WHERE key=:key AND failures>0", key=key, now=now)


def forget(tx: Tx, key: str) -> None:
    """Start over."""
    tx.run("DELETE FROM delay WHERE key=:key", key=key)


def prune(tx: Tx, now: float) -> None:
    """Drop what is held against nobody any more."""
    tx.run("DELETE FROM delay WHERE at<:past", past=now - FORGOTTEN)
