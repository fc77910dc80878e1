"""Many demandes at once: each by its own command, with its own result, and what would undo it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import JSONResponse, Response

from kernel.db import Db, Row
from kernel.envelope import Commit, Context
from kernel.errors import Fault, Refused, invalid
from kernel.http.contract import answers
from kernel.http.deps import Caller, Ctx, Run, View, answer
from kernel.http.problems import STATUSES
from kernel.http.tokens import Principal
from kernel.runtime.runtime import Runtime
from services.dossiers.aggregate.demande import DECISIONS, demande
from services.dossiers.api.access import demand_agent, of_agent
from services.dossiers.api.moves import Assignment, Labelling, StatusChange, found_agent, give, move, tag
from services.dossiers.api.shown_to_agents import BatchResult
from services.dossiers.events import DemandeAssigned, DemandeLabelled, DemandeStatusChanged, DemandeUnlabelled
from services.dossiers.projections import dashboard, demande_detail, history

router = APIRouter(prefix="/api/backoffice/demandes", tags=["Instruction"])
SHOWN_IN = (demande_detail.projection, history.projection, dashboard.projection)
REOPENED = "Annulation d'une opération groupée."


class Batch(BaseModel):
    """One action on up to 100 demandes; what it needs is what the call for one demande takes.

    `assign`: `agent`; `status`: `status`, `message`, `capacity`; `label`: `add`, `remove`.
    """

    model_config = ConfigDict(extra="forbid")

    ids: list[Annotated[str, StringConstraints(max_length=40)]] = Field(min_length=1, max_length=100)
    action: Literal["assign", "status", "label"]
    agent: str | None = Field(None, max_length=40)
    status: str | None = Field(None, max_length=40)
    message: str | None = Field(None, max_length=10_000)
    capacity: str | None = Field(None, max_length=120)
    add: list[Annotated[str, StringConstraints(max_length=80)]] = Field([], max_length=20)
    remove: list[Annotated[str, StringConstraints(max_length=80)]] = Field([], max_length=20)


NEEDS = {"assign": {"agent"}, "status": {"status", "message", "capacity"}, "label": {"add", "remove"}}


@dataclass(frozen=True)
class Done:
    """One demande of a batch: what was recorded, or why nothing was; the action that would undo it."""

    id: str
    commit: Commit | None = None
    refusal: Refused | None = None
    undo: dict[str, Any] | None = None

    def shown(self) -> dict[str, Any]:
        """As it is answered."""
        if self.refusal is None:
            assert self.commit is not None
            return {"id": self.id, "status": 200, "version": self.commit.version}
        refusal = self.refusal
        return {"id": self.id, "status": STATUSES[refusal.kind], "slug": refusal.slug, "detail": refusal.detail}


@router.post("/batch", summary="Agir sur plusieurs demandes", responses=answers(200, BatchResult))
async def batch(body: Batch, run: Run, view: View, caller: Caller, ctx: Ctx) -> Response:
    """Each demande has its own result; `undo` holds the batches that put back what can be, to be sent as they are."""
    demand_agent(caller)
    _demand_coherent(body)
    act = await _action(run, body, caller)
    db = await view(demande_detail.projection)
    ids = list(dict.fromkeys(body.ids))
    done = await asyncio.gather(*(_one(run, db, id, act, caller, ctx.step(f"batch/{id}")) for id in ids))
    for one in done:
        if one.refusal is not None and one.refusal.slug in ("idempotency-mismatch", "unavailable"):
            raise one.refusal  # the whole call is at fault, or is worth another try with the same key
    result = {"items": [one.shown() for one in done], "undo": _undo(done)}
    commits = [one.commit for one in done if one.commit is not None]
    if not commits:
        return JSONResponse(result)
    response = await answer(run, max(commits, key=lambda commit: commit.position), result, shown_in=SHOWN_IN)
    del response.headers["ETag"]
    return response


Act = Callable[[Row, Context], Awaitable[Commit]]


async def _action(run: Runtime, body: Batch, caller: Principal) -> Act:
    if body.action == "assign":
        agent = await found_agent(run, Assignment(agent=body.agent).agent, caller)
        return lambda row, ctx: give(run, row, agent, ctx)
    if body.action == "label":
        labelling = Labelling(add=body.add, remove=body.remove)
        return lambda row, ctx: tag(run, row, labelling, caller, ctx)
    change = StatusChange(status=body.status or "", message=body.message, capacity=body.capacity)
    return lambda row, ctx: move(run, row, change, caller, ctx)


async def _one(run: Runtime, db: Db, id: str, act: Act, caller: Principal, ctx: Context) -> Done:
    try:
        row = await of_agent(db, id, caller)
        commit = await act(row, ctx)
    except Refused as refusal:
        return Done(id, refusal=refusal)
    return Done(id, commit, undo=await _inverse(run, id, commit))


async def _inverse(run: Runtime, id: str, commit: Commit) -> dict[str, Any] | None:
    """What puts a demande back as it was, where the rules allow it; None where nothing changed or nothing does."""
    if not commit.events:
        return None
    facts = [recorded.event for recorded in commit.events]
    match facts[0]:
        case DemandeAssigned():
            before, _ = await run.load(demande, id, upto=commit.events[0].version - 1)
            return {"action": "assign", "agent": before.assigned_to or None}
        case DemandeStatusChanged(old="en_instruction", new=new) if new in DECISIONS:
            return {"action": "status", "status": "en_instruction", "message": REOPENED}
        case DemandeLabelled() | DemandeUnlabelled():
            removed = [fact.label for fact in facts if isinstance(fact, DemandeUnlabelled)]
            added = [fact.label for fact in facts if isinstance(fact, DemandeLabelled)]
            return {"action": "label", "add": removed, "remove": added}
        case _:
            return None


def _undo(done: list[Done]) -> list[dict[str, Any]]:
    """One batch for all demandes that the same action puts back."""
    batches: list[dict[str, Any]] = []
    for one in done:
        if one.undo is None:
            continue
        same = next((each for each in batches if {k: v for k, v in each.items() if k != "ids"} == one.undo), None)
        if same is None:
            batches.append({"ids": [one.id], **one.undo})
        else:
            same["ids"].append(one.id)
    return batches


def _demand_coherent(body: Batch) -> None:
    given = body.model_fields_set - {"ids", "action"}
    for name in sorted(given - NEEDS[body.action]):
        detail = f"Ce champ n'accompagne pas l'action « {body.action} » : retirez-le."
        raise invalid("invalid-request", detail, [Fault(f"/{name}", detail)])
    if body.action == "assign" and "agent" not in given:
        detail = "Choisissez un agent, ou remettez les demandes à la disposition du service."
        raise invalid("invalid-request", detail, [Fault("/agent", detail)])
