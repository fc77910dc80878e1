"""Durable counters of attempts, under keyed hashes: a minute of them per address and per network, and, for those that
try a password, a delay that grows with every failure in a row.

A window opens with its first attempt and lasts a minute, so an address is never held to less than 10 a minute, nor a
network to less than 100. The growing delay (CNIL, délibération 2022-100) comes on top, except in the demonstration. A
network from which the owner signed in lately has counters of its own, so that nobody elsewhere can lock him out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta

from kernel.db import Tx
from kernel.errors import Kind, Refused
from kernel.runtime.runtime import Runtime
from services.identity.adapters import delays
from services.identity.adapters.networks import network

PER_ADDRESS, PER_NETWORK = 10, 100
WINDOW = 60.0
FAMILIAR = timedelta(days=30)
"""How long a network is known as one from which an owner signs in."""

DDL = (
    """
CREATE TABLE IF NOT EXISTS attempt(key TEXT PRIMARY KEY, started DOUBLE PRECISION NOT NULL, n INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS attempt_by_time ON attempt(started);
CREATE TABLE IF NOT EXISTS familiar(key TEXT PRIMARY KEY, until DOUBLE PRECISION NOT NULL);
CREATE INDEX IF NOT EXISTS familiar_by_time ON familiar(until);
"""
    + delays.DDL
)
_COUNT = """
INSERT INTO attempt(key, started, n) VALUES(:key, :now, 1) ON CONFLICT(key) DO UPDATE SET
  n=CASE WHEN attempt.started<=:now-60.0 THEN 1 ELSE attempt.n+1 END,
  started=CASE WHEN attempt.started<=:now-60.0 THEN :now ELSE attempt.started END
RETURNING n, started
"""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What was counted, to give it back when the attempt turns out to be honest."""

    keys: tuple[str, ...]
    delayed: str = ""
    familiar: str = ""


async def take(run: Runtime, purpose: str, *, address: str, ip: str | None, guesses: bool = False) -> Attempt:
    """Count an attempt before it is made. Raises Refused(rate-limited) with the seconds to wait.

    `guesses`: what is tried is a secret that people choose or that is short, so failures are slowed down ever more.
    A network over its limit is refused before the address is counted: it cannot shut others out.
    """
    now, holder = run.clock().timestamp(), "" if ip is None else network(ip)
    of_network = run.keyed_hash(f"attempts/{purpose}/ip", holder) if holder else ""
    of_address = run.keyed_hash(f"attempts/{purpose}/address", address)
    of_both = run.keyed_hash(f"attempts/{purpose}/both", f"{holder} {address}") if holder and guesses else ""
    growing = guesses and not run.settings.demo

    def work(tx: Tx) -> tuple[float | None, str]:
        if of_network and (wait := _count(tx, of_network, PER_NETWORK, now)) is not None:
            return wait, ""
        known = tx.run("SELECT key FROM familiar WHERE key=:key AND until>:now", key=of_both, now=now)
        whose = of_both if known else of_address
        if growing and (wait := delays.left(tx, whose, now)) is not None:
            return wait, whose
        if (wait := _count(tx, whose, PER_ADDRESS, now)) is not None:
            return wait, whose
        if growing:
            delays.grow(tx, whose, now)
        return None, whose

    wait, whose = await run.state.write(work)
    if wait is not None:
        raise limited(math.ceil(wait))
    return Attempt((of_network, whose) if of_network else (whose,), whose if growing else "", of_both)


async def take_password(run: Runtime, *, address: str, ip: str | None) -> Attempt:
    """The same for whatever tries the password of an address, wherever it does: these share their counters."""
    return await take(run, "sign-in", address=address, ip=ip, guesses=True)


async def give_back(run: Runtime, attempt: Attempt) -> None:
    """Only failures are held against an address: this one was none."""
    now = run.clock().timestamp()
    await run.state.write(lambda tx: _give_back(tx, attempt, now))


async def welcome(run: Runtime, attempt: Attempt) -> None:
    """The owner is there: give back, forget his failures, remember where he calls from."""
    now = run.clock()

    def work(tx: Tx) -> None:
        _give_back(tx, attempt, now.timestamp())
        delays.forget(tx, attempt.delayed)
        if attempt.familiar:
            tx.run(
                "INSERT INTO familiar VALUES(:key, :until) ON CONFLICT(key) DO UPDATE SET until=excluded.until",
                key=attempt.familiar,
                until=(now + FAMILIAR).timestamp(),
            )

    await run.state.write(work)


async def forgive(run: Runtime, address: str) -> None:
    """The owner chose another password with a link: earlier failures do not keep him waiting."""
    key = run.keyed_hash("attempts/sign-in/address", address)
    await run.state.write(lambda tx: delays.forget(tx, key))


def _count(tx: Tx, key: str, most: int, now: float) -> float | None:
    (row,) = tx.run(_COUNT, key=key, now=now)
    if row["n"] <= most:
        return None
    # What is refused tried nothing: once the honest ones under way have given back, there is room again.
    tx.run("UPDATE attempt SET n=n-1 WHERE key=:key", key=key)
    return float(row["started"]) + WINDOW - now


def _give_back(tx: Tx, attempt: Attempt, now: float) -> None:
    for key in attempt.keys:
        tx.run("UPDATE attempt SET n=n-1 WHERE key=:key AND n>0", key=key)
    delays.give_back(tx, attempt.delayed, now)


def limited(seconds: int) -> Refused:
    """Come back later."""
    seconds = max(1, seconds)
    return Refused(
        Kind.LIMITED,
        "rate-limited",
        f"Trop de tentatives en peu de temps. Réessayez dans {said(seconds)}.",
        retry_after=seconds,
    )


def said(seconds: int) -> str:
    """A time to wait, as a person says it."""
    for unit, size in (("heure", 3600), ("minute", 60)):
        if seconds > size * 1.5:
            return f"{math.ceil(seconds / size)} {unit}s"
    return f"{seconds} seconde{'s' if seconds > 1 else ''}"


def prune(tx: Tx, now: float) -> None:
    """Drop the windows that are over, and what has nothing to say any more."""
    tx.run("DELETE FROM attempt WHERE started<:over", over=now - 2 * WINDOW)
    tx.run("DELETE FROM familiar WHERE until<:now", now=now)
    delays.prune(tx, now)
