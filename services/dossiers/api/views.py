"""The saved views of the desk: filters an agent gave a name to."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from kernel.errors import Fault, invalid, not_found
from kernel.http.contract import answers
from kernel.http.deps import Caller, Run, account_of
from services.dossiers.adapters import views
from services.dossiers.api.access import demand_agent
from services.dossiers.api.desk import DeskFilters
from services.dossiers.api.shown_to_agents import SavedView, SavedViews

router = APIRouter(prefix="/api/backoffice/views", tags=["Instruction"])
LONGEST = 60


class SavedFilters(DeskFilters):
    """The filters of the list, and no others; what is left out is not filtered on."""

    model_config = ConfigDict(extra="forbid")


class ViewBody(BaseModel):
    """What a view leaves in, and what people call it: its id, unless it is given a `name`."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(None, max_length=LONGEST)
    filters: SavedFilters


@router.get("", summary="Mes vues enregistrées", responses=answers(200, SavedViews))
async def mine(run: Run, caller: Caller) -> dict[str, Any]:
    """The caller's views, by name: `filters` is the query of the list."""
    demand_agent(caller)
    return {"items": await views.of_agent(run, account_of(caller)), "next": None}


@router.put("/{view}", summary="Enregistrer une vue", responses=answers(200, SavedView))
async def save(view: str, body: ViewBody, run: Run, caller: Caller) -> dict[str, Any]:
    """Keep a view under an id of the caller's choice (`lundi-matin`), in the place of what it was; 20 at most."""
    demand_agent(caller)
    id, name = _tidy(view), _tidy(view if body.name is None else body.name)
    if not id or not name:
        detail = f"Donnez à la vue un nom de 1 à {LONGEST} caractères."
        raise invalid("invalid-request", detail, [Fault("/name", detail)])
    filters = body.filters.model_dump(mode="json", exclude_none=True, exclude_unset=True)
    return await views.save(run, account_of(caller), id, name, filters)


@router.delete("/{view}", status_code=204, response_class=Response, summary="Supprimer une vue")
async def forget(view: str, run: Run, caller: Caller) -> Response:
    """Forget a view; forgetting it twice is the same."""
    demand_agent(caller)
    if not (id := _tidy(view)):
        raise not_found()
    await views.forget(run, account_of(caller), id)
    return Response(None, 204)


def _tidy(text: str) -> str:
    """A text of one line, its blanks single; empty when it cannot be an id or a name."""
    tidied = " ".join(text.split())
    return tidied if tidied.isprintable() and len(tidied) <= LONGEST else ""
