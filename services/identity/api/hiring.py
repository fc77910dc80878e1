"""Who works at the counter: inviting, granting, moving between services, dismissing, for the console and the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from kernel.envelope import Commit, Context
from kernel.errors import Fault, conflict, invalid, not_found
from kernel.http.deps import View, answer
from kernel.http.paging import Paging, page_of
from kernel.ids import derived_id, is_id
from kernel.runtime.runtime import Runtime
from services.identity.adapters import second_factor, sessions, tokens
from services.identity.adapters.addresses import lookup_of, owner_of
from services.identity.aggregate.account import Account, account
from services.identity.aggregate.agents import disable, grant_role
from services.identity.aggregate.identities import AGENT, let_go
from services.identity.aggregate.joining import invite
from services.identity.aggregate.person import read_person
from services.identity.aggregate.second_factor import disable as disable_second_factor
from services.identity.api.shown import roles_of, services_of
from services.identity.commands import DisableAccount, DisableSecondFactor, GrantRole, InviteAgent, UnlinkIdentity
from services.identity.erasure import release_subject
from services.identity.events import AccountCreated, RoleGranted
from services.identity.projections import accounts, sign_ups

SHOWN_IN = (accounts.projection, sign_ups.projection)
Slug = Annotated[str, Field(pattern="^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]


class NewAgent(BaseModel):
    """Whom to give which role, and for an instructeur the services he belongs to.

    `capacity`: what his decisions say of him, « cheffe de service » for example (L212-2 CRPA); left out, it stays.
    """

    model_config = ConfigDict(extra="forbid")

    email: str = Field(max_length=320)
    first_name: str = Field(max_length=400)
    last_name: str = Field(max_length=400)
    role: Literal["instructeur", "administrateur", "auditeur"]
    services: list[Slug] = Field(default=[], max_length=50)
    capacity: str | None = Field(None, max_length=480)


class AgentServices(BaseModel):
    """All the services an instructeur belongs to from now on. `capacity`: left out, it stays as it is."""

    model_config = ConfigDict(extra="forbid")

    services: list[Slug] = Field(min_length=1, max_length=50)
    capacity: str | None = Field(None, max_length=480)


async def hire(run: Runtime, body: NewAgent, ctx: Context) -> Response:
    """Invite an agent by mail (201), or give a role to the account that proved this address (200)."""
    if bool(body.services) != (body.role == "instructeur"):
        detail = "Indiquez les services d'un instructeur, et d'un instructeur seulement."
        raise invalid("invalid-request", detail, [Fault("/services", detail)])
    names = ("email", "first_name", "last_name", *(["capacity"] if body.capacity is not None else []))
    person, faults = read_person({name: getattr(body, name) for name in names})
    if faults:
        raise invalid("invalid-request", "Certaines informations sont à corriger.", faults)
    commit, id = await _granted(run, body, person, ctx)
    created = any(isinstance(fact.event, AccountCreated) for fact in commit.events)
    return await _answer(run, commit, id, status=201 if created else 200)


async def listed(view: View, paging: Paging) -> dict[str, Any]:
    """Everybody who holds a role, invited and disabled agents included, the oldest first."""
    found = await accounts.agents(await view(accounts.projection), paging.resume(str, str), paging.limit + 1)
    rows, following = page_of(found, paging, ("created_at", "id"))
    return {"items": [_shown(row) for row in rows], "next": following}


async def move(run: Runtime, id: str, body: AgentServices, ctx: Context) -> Response:
    """Change the services an instructeur belongs to. Raises Refused(not-an-instructeur) for anybody else."""
    if "instructeur" not in (await find(run, id)).roles:
        raise conflict(
            "not-an-instructeur", "Seul un instructeur appartient à des services. Donnez-lui d'abord ce rôle."
        )
    stated, faults = read_person({} if body.capacity is None else {"capacity": body.capacity})
    if faults:
        raise invalid("invalid-request", "Certaines informations sont à corriger.", faults)
    services = tuple(sorted(set(body.services)))
    grant = GrantRole(role="instructeur", services=services, capacity=stated.get("capacity"))
    commit = await run.handle(account, id, grant_role, grant, ctx)
    await _renew_sessions(run, id, commit)
    return await _answer(run, commit, id)


async def dismiss(run: Runtime, id: str, ctx: Context) -> Commit:
    """Take every access away, at once."""
    await find(run, id)
    commit = await run.handle(account, id, disable, DisableAccount(), ctx)
    await sessions.close_all(run, id)
    return commit


async def reset_second_factor(run: Runtime, id: str, ctx: Context) -> Commit:
    """For an agent who lost his telephone and his recovery codes, or has another identity at ProConnect.

    He enrols again at his next sign-in, or ProConnect's next identity at his address becomes his.
    """
    who = await find(run, id)
    if who.known_by(AGENT):
        commit = await _let_go(run, who, ctx)
    if who.second_factor or not who.known_by(AGENT):
        commit = await run.handle(account, id, disable_second_factor, DisableSecondFactor(), ctx)
    await sessions.close_all(run, id)
    await run.state.write(lambda tx: second_factor.forget(tx, id))
    return commit


async def find(run: Runtime, id: str) -> Account:
    """An agent. Raises Refused(not-found) for whoever holds no role."""
    state = (await run.load(account, id))[0] if is_id(id) else Account()
    if not state.roles:
        raise not_found()
    return state


async def _granted(run: Runtime, body: NewAgent, person: dict[str, str], ctx: Context) -> tuple[Commit, str]:
    services, lookup = tuple(sorted(set(body.services))), lookup_of(run, person["email"])
    if owner := await owner_of(run, lookup):
        grant = GrantRole(role=body.role, services=services, capacity=person.get("capacity"))
        commit = await run.handle(account, owner, grant_role, grant, ctx)
        await _renew_sessions(run, owner, commit)
        return commit, owner
    id = await invited_before(run, lookup) or derived_id(ctx.command_id)
    issued = await tokens.issue(run, tokens.ACTIVATION, id)
    command = InviteAgent(
        account=id,
        email=person["email"],
        first_name=person["first_name"],
        last_name=person["last_name"],
        lookup=lookup,
        role=body.role,
        services=services,
        capacity=person.get("capacity"),
        token=issued.token,
        expires_at=issued.expires_at,
    )
    return await run.handle(account, id, invite, command, ctx), id


async def _renew_sessions(run: Runtime, id: str, commit: Commit) -> None:
    # Another role is another session (ASVS 7.2.4): a token that leaked before opens nothing more.
    if any(isinstance(fact.event, RoleGranted) for fact in commit.events):
        await sessions.close_all(run, id)


async def invited_before(run: Runtime, lookup: str) -> str | None:
    """The agent who was invited at an address and has not come yet."""
    # An account that somebody opened by himself has proven nothing: it never inherits an invitation.
    waiting = await sign_ups.of_address(await sign_ups.current(run), lookup, 100)
    return next((row["account"] for row in waiting if not row["has_password"]), None)


async def _let_go(run: Runtime, who: Account, ctx: Context) -> Commit:
    commit = await run.handle(account, who.id, let_go, UnlinkIdentity(provider=AGENT), ctx.step("proconnect"))
    for subject in who.subjects:
        if subject.startswith(f"{AGENT}/"):
            await release_subject(run, who.id, subject.removeprefix(f"{AGENT}/"), ctx.step("release"))
    return commit


async def _answer(run: Runtime, commit: Commit, id: str, *, status: int = 200) -> Response:
    # As it was right after this very command, so that a repeat answers the same.
    state, _ = await run.load(account, id, upto=commit.version)
    return await answer(run, commit, _shown(state.model_dump()), status=status, shown_in=SHOWN_IN)


def _shown(known: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": known["id"],
        "email": known["email"],
        "first_name": known["first_name"],
        "last_name": known["last_name"],
        "roles": roles_of(known["roles"]),
        "services": services_of(known["roles"]),
        "capacity": known["capacity"] or None,
        "status": "invited" if known["status"] == "pending" else known["status"],
        "second_factor": bool(known["second_factor"]),
    }
