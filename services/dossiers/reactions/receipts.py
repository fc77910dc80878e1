"""A demande was filed: its receipt is drawn up."""

from __future__ import annotations

import asyncio

from kernel.envelope import Recorded
from kernel.errors import Kind, Refused
from kernel.reactor import Reactor
from kernel.runtime.runtime import Runtime
from services.dossiers.adapters.papers import issue_receipt
from services.dossiers.aggregate.calendar import paris_day
from services.dossiers.events import DemandeSubmitted

REST = 4  # times what a print took

receipts: Reactor[Runtime] = Reactor("receipts")


@receipts.on(DemandeSubmitted)
async def _filed(run: Runtime, fact: DemandeSubmitted, recorded: Recorded) -> None:
    if fact.receipt_due < paris_day(run.clock()).isoformat():
        return  # an old filing, met again: its receipt is printed when somebody asks for it
    loop = asyncio.get_running_loop()
    started = loop.time()
    try:
        await issue_receipt(run, fact.demande)
    except Refused as refusal:
        if refusal.kind is not Kind.NOT_FOUND:  # erased since: no receipt to draw up
            raise
    # Printing holds up everything else for some milliseconds: a rush of filings must not.
    await asyncio.sleep(REST * (loop.time() - started))
