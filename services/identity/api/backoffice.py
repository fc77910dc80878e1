"""Who works at the counter: what an administrateur does about it. The back office does not show to others."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.responses import Response

from kernel.errors import conflict, not_found
from kernel.http.contract import answers
from kernel.http.deps import Caller, Ctx, Run, View, account_of, answer
from kernel.http.paging import Paged
from kernel.http.tokens import Principal
from services.identity.api import hiring, shapes

router = APIRouter(prefix="/api/backoffice/agents", tags=["Back-office"])


async def administrateur(caller: Caller) -> Principal:
    """An administrateur, before anything he sends is looked at. Raises Refused(unauthenticated or not-found)."""
    account_of(caller)
    if "administrateur" not in caller.roles:
        raise not_found()
    return caller


Admin = Annotated[Principal, Depends(administrateur)]


@router.get("", summary="Les agents", responses=answers(200, shapes.Agents))
async def agents(_: Admin, view: View, paging: Paged) -> dict[str, Any]:
    """Everybody who holds a role: `status` is invited, active or disabled."""
    return await hiring.listed(view, paging)


@router.post(
    "",
    status_code=201,
    summary="Inviter un agent, ou donner un rôle",
    responses=answers(201, shapes.Agent, "Invité par courrier électronique.")
    | answers(200, shapes.Agent, "Le rôle est donné à un compte qui existait."),
)
async def add(_: Admin, body: hiring.NewAgent, run: Run, ctx: Ctx) -> Response:
    """Invite an agent by mail (201), or give a role to the account that proved this address (200)."""
    return await hiring.hire(run, body, ctx)


@router.put("/{id}", summary="Changer les services d'un instructeur", responses=answers(200, shapes.Agent))
async def move(_: Admin, id: str, body: hiring.AgentServices, run: Run, ctx: Ctx) -> Response:
    """All the services he belongs to from now on. His sessions are closed: another role is another session."""
    return await hiring.move(run, id, body, ctx)


@router.delete("/{id}", status_code=204, summary="Désactiver un agent")
async def dismiss(caller: Admin, id: str, run: Run, ctx: Ctx) -> Response:
    """Every access is taken away at once. Nobody dismisses himself: somebody must be left to undo a mistake."""
    _demand_another(caller, id)
    commit = await hiring.dismiss(run, id, ctx)
    return await answer(run, commit, status=204, shown_in=hiring.SHOWN_IN)


@router.delete("/{id}/second-factor", status_code=204, summary="Réinitialiser la double authentification d'un agent")
async def reset_second_factor(caller: Admin, id: str, run: Run, ctx: Ctx) -> Response:
    """He lost his telephone and his recovery codes: his next sign-in has him enrol again."""
    _demand_another(caller, id)
    commit = await hiring.reset_second_factor(run, id, ctx)
    return await answer(run, commit, status=204, shown_in=hiring.SHOWN_IN)


def _demand_another(caller: Principal, id: str) -> None:
    if id == caller.account:
        raise conflict(
            "own-account", "Demandez à un autre administrateur de le faire : vous ne pouvez pas agir sur vous-même."
        )
