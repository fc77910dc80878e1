"""The public catalogue."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from kernel.errors import not_found
from kernel.http.contract import answers
from kernel.http.deps import View
from services.dossiers.aggregate.form import Kind
from services.dossiers.api.shown_of_demarches import Demarche, Demarches
from services.dossiers.projections import catalogue

router = APIRouter(tags=["Catalogue"])


class CatalogueFilters(BaseModel):
    """`q`: words of the title, the summary, the service or the keywords, without accents or capitals."""

    q: str | None = Field(None, max_length=200)
    audience: Kind | None = None


@router.get("/api/demarches", summary="Les démarches ouvertes", responses=answers(200, Demarches))
async def demarches(view: View, wanted: Annotated[CatalogueFilters, Query()]) -> dict[str, Any]:
    """The démarches that take demandes, by title: all of them, or those that words and a kind of applicant find."""
    db = await view(catalogue.projection)
    return {"items": await catalogue.published(db, wanted.q, wanted.audience), "next": None}


@router.get("/api/demarches/{slug}", summary="Une démarche et son formulaire", responses=answers(200, Demarche))
async def demarche(
    slug: str, view: View, version: Annotated[int | None, Query(ge=1, le=2**31)] = None
) -> dict[str, Any]:
    """The version in force of one démarche, or the one a demande was filed under. `open`: it takes demandes."""
    found = await catalogue.find(await view(catalogue.projection), slug, version)
    if found is None:
        raise not_found()
    return found
