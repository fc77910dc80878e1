"""Which mails went out about a demande or an account, and how each ended: for operations, and for their addressee."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from kernel.errors import not_found
from kernel.http.deps import Caller, View, account_of, demand_service
from services.notifier.projections import contacts, outgoing

router = APIRouter(prefix="/internal", include_in_schema=False)
mine = APIRouter(prefix="/mails", include_in_schema=False)


@router.get("/notifications")
async def notifications(view: View, caller: Caller, about: Annotated[str, Query(max_length=64)]) -> dict[str, Any]:
    """The ledger of one demande or account, oldest first, without a word of what the mails say."""
    demand_service(caller, "operate")
    rows = await outgoing.about(await view(outgoing.projection), about)
    return {"items": [outgoing.shown(row) for row in rows]}


@mine.get("")
async def about_my_account(view: View, caller: Caller) -> dict[str, Any]:
    """The mails about the caller's account."""
    rows = await outgoing.about(await view(outgoing.projection), account_of(caller))
    return {"items": [outgoing.told(row) for row in rows]}


@mine.get("/{demande}")
async def about_my_demande(demande: str, view: View, caller: Caller) -> dict[str, Any]:
    """The mails about a demande that the caller's account filed."""
    account = account_of(caller)
    row = await contacts.of_demande(await view(contacts.projection), demande)
    if row is not None and row["owner"] != account:
        raise not_found()
    # No row: nothing was filed yet, so nothing was mailed, or its filing has not arrived.
    rows = [] if row is None else await outgoing.about(await view(outgoing.projection), demande)
    return {"items": [outgoing.told(row) for row in rows]}
