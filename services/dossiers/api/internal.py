"""What other services ask when their copy of the facts does not answer."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field
from pydantic_core import from_json

from kernel.errors import not_found
from kernel.http.deps import Caller, Run, View, demand_service
from services.dossiers.aggregate.filing import lookup
from services.dossiers.projections import demande_detail, tracking

router = APIRouter(prefix="/internal", include_in_schema=False)


class Tracked(BaseModel):
    """What a person types to follow a demande."""

    email: str = Field(max_length=320)
    tracking_number: str = Field(max_length=80)


@router.get("/demandes/{id}")
async def one(id: str, view: View, caller: Caller) -> dict[str, Any]:
    """Whose demande it is, which service instructs it, where it stands."""
    demand_service(caller, "read")
    row = await demande_detail.find(await view(demande_detail.projection), id)
    if row is None:
        raise not_found()
    contact = from_json(row["contact"])
    return {
        "id": row["id"],
        "reference": row["reference"],
        "demarche": {"slug": row["demarche"], "title": row["title"]},
        "service": row["service"],
        "status": row["status"],
        "owner": row["owner"],
        "contact": {name: contact[name] for name in ("email", "first_name", "last_name")},
    }


@router.post("/tracking")
async def track(body: Tracked, run: Run, view: View, caller: Caller) -> dict[str, str]:
    """Which demande an address and a number open. The same work is done whatever they are."""
    demand_service(caller, "read")
    digest = lookup(run.key("tracking"), body.email, body.tracking_number)
    found = await tracking.find(await view(tracking.projection), digest)
    if found is None:
        raise not_found()
    return {"demande": found}
