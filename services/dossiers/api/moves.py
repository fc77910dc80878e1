"""What agents do with a demande, one by one or many at once."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from kernel.db import Row
from kernel.envelope import Commit, Context
from kernel.errors import Fault, Kind, Refused, invalid, stale
from kernel.http.deps import account_of
from kernel.http.tokens import Principal
from kernel.ids import is_id
from kernel.runtime.runtime import Runtime
from services.dossiers.aggregate.demande import STATUSES, assign, change_status, demande
from services.dossiers.aggregate.labels import MOST, label
from services.dossiers.api.access import author_of
from services.dossiers.commands import AssignDemande, ChangeStatus, LabelDemande
from services.dossiers.events import DemandeAssigned

Text = Annotated[str, StringConstraints(max_length=80)]


class StatusChange(BaseModel):
    """Where the demande goes, and what the applicant is told. `capacity`: in which the agent decides (L212-2 CRPA)."""

    model_config = ConfigDict(extra="forbid")

    status: str = Field(max_length=40)
    message: str | None = Field(None, max_length=10_000)
    capacity: str | None = Field(None, max_length=120)


class Assignment(BaseModel):
    """`me`, the id of a colleague of the same service, or null."""

    model_config = ConfigDict(extra="forbid")

    agent: str | None = Field(max_length=40)


class Labelling(BaseModel):
    """Labels of the service to add and to take away, of 30 characters at most."""

    model_config = ConfigDict(extra="forbid")

    add: list[Text] = Field([], max_length=MOST)
    remove: list[Text] = Field([], max_length=MOST)


async def move(run: Runtime, row: Row, body: StatusChange, caller: Principal, ctx: Context) -> Commit:
    """Move a demande along, or decide."""
    if body.status not in STATUSES:
        detail = "Choisissez le nouvel état de la demande parmi ceux qui sont proposés."
        raise invalid("invalid-request", detail, [Fault("/status", detail)])
    author = author_of(caller, row, body.capacity)
    command = ChangeStatus(to=body.status, message=body.message or "", author=author)
    return await run.handle(demande, row["id"], change_status, command, ctx)


async def found_agent(run: Runtime, asked: str | None, caller: Principal) -> dict[str, Any] | None:
    """Whom work is given to: `me`, somebody by his id, or nobody (None). Raises Refused(invalid-request)."""
    if asked is None:
        return None
    if asked in ("me", caller.account):
        return {"id": account_of(caller), "name": name_of(caller), "services": sorted(caller.services)}
    # Who belongs to a service is identity's to say, and must be current: a disabled agent gets nothing more.
    agent = await run.peers["identity"].get(f"/internal/agents/{asked}") if is_id(asked) else None
    if agent is None:
        raise _no_agent()
    return {**agent, "name": f"{agent['first_name']} {agent['last_name']}"}


async def give(run: Runtime, row: Row, agent: dict[str, Any] | None, ctx: Context) -> Commit:
    """Give a demande to an agent of its service, or put it back. A 412 says who was faster."""
    if agent is not None and row["service"] not in agent["services"]:
        raise _no_agent()
    command = AssignDemande(agent=agent["id"] if agent else "", agent_name=agent["name"] if agent else "")
    try:
        return await run.handle(demande, row["id"], assign, command, ctx)
    except Refused as refusal:
        if refusal.kind is not Kind.STALE or ctx.expected is None:
            raise
        _, history = await run.load(demande, row["id"])
    for recorded in reversed(history[ctx.expected :]):
        if isinstance(fact := recorded.event, DemandeAssigned):
            who = f"{fact.agent_name} a pris cette demande" if fact.agent else "Cette demande a été remise au service"
            raise stale(f"{who} entre-temps. Rechargez la page avant de la confier à quelqu'un d'autre.")
    raise stale()


async def tag(run: Runtime, row: Row, body: Labelling, caller: Principal, ctx: Context) -> Commit:
    """Change the labels of a demande."""
    command = LabelDemande(add=tuple(body.add), remove=tuple(body.remove), agent=account_of(caller))
    return await run.handle(demande, row["id"], label, command, ctx)


def name_of(caller: Principal) -> str:
    """First name and name."""
    return f"{caller.first_name or ''} {caller.last_name or ''}".strip()


def _no_agent() -> Refused:
    detail = "Choisissez un agent du service chargé de cette demande."
    return invalid("invalid-request", detail, [Fault("/agent", detail)])
