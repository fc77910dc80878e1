"""Drafts nobody touches are forgotten."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from kernel.clock import rfc3339
from kernel.runtime.runtime import Runtime
from services.dossiers.adapters import drafts
from services.dossiers.aggregate.demande import demande
from services.dossiers.aggregate.drafting import discard
from services.dossiers.commands import DiscardDraft

ROUND = 3600.0  # seconds
FORGOTTEN_AFTER = timedelta(days=30)


async def forget_drafts(run: Runtime) -> None:
    """Every hour, for ever: forget the drafts that nobody changed for thirty days."""
    while True:
        await discard_old_drafts(run)
        await asyncio.sleep(ROUND)


async def discard_old_drafts(run: Runtime) -> None:
    """Forget what was typed thirty days ago or more, its key first of all."""
    for id in await drafts.untouched_since(run, rfc3339(run.clock() - FORGOTTEN_AFTER)):
        state, _ = await run.load(demande, id)
        if state.status == "brouillon":
            ctx = run.own_initiative("forget-draft", key=id)
            await run.handle(demande, id, discard, DiscardDraft(reason="expired"), ctx)
        if state.status in ("", "brouillon"):
            await drafts.erase(run, id)
        else:
            await drafts.remove(run, id)  # it was filed, and a crash kept what was typed
