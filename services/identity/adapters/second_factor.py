"""Codes of six digits over time (TOTP: RFC 6238, HMAC-SHA-1, steps of 30 s), and recovery codes.

A code serves once: the last step that was accepted is kept, and nothing before it is accepted again. A secret that
somebody is about to enrol waits in `state`, encrypted, until he proves that his application has it.
"""

from __future__ import annotations

import base64
import hmac
import os
import re
import secrets
from datetime import datetime, timedelta
from urllib.parse import quote

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP

from kernel.clock import rfc3339
from kernel.db import Tx
from kernel.ids import crockford
from kernel.runtime.runtime import Runtime
from services.identity.adapters.sealing import seal, unseal

STEP, DIGITS, DRIFT = 30, 6, 1
"""Seconds of a step, digits of a code, steps that the clock of a telephone may be off."""

PATIENCE = timedelta(minutes=30)
"""How long a secret waits to be proven."""

RECOVERY_CODES = 10
ISSUER = "Guichet"
PURPOSE = "second-factor"
_TOTP = re.compile(r"\d{6}")
_TYPED = str.maketrans({"o": "0", "i": "1", "l": "1", " ": None, "-": None, "\u00a0": None, "\u202f": None})

DDL = """
CREATE TABLE IF NOT EXISTS enrolment(account TEXT PRIMARY KEY, secret TEXT NOT NULL, until TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS code_step(account TEXT PRIMARY KEY, step INTEGER NOT NULL);
"""


def new_secret() -> str:
    """160 random bits in base32 (RFC 4226 §4)."""
    return base64.b32encode(os.urandom(20)).decode()


def otpauth_uri(secret: str, email: str) -> str:
    """What an application reads, typed or as a QR code."""
    label = quote(f"{ISSUER}:{email}", safe=":@")
    return f"otpauth://totp/{label}?secret={secret}&issuer={ISSUER}&algorithm=SHA1&digits={DIGITS}&period={STEP}"


def code_at(secret: str, step: int) -> str:
    """The code of one step."""
    return HOTP(base64.b32decode(secret), DIGITS, SHA1()).generate(step).decode()  # noqa: S303


def new_recovery_codes() -> list[str]:
    """Ten codes of 50 random bits, in two groups of five."""
    drawn = (crockford(secrets.randbits(50), 10).upper() for _ in range(RECOVERY_CODES))
    return [f"{code[:5]}-{code[5:]}" for code in drawn]


def recovery_hash(run: Runtime, account: str, code: str) -> str:
    """What is kept of a recovery code, however it is typed: keyed, since 50 bits alone could be tried out."""
    return run.keyed_hash("recovery-code", f"{account}/{code.lower().translate(_TYPED)}")


async def accept(run: Runtime, account: str, secret: str, typed: str) -> bool:
    """Whether this is the code of now, give or take a step, and serves for the first time."""
    code = typed.translate(_TYPED)
    if not _TOTP.fullmatch(code) or not code.isascii():
        return False
    present = int(run.clock().timestamp()) // STEP
    steps = range(present - DRIFT, present + DRIFT + 1)
    found = [step for step in steps if hmac.compare_digest(code_at(secret, step), code)]
    return bool(found) and await _spend(run, account, max(found))


async def _spend(run: Runtime, account: str, step: int) -> bool:
    def work(tx: Tx) -> bool:
        rows = tx.run(
            "INSERT INTO code_step VALUES(:account, :step) ON CONFLICT(account) DO UPDATE SET step=excluded.step"
            " WHERE excluded.step>code_step.step RETURNING step",
            account=account,
            step=step,
        )
        return bool(rows)

    return await run.state.write(work)


async def prepare(run: Runtime, account: str, secret: str) -> None:
    """Keep a secret until it is proven; another one takes its place."""
    sealed, until = seal(run, PURPOSE, account, secret), rfc3339(run.clock() + PATIENCE)

    def work(tx: Tx) -> None:
        tx.run(
            "INSERT INTO enrolment VALUES(:account, :secret, :until) ON CONFLICT(account)"
            " DO UPDATE SET secret=excluded.secret, until=excluded.until",
            account=account,
            secret=sealed,
            until=until,
        )

    await run.state.write(work)


async def prepared(run: Runtime, account: str) -> str | None:
    """The secret that waits."""
    rows = await run.state.read(
        "SELECT secret FROM enrolment WHERE account=:account AND until>:now", account=account, now=rfc3339(run.clock())
    )
    return unseal(run, PURPOSE, account, rows[0]["secret"]) if rows else None


def forget(tx: Tx, account: str) -> None:
    """Drop what is kept of an account."""
    for table in ("enrolment", "code_step"):
        tx.run(f"DELETE FROM {table} WHERE account=:account", account=account)


async def settle(run: Runtime, account: str) -> None:
    """The secret that waited is in use."""
    await run.state.write(lambda tx: _settle(tx, account))


def _settle(tx: Tx, account: str) -> None:
    tx.run("DELETE FROM enrolment WHERE account=:account", account=account)


def prune(tx: Tx, now: datetime) -> None:
    """Drop the secrets nobody proved."""
    tx.run("DELETE FROM enrolment WHERE until<:now", now=rfc3339(now))
