"""What operations ask: which mails went out about a demande or an account, and how each ended."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from kernel.http.deps import Caller, View, demand_service
from services.notifier.projections import outgoing

router = APIRouter(prefix="/internal", include_in_schema=False)


@router.get("/notifications")
async def notifications(view: View, caller: Caller, about: Annotated[str, Query(max_length=64)]) -> dict[str, Any]:
    """The ledger of one demande or account, oldest first, without a word of what the mails say."""
    demand_service(caller, "operate")
    rows = await outgoing.about(await view(outgoing.projection), about)
    return {"items": [outgoing.shown(row) for row in rows]}
