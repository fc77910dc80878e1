"""Who works at the counter: what the console's `guichet agents` asks for."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from kernel.errors import not_found
from kernel.http.deps import Caller, Ctx, Run, View, answer, demand_service
from kernel.http.paging import Paged
from kernel.http.tokens import Principal
from services.identity.api import hiring

router = APIRouter(prefix="/internal/agents", include_in_schema=False)


@router.post("", status_code=201)
async def add(body: hiring.NewAgent, run: Run, caller: Caller, ctx: Ctx) -> Response:
    """Invite an agent by mail (201), or give a role to the account that proved this address (200)."""
    _demand_console(caller)
    return await hiring.hire(run, body, ctx)


@router.get("")
async def list_agents(view: View, caller: Caller, paging: Paged) -> dict[str, Any]:
    """Everybody who holds a role, invited and disabled agents included."""
    _demand_console(caller)
    return await hiring.listed(view, paging)


@router.post("/{id}/disable")
async def disable_agent(id: str, run: Run, caller: Caller, ctx: Ctx) -> Response:
    """Take every access away, at once."""
    _demand_console(caller)
    commit = await hiring.dismiss(run, id, ctx)
    return await answer(run, commit, {"id": id, "status": "disabled"}, shown_in=hiring.SHOWN_IN)


@router.post("/{id}/second-factor/reset")
async def reset_second_factor(id: str, run: Run, caller: Caller, ctx: Ctx) -> Response:
    """He enrols again at his next sign-in."""
    _demand_console(caller)
    commit = await hiring.reset_second_factor(run, id, ctx)
    return await answer(run, commit, {"id": id, "second_factor": False}, shown_in=hiring.SHOWN_IN)


def _demand_console(caller: Principal) -> None:
    if demand_service(caller, "operate") != "console":
        raise not_found()
