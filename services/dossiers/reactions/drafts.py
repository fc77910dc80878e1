"""Drafts nobody touches are forgotten; those of an account go with it, as the views an agent saved."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from kernel.clock import rfc3339
from kernel.envelope import Context, Recorded
from kernel.reactor import Reactor
from kernel.runtime.runtime import Runtime
from services.dossiers.adapters import drafts, views
from services.dossiers.aggregate.demande import demande
from services.dossiers.aggregate.drafting import discard
from services.dossiers.commands import DiscardDraft
from services.identity.events import AccountErased, AccountForgotten

ROUND = 3600.0  # seconds
FORGOTTEN_AFTER = timedelta(days=30)

leavers: Reactor[Runtime] = Reactor("leavers")


async def forget_drafts(run: Runtime) -> None:
    """Every hour, for ever: forget the drafts that nobody changed for thirty days."""
    while True:
        await discard_old_drafts(run)
        await asyncio.sleep(ROUND)


async def discard_old_drafts(run: Runtime) -> None:
    """Forget what was typed thirty days ago or more."""
    for id in await drafts.untouched_since(run, rfc3339(run.clock() - FORGOTTEN_AFTER)):
        await _forget(run, id, "expired", run.own_initiative("forget-draft", key=id))


@leavers.on(AccountErased, AccountForgotten)
async def _left(run: Runtime, fact: AccountErased | AccountForgotten, recorded: Recorded) -> None:
    for id in await drafts.last_changes(run, fact.account):
        await _forget(run, id, "account-erased", run.reaction(recorded, leavers.name))
    await views.forget_all(run, fact.account)


async def _forget(run: Runtime, id: str, reason: str, ctx: Context) -> None:
    state, _ = await run.load(demande, id)
    if state.status == "brouillon":
        await run.handle(demande, id, discard, DiscardDraft(reason=reason), ctx)
    if state.service:
        await drafts.remove(run, id)  # it was filed, and a crash kept what was typed
    else:
        await drafts.erase(run, id)
