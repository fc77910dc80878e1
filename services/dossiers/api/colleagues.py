"""Who works beside an agent: whom a demande can be given to, whose opinion can be asked."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query

from kernel.http.contract import answers
from kernel.http.deps import Caller, View
from kernel.http.paging import Paged, page_of
from services.dossiers.api.access import demand_agent
from services.dossiers.api.shown_to_agents import Colleagues
from services.dossiers.projections import agents

router = APIRouter(prefix="/api/backoffice", tags=["Instruction"])


@router.get("/colleagues", summary="Les agents de mes services", responses=answers(200, Colleagues))
async def colleagues(
    view: View, caller: Caller, paging: Paged, scope: Annotated[Literal["mine", "all"], Query()] = "mine"
) -> dict[str, Any]:
    """The active agents of the caller's services by name, himself included; those of every service with `scope=all`."""
    demand_agent(caller)
    db = await view(agents.projection)
    found = await agents.of_services(db, caller.services if scope == "mine" else None, paging)
    rows, following = page_of(found, paging, ("sorted", "id"))
    return {"items": [agents.shown(row) for row in rows], "next": following}
