"""What applicants do with their demandes: follow, withdraw, bring into their account."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from kernel.http.contract import answers
from kernel.http.deps import Caller, Ctx, Run, View, account_of, answer, unauthenticated, versioned
from kernel.http.paging import Paged, page_of
from services.dossiers.adapters import drafts
from services.dossiers.aggregate.calendar import paris_day
from services.dossiers.aggregate.demande import STATUSES, demande, withdraw
from services.dossiers.aggregate.drafting import discard
from services.dossiers.aggregate.filing import join, lookup, unknown_tracking
from services.dossiers.api import shapes
from services.dossiers.api.access import account_contact, of_applicant, own_draft
from services.dossiers.api.filing import demand_current, replayed
from services.dossiers.api.shown import DemandeHistory, DemandeStatus, JoinedDemande, MyDemandes, OneDemande
from services.dossiers.commands import DiscardDraft, JoinDemande, WithdrawDemande
from services.dossiers.events import DraftDiscarded
from services.dossiers.projections import catalogue, dashboard, demande_detail, history, tracking

router = APIRouter(prefix="/api/demandes", tags=["Demandes"])
SHOWN_IN = (demande_detail.projection, history.projection, dashboard.projection)


class Withdrawal(BaseModel):
    """Why the applicant gives up, if he says so."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field("", max_length=2000)


class Joining(BaseModel):
    """The number of a demande filed without an account."""

    model_config = ConfigDict(extra="forbid")

    tracking_number: str = Field(max_length=80)


class Filters(BaseModel):
    """Filters of « mes demandes »."""

    status: str | None = Field(None, pattern=f"^({'|'.join(STATUSES)})$")
    q: str | None = Field(None, max_length=200)


@router.get("", summary="Mes demandes", responses=answers(200, MyDemandes))
async def my_demandes(
    run: Run, view: View, caller: Caller, paging: Paged, wanted: Annotated[Filters, Query()]
) -> dict[str, Any]:
    """The account's demandes and drafts, newest first; the one row of a tracking session."""
    db = await view(dashboard.projection)
    if caller.kind == "tracking" and caller.demande is not None:
        rows = await dashboard.of_demande(db, caller.demande)
        return {"items": [dashboard.mine(row) for row in rows], "next": None}
    if caller.kind != "account" or caller.account is None:
        raise unauthenticated()
    found = await dashboard.of_owner(db, caller.account, wanted.status, wanted.q, paging)
    rows, following = page_of(found, paging, ("submitted_at", "id"))
    if any(row["status"] == "brouillon" for row in rows):
        changes = await drafts.last_changes(run, caller.account)
        rows = [row | {"updated_at": changes.get(row["id"], row["updated_at"])} for row in rows]
    return {"items": [dashboard.mine(row) for row in rows], "next": following}


@router.post("/attachment", summary="Rattacher une demande à mon compte", responses=answers(200, JoinedDemande))
async def attach(body: Joining, run: Run, view: View, caller: Caller, ctx: Ctx) -> Response:
    """Bring into the account a demande filed without one, whose contact has the account's address."""
    account, email = account_of(caller), caller.email or ""
    digest = lookup(run.key("tracking"), email, body.tracking_number)
    id = await tracking.find(await view(tracking.projection), digest)
    if id is None:
        raise unknown_tracking()
    commit = await run.handle(demande, id, join, JoinDemande(owner=account, email=email), ctx)
    await run.fresh(commit, *SHOWN_IN)
    (row,) = await dashboard.of_demande(await run.view(dashboard.projection), id)
    return await answer(run, commit, dashboard.mine(row) | {"version": commit.version}, shown_in=SHOWN_IN)


@router.get("/{id}", summary="Une demande", responses=answers(200, OneDemande))
async def one_demande(id: str, run: Run, view: View, caller: Caller) -> Response:
    """The demande with its answers as filed, or a draft with what is left to complete."""
    db = await view(demande_detail.projection)
    if (found := await own_draft(run, db, id, caller)) is not None:
        definition = await catalogue.definition(await view(catalogue.projection), found.demarche)
        assert definition is not None, "a published démarche stays published"
        return versioned(shapes.draft(found, definition, account_contact(caller)), found.version)
    row = await of_applicant(db, id, caller)
    shown = shapes.demande(row, await demande_detail.awaited(db, id), paris_day(run.clock()))
    return versioned(shown | {"actions": shapes.applicant_actions(shown)}, row["version"])


@router.get("/{id}/history", summary="L'historique d'une demande", responses=answers(200, DemandeHistory))
async def past(id: str, view: View, caller: Caller) -> dict[str, Any]:
    """What happened, in plain words, oldest first."""
    await of_applicant(await view(demande_detail.projection), id, caller)
    return {"items": await history.of_demande(await view(history.projection), id, internal=False), "next": None}


@router.post(
    "/{id}/withdrawal", summary="Retirer une demande, ou supprimer un brouillon", responses=answers(200, DemandeStatus)
)
async def withdrawal(id: str, body: Withdrawal, run: Run, view: View, caller: Caller, ctx: Ctx) -> Response:
    """Give up a demande that is not decided yet. A draft is forgotten, with all that was typed."""
    db = await view(demande_detail.projection)
    commit = await replayed(run, id, ctx)
    if commit is not None:
        if any(isinstance(fact.event, DraftDiscarded) for fact in commit.events):
            await drafts.erase(run, id)  # the first time may have died before that
    elif (found := await own_draft(run, db, id, caller)) is not None:
        demand_current(found, ctx)
        commit = await run.handle(demande, id, discard, DiscardDraft(reason="withdrawn"), replace(ctx, expected=None))
        await drafts.erase(run, id)
    else:
        await of_applicant(db, id, caller)
        commit = await run.handle(demande, id, withdraw, WithdrawDemande(reason=body.reason), ctx)
    body_of = {"id": id, "status": "retiree", "version": commit.version}
    return await answer(run, commit, body_of, shown_in=SHOWN_IN)
