"""The public catalogue."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from kernel.errors import not_found
from kernel.http.contract import answers
from kernel.http.deps import View
from services.dossiers.api.shown_of_demarches import Demarche, Demarches
from services.dossiers.projections import catalogue

router = APIRouter(tags=["Catalogue"])


@router.get("/api/demarches", summary="Les démarches ouvertes", responses=answers(200, Demarches))
async def demarches(view: View) -> dict[str, Any]:
    """Every démarche that takes demandes."""
    return {"items": await catalogue.published(await view(catalogue.projection)), "next": None}


@router.get("/api/demarches/{slug}", summary="Une démarche et son formulaire", responses=answers(200, Demarche))
async def demarche(
    slug: str, view: View, version: Annotated[int | None, Query(ge=1, le=2**31)] = None
) -> dict[str, Any]:
    """The version in force of one démarche, or the one a demande was filed under. `open`: it takes demandes."""
    found = await catalogue.find(await view(catalogue.projection), slug, version)
    if found is None:
        raise not_found()
    return found
