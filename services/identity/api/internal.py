"""What the gateway and the other services ask: whose token this is, who that agent is."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from kernel.errors import not_found
from kernel.http.deps import Caller, Run, View, demand_service
from services.identity.adapters import sessions
from services.identity.adapters.federation import visits
from services.identity.api.shown import in_force, roles_of, services_of
from services.identity.projections import accounts

router = APIRouter(prefix="/internal", include_in_schema=False)


class Bearer(BaseModel):
    """A session token."""

    token: str = Field(max_length=512)


@router.post("/sessions/verify")
async def verify(body: Bearer, run: Run, view: View, caller: Caller) -> dict[str, Any]:
    """Who holds a token. Roles are those in force at this very moment, and a disabled account holds nothing."""
    if demand_service(caller, "read") != "gateway":
        raise not_found()
    session = await sessions.find(run, body.token)
    if session is None:
        raise not_found()
    known: dict[str, Any] = {
        "kind": session.kind,
        "sid": session.sid,
        "expires_at": session.expires_at,
        "demande": session.demande or None,
    }
    if session.kind == "tracking":
        nobody: dict[str, Any] = {"account": None, "first_name": None, "last_name": None, "roles": [], "services": []}
        nobody["capacity"] = None
        return known | nobody | {"email": session.email}
    row = await accounts.find(await view(accounts.projection), session.account)
    if row is None or row["status"] != "active":
        raise not_found()
    roles = in_force(run, row, await visits.provider_of(run, session.sid))
    return known | {
        "account": row["id"],
        "email": row["email"],
        "first_name": row["first_name"],
        "last_name": row["last_name"],
        "roles": roles_of(roles),
        "services": services_of(roles),
        "capacity": row["capacity"] or None,
    }


@router.get("/agents/{id}")
async def agent(id: str, view: View, caller: Caller) -> dict[str, Any]:
    """An instructeur who can be given work."""
    demand_service(caller, "read")
    row = await accounts.find(await view(accounts.projection), id)
    if row is None or row["status"] != "active" or "instructeur" not in row["roles"]:
        raise not_found()
    return {
        "id": row["id"],
        "first_name": row["first_name"],
        "last_name": row["last_name"],
        "services": services_of(row["roles"]),
        "roles": roles_of(row["roles"]),
        "capacity": row["capacity"] or None,
    }
