"""Who may see a demande. Somebody else's, a missing one and a malformed id answer alike."""

from __future__ import annotations

from kernel.db import Db, Row
from kernel.errors import not_found
from kernel.http.deps import account_of, unauthenticated
from kernel.http.tokens import Principal
from kernel.ids import is_id
from kernel.runtime.runtime import Runtime
from services.dossiers.adapters import drafts
from services.dossiers.adapters.drafts import Draft
from services.dossiers.events import Author
from services.dossiers.projections import demande_detail, opinions

CAPACITY = "instructeur"
INSTRUCTEUR, EXPERT = "instructeur", "expert"


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


async def own_draft(run: Runtime, db: Db, demande: str, caller: Principal) -> Draft | None:
    """The caller's draft; None when there is none, or when it was filed meanwhile."""
    if caller.kind != "account" or not is_id(demande):
        return None
    found = await drafts.find(run, demande)
    if found is None or found.owner != caller.account:
        return None
    # A crash may have kept what was typed for a demande that was filed.
    return None if await demande_detail.find(db, demande) is not None else found


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


async def of_reader(db: Db, asked: Db, demande: str, caller: Principal) -> tuple[Row, str]:
    """A demande an agent may read, and as what: of one of his services, or asked for an opinion he still owes."""
    demand_agent(caller)
    row = await _find(db, demande)
    if row["service"] in caller.services:
        return row, INSTRUCTEUR
    if not await opinions.awaited_of(asked, demande, account_of(caller)):
        raise not_found()
    return row, EXPERT


def account_contact(caller: Principal) -> dict[str, str]:
    """What is known of whoever files with an account."""
    known = {"email": caller.email, "first_name": caller.first_name, "last_name": caller.last_name}
    return {name: value for name, value in known.items() if value}


def author_of(caller: Principal, row: Row, capacity: str | None) -> Author:
    """The agent as a decision shows him (L212-2 CRPA): in the capacity he names, else in the one stated of him."""
    return Author(
        agent=account_of(caller),
        first_name=caller.first_name or "",
        last_name=caller.last_name or "",
        capacity=(capacity or "").strip() or caller.capacity or CAPACITY,
        service=row["service_label"],
    )


async def _find(db: Db, demande: str) -> Row:
    row = await demande_detail.find(db, demande) if is_id(demande) else None
    if row is None:
        raise not_found()
    return row
