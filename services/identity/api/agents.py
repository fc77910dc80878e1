"""Who works at the counter: what the console's `guichet agents` asks for."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from kernel.clock import rfc3339
from kernel.envelope import Commit, Context
from kernel.errors import Fault, invalid, not_found
from kernel.http.deps import Caller, Ctx, Run, View, answer, demand_service
from kernel.http.paging import Paged, page_of
from kernel.http.tokens import Principal
from kernel.ids import derived_id, is_id, secret_token
from kernel.runtime.runtime import Runtime
from services.identity.adapters import sessions, tokens
from services.identity.adapters.addresses import lookup_of, owner_of
from services.identity.aggregate.account import Account, account, disable, grant_role, invite
from services.identity.aggregate.person import read_person
from services.identity.api.me import roles_of, services_of
from services.identity.commands import DisableAccount, GrantRole, InviteAgent
from services.identity.events import AccountCreated
from services.identity.projections import accounts, sign_ups

router = APIRouter(prefix="/internal/agents", include_in_schema=False)
SHOWN_IN = (accounts.projection, sign_ups.projection)
Slug = Annotated[str, Field(pattern="^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]


class NewAgent(BaseModel):
    """Whom to give which role, and for an instructeur the services he belongs to."""

    model_config = ConfigDict(extra="forbid")

    email: str = Field(max_length=320)
    first_name: str = Field(max_length=400)
    last_name: str = Field(max_length=400)
    role: Literal["instructeur", "administrateur", "auditeur"]
    services: list[Slug] = Field(default=[], max_length=50)


@router.post("", status_code=201)
async def add(body: NewAgent, run: Run, caller: Caller, ctx: Ctx) -> Response:
    """Invite an agent by mail (201), or give a role to the account that proved this address (200)."""
    _demand_console(caller)
    if bool(body.services) != (body.role == "instructeur"):
        detail = "Indiquez les services d'un instructeur, et d'un instructeur seulement."
        raise invalid("invalid-request", detail, [Fault("/services", detail)])
    person, faults = read_person({name: getattr(body, name) for name in ("email", "first_name", "last_name")})
    if faults:
        raise invalid("invalid-request", "Certaines informations sont à corriger.", faults)
    commit, id = await _granted(run, body, person, ctx)
    state, _ = await run.load(account, id, upto=commit.version)
    created = any(isinstance(fact.event, AccountCreated) for fact in commit.events)
    return await answer(run, commit, _of_state(state), status=201 if created else 200, shown_in=SHOWN_IN)


@router.get("")
async def list_agents(view: View, caller: Caller, paging: Paged) -> dict[str, Any]:
    """Everybody who holds a role, invited and disabled agents included."""
    _demand_console(caller)
    found = await accounts.agents(await view(accounts.projection), paging.resume(str, str), paging.limit + 1)
    rows, following = page_of(found, paging, ("created_at", "id"))
    return {"items": [_shown(row, row["roles"]) for row in rows], "next": following}


@router.post("/{id}/disable")
async def disable_agent(id: str, run: Run, caller: Caller, ctx: Ctx) -> Response:
    """Take every access away, at once."""
    _demand_console(caller)
    state = (await run.load(account, id))[0] if is_id(id) else Account()
    if not state.roles:
        raise not_found()
    commit = await run.handle(account, id, disable, DisableAccount(), ctx)
    await sessions.close_all(run, id)
    return await answer(run, commit, {"id": id, "status": "disabled"}, shown_in=SHOWN_IN)


async def _granted(run: Runtime, body: NewAgent, person: dict[str, str], ctx: Context) -> tuple[Commit, str]:
    services, lookup = tuple(sorted(set(body.services))), lookup_of(run, person["email"])
    if owner := await owner_of(run, lookup):
        grant = GrantRole(role=body.role, services=services)
        return await run.handle(account, owner, grant_role, grant, ctx), owner
    id = await _invited_before(run, lookup) or derived_id(ctx.command_id)
    token, expires_at = secret_token(), run.clock() + tokens.LIFE
    command = InviteAgent(
        account=id,
        email=person["email"],
        first_name=person["first_name"],
        last_name=person["last_name"],
        lookup=lookup,
        role=body.role,
        services=services,
        token=token,
        expires_at=rfc3339(expires_at),
    )
    await tokens.issue(run, tokens.ACTIVATION, token, id, expires_at)
    return await run.handle(account, id, invite, command, ctx), id


async def _invited_before(run: Runtime, lookup: str) -> str | None:
    # An account that somebody opened by himself has proven nothing: it never inherits an invitation.
    waiting = await sign_ups.of_address(await sign_ups.current(run), lookup, 100)
    return next((row["account"] for row in waiting if not row["has_password"]), None)


def _demand_console(caller: Principal) -> None:
    if demand_service(caller, "operate") != "console":
        raise not_found()


def _of_state(state: Account) -> dict[str, Any]:
    return _shown(state.model_dump(), state.roles)


def _shown(person: dict[str, Any], roles: Any) -> dict[str, Any]:
    return {
        "id": person["id"],
        "email": person["email"],
        "first_name": person["first_name"],
        "last_name": person["last_name"],
        "roles": roles_of(roles),
        "services": services_of(roles),
        "status": "invited" if person["status"] == "pending" else person["status"],
    }
