"""What an administrateur does with the catalogue: list it, publish the next version of a démarche, close one."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from kernel.db import Row
from kernel.errors import Fault, invalid, not_found
from kernel.http.contract import answers
from kernel.http.deps import Caller, Ctx, Run, View, account_of, answer
from kernel.http.paging import Paged, page_of
from kernel.http.tokens import Principal
from services.dossiers.aggregate.demarche import close, demarche, revise
from services.dossiers.aggregate.form import Definition, with_examples
from services.dossiers.api.shown_of_demarches import ClosedDemarche, ManagedDemarches, PublishedDemarche
from services.dossiers.commands import CloseDemarche, ReviseDemarche
from services.dossiers.events import DemarchePublished
from services.dossiers.projections import catalogue

router = APIRouter(prefix="/api/backoffice/demarches", tags=["Administration"])


@router.get("", summary="Toutes les démarches", responses=answers(200, ManagedDemarches))
async def demarches(view: View, caller: Caller, paging: Paged) -> dict[str, Any]:
    """Every démarche by slug, closed ones included."""
    _demand_administrateur(caller)
    found = await catalogue.managed(await view(catalogue.projection), paging)
    rows, following = page_of(found, paging, ("slug",))
    return {"items": [_shown(row) for row in rows], "next": following}


@router.put("/{slug}", summary="Publier une version d'une démarche", responses=answers(200, PublishedDemarche))
async def publish_next(slug: str, body: Definition, run: Run, caller: Caller, ctx: Ctx) -> Response:
    """Publish the next version, whatever version the body says; examples that are missing are written.

    What is incomplete before the law or cannot be answered is refused, one sentence per fault. A démarche that was
    closed takes demandes again.
    """
    _demand_administrateur(caller)
    if body.slug != slug:
        detail = "Indiquez le même identifiant que dans l'adresse."
        raise invalid("invalid-request", detail, [Fault("/slug", detail)])
    command = ReviseDemarche(definition=with_examples(body))
    commit = await run.handle(demarche, slug, revise, command, ctx)
    fact = commit.events[0].event
    assert isinstance(fact, DemarchePublished)
    answered = {"slug": slug, "version": fact.version, "status": "open"}
    return await answer(run, commit, answered, shown_in=(catalogue.projection,))


@router.post("/{slug}/closure", summary="Fermer une démarche", responses=answers(200, ClosedDemarche))
async def closure(slug: str, run: Run, view: View, caller: Caller, ctx: Ctx) -> Response:
    """Take no more demandes. Those that were filed go on, and stay readable as they were filed."""
    _demand_administrateur(caller)
    if await catalogue.find(await view(catalogue.projection), slug) is None:
        raise not_found()
    commit = await run.handle(demarche, slug, close, CloseDemarche(slug=slug), ctx)
    return await answer(run, commit, {"slug": slug, "status": "closed"}, shown_in=(catalogue.projection,))


def _demand_administrateur(caller: Principal) -> None:
    # The back office does not show to others.
    account_of(caller)
    if "administrateur" not in caller.roles:
        raise not_found()


def _shown(row: Row) -> dict[str, Any]:
    return {
        "slug": row["slug"],
        "title": row["title"],
        "service": row["service"],
        "version": row["version"],
        "status": "open" if row["is_open"] else "closed",
        "published_at": row["published_at"],
        "closed_at": row["closed_at"] or None,
        "etag": f'"{row["facts"]}"',
    }
