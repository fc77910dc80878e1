"""The saved views of the desk: filters an agent gave a name to."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from kernel.errors import Fault, invalid
from kernel.http.contract import answers
from kernel.http.deps import Caller, Run, account_of
from services.dossiers.adapters import views
from services.dossiers.api.access import demand_agent
from services.dossiers.api.desk import DeskFilters
from services.dossiers.api.shown_to_agents import SavedView, SavedViews

router = APIRouter(prefix="/api/backoffice/views", tags=["Instruction"])
Name = Annotated[str, Path(max_length=60)]


class SavedFilters(DeskFilters):
    """The filters of the list, and no others; what is left out is not filtered on."""

    model_config = ConfigDict(extra="forbid")


class ViewBody(BaseModel):
    """What a view leaves in."""

    model_config = ConfigDict(extra="forbid")

    filters: SavedFilters


@router.get("", summary="Mes vues enregistrées", responses=answers(200, SavedViews))
async def mine(run: Run, caller: Caller) -> dict[str, Any]:
    """The caller's views, by name: `filters` is the query of the list."""
    demand_agent(caller)
    return {"items": await views.of_agent(run, account_of(caller)), "next": None}


@router.put("/{name}", summary="Enregistrer une vue", responses=answers(200, SavedView))
async def save(name: Name, body: ViewBody, run: Run, caller: Caller) -> dict[str, Any]:
    """Keep filters under a name, in the place of what it meant before; 20 views at most."""
    demand_agent(caller)
    named = " ".join(name.split())
    if not _nameable(named):
        detail = "Donnez à la vue un nom de 1 à 60 caractères."
        raise invalid("invalid-request", detail, [Fault("/name", detail)])
    filters = body.filters.model_dump(mode="json", exclude_none=True, exclude_unset=True)
    return await views.save(run, account_of(caller), named, filters)


@router.delete("/{name}", status_code=204, response_class=Response, summary="Supprimer une vue")
async def forget(name: Name, run: Run, caller: Caller) -> Response:
    """Forget a view; forgetting it twice is the same."""
    demand_agent(caller)
    named = " ".join(name.split())
    if _nameable(named):
        await views.forget(run, account_of(caller), named)
    return Response(None, 204)


def _nameable(name: str) -> bool:
    return bool(name) and name.isprintable()
