"""What time alone brings about: accounts never activated are forgotten, what has expired is dropped."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from kernel.clock import rfc3339
from kernel.db import Tx
from kernel.runtime.runtime import Runtime
from services.identity.adapters import attempts, once, second_factor, sessions, tokens
from services.identity.adapters.federation import askings, choices, visits
from services.identity.aggregate.account import account
from services.identity.aggregate.joining import forget
from services.identity.commands import ForgetAccount
from services.identity.erasure import end_farewells
from services.identity.projections import sign_ups

PATIENCE = timedelta(days=7)
"""How long an account waits for its activation (public contract, « Accounts »)."""

EVERY = 600.0  # seconds between two rounds: nothing here is due to the minute
BATCH = 200


async def keep_house(run: Runtime) -> None:
    """Make a round now and every ten minutes."""
    while True:
        await drop_expired(run)
        await forget_unactivated(run)
        await end_farewells(run, run.clock())
        await asyncio.sleep(EVERY)


async def forget_unactivated(run: Runtime) -> None:
    """Forget the accounts that were never activated in time."""
    while True:
        overdue = rfc3339(run.clock() - PATIENCE)
        waiting = await sign_ups.oldest(await sign_ups.current(run), BATCH)
        due = [row["account"] for row in waiting if row["created_at"] <= overdue]
        for whose in due:
            ctx = run.own_initiative("forget", key=whose)
            await run.handle(account, whose, forget, ForgetAccount(), ctx)
        if len(due) < BATCH:
            return


async def drop_expired(run: Runtime) -> None:
    """Drop the sessions, tokens, questions and counters that serve no more."""
    now = run.clock()

    def work(tx: Tx) -> None:
        sessions.prune(tx, now)
        tokens.prune(tx, now)
        once.prune(tx, rfc3339(now))
        attempts.prune(tx, now.timestamp())
        second_factor.prune(tx, now)
        askings.prune(tx, now)
        choices.prune(tx, now)
        visits.prune(tx)

    await run.state.write(work)
