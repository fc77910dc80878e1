"""Durable counters of attempts: a minute of them per address and per IP network, under keyed hashes.

A window opens with its first attempt and lasts a minute, so an address is never held to less than 10 a minute, nor a
network to less than 100.
"""

from __future__ import annotations

import ipaddress
import math
from dataclasses import dataclass

from kernel.db import Tx
from kernel.errors import Kind, Refused
from kernel.runtime.runtime import Runtime

PER_ADDRESS, PER_NETWORK = 10, 100
WINDOW = 60.0

DDL = """
CREATE TABLE IF NOT EXISTS attempt(key TEXT PRIMARY KEY, started DOUBLE PRECISION NOT NULL, n INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS attempt_by_time ON attempt(started);
"""
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


async def take(run: Runtime, purpose: str, *, address: str, ip: str | None) -> Attempt:
    """Count an attempt before it is made. Raises Refused(rate-limited) with the seconds to wait.

    A network over its limit is refused before the address is counted: it cannot shut others out.
    """
    counted = [] if ip is None else [(run.keyed_hash(f"attempts/{purpose}/ip", network(ip)), PER_NETWORK)]
    counted.append((run.keyed_hash(f"attempts/{purpose}/address", address), PER_ADDRESS))
    now = run.clock().timestamp()

    def work(tx: Tx) -> float | None:
        for key, most in counted:
            (row,) = tx.run(_COUNT, key=key, now=now)
            if row["n"] > most:
                return float(row["started"]) + WINDOW - now
        return None

    wait = await run.state.write(work)
    if wait is not None:
        raise limited(math.ceil(wait))
    return Attempt(tuple(key for key, _ in counted))


async def give_back(run: Runtime, attempt: Attempt) -> None:
    """Only failures are held against an address: this one was none."""

    def work(tx: Tx) -> None:
        for key in attempt.keys:
            tx.run("UPDATE attempt SET n=n-1 WHERE key=:key AND n>0", key=key)

    await run.state.write(work)


def limited(seconds: int) -> Refused:
    """Come back later."""
    seconds = max(1, seconds)
    return Refused(
        Kind.LIMITED,
        "rate-limited",
        f"Trop de tentatives en peu de temps. Réessayez dans {seconds} seconde{'s' if seconds > 1 else ''}.",
        retry_after=seconds,
    )


def network(ip: str) -> str:
    """What one subscriber holds: an IPv4 address, or the /64 of an IPv6 address."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return ip
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is None:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(getattr(address, "ipv4_mapped", None) or address)


def prune(tx: Tx, now: float) -> None:
    """Drop the windows that are over."""
    tx.run("DELETE FROM attempt WHERE started<:over", over=now - 2 * WINDOW)
