"""Who may see a demande. Somebody else's, a missing one and a malformed id answer alike."""

from __future__ import annotations

from kernel.db import Db, Row
from kernel.errors import not_found
from kernel.http.deps import account_of, unauthenticated
from kernel.http.tokens import Principal
from kernel.ids import is_id
from services.dossiers.projections import demande_detail


async def of_applicant(db: Db, demande: str, caller: Principal) -> Row:
    """The applicant's demande. Raises Refused(unauthenticated) without a credential, Refused(not-found) otherwise."""
    if caller.kind not in ("account", "tracking"):
        raise unauthenticated()
    row = await _find(db, demande)
    if caller.kind == "account" and row["owner"] and row["owner"] == caller.account:
        return row
    if caller.kind == "tracking" and caller.demande == demande:
        return row
    raise not_found()


def demand_agent(caller: Principal) -> None:
    """The back office does not show to others. Raises Refused(unauthenticated or not-found)."""
    account_of(caller)
    if "instructeur" not in caller.roles:
        raise not_found()


async def of_agent(db: Db, demande: str, caller: Principal) -> Row:
    """A demande of one of the agent's services."""
    demand_agent(caller)
    row = await _find(db, demande)
    if row["service"] not in caller.services:
        raise not_found()
    return row


async def _find(db: Db, demande: str) -> Row:
    row = await demande_detail.find(db, demande) if is_id(demande) else None
    if row is None:
        raise not_found()
    return row
