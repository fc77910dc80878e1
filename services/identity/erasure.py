"""What is left of an account that is forgotten or erased: nothing personal, here."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from kernel.clock import rfc3339
from kernel.db import Tx
from kernel.envelope import Context
from kernel.events import ERASED
from kernel.runtime.runtime import Runtime
from services.identity.adapters import second_factor, sessions, tokens
from services.identity.adapters.federation import visits
from services.identity.aggregate.account import account
from services.identity.aggregate.reservation import release, reservation
from services.identity.aggregate.subject import release as release_person
from services.identity.aggregate.subject import subject
from services.identity.commands import ReleaseEmail, ReleaseSubject
from services.identity.events import AccountCreated, AccountErased, EmailChanged, EmailChangeRequested, IdentityLinked

FAREWELL = timedelta(hours=24)
"""How long the address of an erased account waits, under a key of its own, for the mail that confirms the erasure."""

DDL = """
CREATE TABLE IF NOT EXISTS farewell(account TEXT PRIMARY KEY, until TEXT NOT NULL);
"""


async def erase_traces(run: Runtime, whose: str, ctx: Context) -> None:
    """Release its addresses, close its sessions, drop its rows, destroy the key of its data. Doing it twice is fine."""
    history = await run.store.read(account.stream(whose))
    for known in history:
        # The key goes last: until then an erasure that was cut short finds the addresses again.
        if isinstance(known.event, AccountCreated | EmailChangeRequested | EmailChanged):
            await _release(run, whose, known.event.lookup, ctx)
        elif isinstance(known.event, IdentityLinked):
            await release_subject(run, whose, known.event.lookup, ctx)
    await sessions.close_all(run, whose)
    says_farewell = any(isinstance(known.event, AccountErased) for known in history)
    until = rfc3339(run.clock() + FAREWELL)

    def work(tx: Tx) -> None:
        tokens.forget(tx, whose)
        second_factor.forget(tx, whose)
        visits.forget(tx, whose)
        if says_farewell:
            tx.run("INSERT INTO farewell VALUES(:id, :until) ON CONFLICT DO NOTHING", id=whose, until=until)

    await run.state.write(work)
    await _destroy(run, f"account:{whose}")
    run.store.forget(account.stream(whose))


async def end_farewells(run: Runtime, now: datetime) -> None:
    """Destroy the keys under which addresses waited for their last mail."""
    rows = await run.state.read("SELECT account FROM farewell WHERE until<=:now LIMIT 1000", now=rfc3339(now))
    for row in rows:
        await _destroy(run, f"farewell:{row['account']}")
        run.store.forget(account.stream(row["account"]))
    ended = [row["account"] for row in rows]

    def work(tx: Tx) -> None:
        for whose in ended:
            tx.run("DELETE FROM farewell WHERE account=:account", account=whose)

    await run.state.write(work)


async def _release(run: Runtime, whose: str, lookup: str, ctx: Context) -> None:
    if lookup != ERASED:
        await run.handle(reservation, lookup, release, ReleaseEmail(account=whose), ctx)


async def release_subject(run: Runtime, whose: str, lookup: str, ctx: Context) -> None:
    """A person as a provider knows him may open another account."""
    if lookup != ERASED:
        await run.handle(subject, lookup, release_person, ReleaseSubject(account=whose), ctx)


async def _destroy(run: Runtime, subject: str) -> None:
    await asyncio.to_thread(run.codec.vault.destroy, subject)
