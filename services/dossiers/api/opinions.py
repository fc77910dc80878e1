"""Opinions (avis): asked by the service in charge, given by a colleague of any service, never shown to the applicant.

`If-Match` and `version` are those of the opinions of one demande, which share a stream.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from kernel.db import Row
from kernel.errors import Fault, invalid, not_found
from kernel.http.contract import answers
from kernel.http.deps import Caller, Ctx, Run, View, account_of, answer
from kernel.http.paging import Paged, page_of
from kernel.http.tokens import Principal
from kernel.ids import derived_id, is_id
from kernel.runtime.runtime import Runtime
from services.dossiers.aggregate.calendar import paris_day
from services.dossiers.aggregate.demande import demande
from services.dossiers.aggregate.opinions import give_opinion, opinions, request_opinion, withdraw_opinion
from services.dossiers.api.access import demand_agent, of_agent
from services.dossiers.api.moves import name_of
from services.dossiers.api.shown_to_agents import MyOpinions, OpinionAnswered, OpinionAsked
from services.dossiers.commands import GiveOpinion, RequestOpinion, WithdrawOpinion
from services.dossiers.projections import agents, demande_detail, history
from services.dossiers.projections import opinions as asked

router = APIRouter(prefix="/api/backoffice", tags=["Instruction"])
SHOWN_IN = (asked.projection, history.projection)
PAGE_KEYS = ("turn", "due", "id")


class OpinionQuestion(BaseModel):
    """`agent`: the id or the e-mail address of an agent of any service; `due`: the last day to answer."""

    model_config = ConfigDict(extra="forbid")

    agent: str = Field(min_length=1, max_length=320)
    question: str = Field(max_length=4000)
    due: date


class OpinionAnswer(BaseModel):
    """What the expert thinks, and why."""

    model_config = ConfigDict(extra="forbid")

    verdict: Literal["favorable", "reserve", "defavorable"]
    text: str = Field(max_length=10_000)


class OpinionFilters(BaseModel):
    """`lapsed`: nobody answered before the demande was decided or withdrawn."""

    status: Literal["pending", "given", "withdrawn", "lapsed"] | None = None


@router.post(
    "/demandes/{id}/opinions", status_code=201, summary="Demander un avis", responses=answers(201, OpinionAsked)
)
async def ask(id: str, body: OpinionQuestion, run: Run, view: View, caller: Caller, ctx: Ctx) -> Response:
    """Ask a colleague, who is told by mail and may read this demande until he has answered."""
    await of_agent(await view(demande_detail.projection), id, caller)
    expert = await _expert(run, view, body.agent)
    command = RequestOpinion(
        demande=id,
        status=await _status(run, id),
        opinion=derived_id(ctx.command_id),
        expert=expert["id"],
        expert_name=f"{expert['first_name']} {expert['last_name']}".strip(),
        asked_by=account_of(caller),
        asked_by_name=name_of(caller),
        question=body.question,
        due=body.due,
        today=paris_day(run.clock()),
    )
    commit = await run.handle(opinions, id, request_opinion, command, ctx)
    body_of = {"id": command.opinion, "demande": id, "status": "pending", "version": commit.version}
    return await answer(run, commit, body_of, status=201, shown_in=SHOWN_IN)


@router.get("/opinions", summary="Les avis qui me sont demandés", responses=answers(200, MyOpinions))
async def mine(
    run: Run, view: View, caller: Caller, paging: Paged, wanted: Annotated[OpinionFilters, Query()]
) -> dict[str, Any]:
    """What the caller was asked: what is awaited first, then the rest, each by the last day to answer."""
    demand_agent(caller)
    db = await view(asked.projection)
    rows, following = page_of(await asked.asked_of(db, account_of(caller), wanted.status, paging), paging, PAGE_KEYS)
    today = paris_day(run.clock()).isoformat()
    return {"items": [asked.shown_to_expert(row, today) for row in rows], "next": following}


@router.post("/opinions/{id}", summary="Donner un avis", responses=answers(200, OpinionAnswered))
async def give(id: str, body: OpinionAnswer, run: Run, view: View, caller: Caller, ctx: Ctx) -> Response:
    """Answer, once. The demande is closed to the expert again, unless it belongs to one of his services."""
    row = await _found(view, id, caller)
    if row["expert"] != account_of(caller):
        raise not_found()
    command = GiveOpinion(
        status=await _status(run, row["demande"]),
        opinion=id,
        expert=row["expert"],
        expert_name=name_of(caller),
        verdict=body.verdict,
        text=body.text,
    )
    commit = await run.handle(opinions, row["demande"], give_opinion, command, ctx)
    body_of = {"id": id, "demande": row["demande"], "status": "given", "version": commit.version}
    return await answer(run, commit, body_of, shown_in=SHOWN_IN)


@router.delete("/opinions/{id}", summary="Retirer une demande d'avis", responses=answers(200, OpinionAnswered))
async def withdraw(id: str, run: Run, view: View, caller: Caller, ctx: Ctx) -> Response:
    """Any agent of the service in charge may stop waiting for an answer."""
    row = await _found(view, id, caller)
    if row["service"] not in caller.services:
        raise not_found()
    command = WithdrawOpinion(opinion=id, agent=account_of(caller))
    commit = await run.handle(opinions, row["demande"], withdraw_opinion, command, ctx)
    body_of = {"id": id, "demande": row["demande"], "status": "withdrawn", "version": commit.version}
    return await answer(run, commit, body_of, shown_in=SHOWN_IN)


async def _found(view: View, id: str, caller: Principal) -> Row:
    demand_agent(caller)
    row = await asked.find(await view(asked.projection), id) if is_id(id) else None
    if row is None:
        raise not_found()
    return row


async def _status(run: Runtime, id: str) -> str:
    state, _ = await run.load(demande, id)
    return state.status


async def _expert(run: Runtime, view: View, who: str) -> dict[str, Any]:
    """An active agent, by his id or his address. Raises Refused(invalid-request)."""
    id = await agents.at(await view(agents.projection), who) if "@" in who else who
    # Who is an agent is identity's to say, and must be current: a disabled one is asked nothing more.
    agent = await run.peers["identity"].get(f"/internal/agents/{id}") if id and is_id(id) else None
    if agent is None:
        detail = "Indiquez l'adresse électronique d'un agent du Guichet, ou choisissez-le dans la liste."
        raise invalid("invalid-request", detail, [Fault("/agent", detail)])
    return agent
