"""A demande was filed: its receipt is drawn up."""

from __future__ import annotations

from kernel.envelope import Recorded
from kernel.errors import Kind, Refused
from kernel.reactor import Reactor
from kernel.runtime.runtime import Runtime
from services.dossiers.adapters.papers import issue_receipt
from services.dossiers.events import DemandeSubmitted

receipts: Reactor[Runtime] = Reactor("receipts")


@receipts.on(DemandeSubmitted)
async def _filed(run: Runtime, fact: DemandeSubmitted, recorded: Recorded) -> None:
    try:
        await issue_receipt(run, fact.demande)
    except Refused as refusal:
        if refusal.kind is not Kind.NOT_FOUND:  # erased since: no receipt to draw up
            raise
