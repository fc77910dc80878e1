"""The auditor's doors, the same in every service: history, time travel, verification, replay."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import to_json
from starlette.responses import JSONResponse, Response, StreamingResponse

from kernel.audit import Verified, masked_payload, state_of, verify_stream
from kernel.clock import rfc3339
from kernel.cloudevents import MEDIA_TYPE, qualified, to_cloudevent
from kernel.db import Tx
from kernel.envelope import Recorded
from kernel.errors import invalid, not_found
from kernel.http.audit_shapes import AuditedEvents, AuditedStream, ProjectionPositions, Replay, Verification
from kernel.http.contract import answers
from kernel.http.deps import Caller, Run, demand_role
from kernel.http.tokens import Principal
from kernel.jobs import Job
from kernel.runtime.runtime import Runtime

router = APIRouter(prefix="/audit")
NDJSON = "application/x-ndjson"


async def admit(request: Request, run: Runtime, caller: Principal) -> None:
    """Let auditors in, and leave a trace of what they read. Raises Refused for anybody else."""
    demand_role(caller, "auditeur")
    trace = {
        "at": rfc3339(run.clock()),
        "actor": caller.actor,
        "what": f"{request.method} {request.url.path}?{request.url.query}"[:500],
        "correlation": request.state.correlation,
    }

    def work(tx: Tx) -> None:
        tx.run("INSERT INTO consultation VALUES(:at, :actor, :what, :correlation)", **trace)

    await run.state.write(work)


def _utc(at: datetime) -> datetime:
    try:
        return (at.replace(tzinfo=UTC) if at.tzinfo is None else at).astimezone(UTC)
    except OverflowError:
        raise ValueError("before the first or after the last instant") from None


Instant = Annotated[datetime, AfterValidator(_utc)]
"""An instant; without an offset it is UTC."""


class EventFilter(BaseModel):
    """Which facts an auditor asks for."""

    after: int = Field(0, ge=0)
    limit: int = Field(100, ge=1, le=1000)
    type: str | None = None
    stream: str | None = None
    actor: str | None = None
    correlation: str | None = None
    since: Instant | None = None
    until: Instant | None = None

    def matches(self, fact: Recorded) -> bool:
        """Whether a fact is asked for."""
        full = qualified(fact.source, fact.type, fact.schema)
        return (
            (self.type is None or self.type in (fact.type, full))
            and (self.stream is None or self.stream == fact.stream)
            and (self.actor is None or self.actor == fact.meta.actor)
            and (self.correlation is None or self.correlation == fact.meta.correlation)
            and (self.since is None or fact.at >= self.since)
            and (self.until is None or fact.at <= self.until)
        )


@router.get("/events", responses=answers(200, AuditedEvents))
async def events(request: Request, run: Run, caller: Caller, wanted: Annotated[EventFilter, Query()]) -> Response:
    """Facts in order, as a CloudEvents batch, or as NDJSON to the end when that is what the caller accepts."""
    await admit(request, run, caller)
    if NDJSON in request.headers.get("accept", ""):
        return StreamingResponse(_lines(run, wanted), media_type=NDJSON)
    found = [fact async for fact in _matching(run, wanted, wanted.limit)]
    return JSONResponse([_shown(fact) for fact in found], media_type=MEDIA_TYPE)


@router.get("/timeline")
async def timeline(request: Request, run: Run, caller: Caller, route: str) -> Response:
    """Every fact about one demande."""
    await admit(request, run, caller)
    after, items = 0, []
    while True:
        page = await run.store.scan(after, 500, route=route)
        items += [_shown(fact) for fact in page.facts]
        if len(page.facts) < 500:
            return JSONResponse(items, media_type=MEDIA_TYPE)
        after = page.position
        await asyncio.sleep(0)


@router.get("/streams/{stream}", responses=answers(200, AuditedStream))
async def stream(
    request: Request, run: Run, caller: Caller, stream: str, version: int | None = None, at: Instant | None = None
) -> Response:
    """A stream as it is, or as it was at a version or an instant: its state, its facts, whether its chain holds."""
    await admit(request, run, caller)
    if version is not None and at is not None:
        raise invalid("invalid-request", "Indiquez une version ou un instant, pas les deux.")
    history = (
        await run.store.read(stream, upto=at if version is None else version)
        if stream.startswith(f"{run.name}.")
        else []
    )
    if not history:
        raise not_found()
    body = {
        "stream": stream,
        "version": history[-1].version,
        "state": state_of(run.service, stream, history),
        "events": [_shown(fact) for fact in history],
        "verified": not verify_stream(history),
    }
    return Response(to_json(body), media_type="application/json")


@router.post("/verification", responses=answers(200, Verification) | answers(202, Verification))
async def verification(request: Request, run: Run, caller: Caller) -> Response:
    """Recompute every chain of this service's log."""
    await admit(request, run, caller)
    return await _started(run, run.jobs.start(Verified(run.store)))


@router.get("/verification/{id}", responses=answers(200, Verification))
async def verification_progress(request: Request, run: Run, caller: Caller, id: str) -> Response:
    """How far a verification has got."""
    await admit(request, run, caller)
    return await _progress(run, id, "verification")


@router.get("/projections", responses=answers(200, ProjectionPositions))
async def projections(request: Request, run: Run, caller: Caller) -> Response:
    """The read models, their versions and how far they have got."""
    await admit(request, run, caller)
    items = [
        {"name": p.projection.name, "version": p.projection.version, "position": p.live.positions}
        for p in run.projectors.values()
    ]
    return JSONResponse({"items": items})


class ReplayBody(BaseModel):
    """Which read model to rebuild beside the live one."""

    model_config = ConfigDict(extra="forbid")

    projection: str = Field(max_length=80)


@router.post("/replays", responses=answers(200, Replay) | answers(202, Replay))
async def replays(request: Request, run: Run, caller: Caller, body: ReplayBody) -> Response:
    """Rebuild a read model from event 0 beside the live one, and compare them at one position."""
    await admit(request, run, caller)
    if body.projection not in run.projectors:
        raise not_found()
    return await _started(run, run.jobs.start(run.replay_of(body.projection)))


@router.get("/replays/{id}", responses=answers(200, Replay))
async def replay_progress(request: Request, run: Run, caller: Caller, id: str) -> Response:
    """How far a replay has got."""
    await admit(request, run, caller)
    return await _progress(run, id, "replay")


async def _started(run: Runtime, job: Job) -> Response:
    await run.jobs.wait(job, 5.0)
    return JSONResponse(job.report(), 200 if job.done else 202)


async def _progress(run: Runtime, id: str, kind: str) -> Response:
    report = await run.jobs.report(id, kind)
    if report is None:
        raise not_found()
    return JSONResponse(report)


async def _matching(run: Runtime, wanted: EventFilter, limit: int | None) -> AsyncIterator[Recorded]:
    after, count = wanted.after, 0
    by_stream: Callable[[], Any] | None = None
    if wanted.stream is not None:
        if not wanted.stream.startswith(f"{run.name}."):
            return
        by_stream = lambda: run.store.read(wanted.stream or "")  # noqa: E731
    while True:
        if by_stream is not None:
            facts = [fact for fact in await by_stream() if fact.position > after]
            position = run.store.head
        else:
            page = await run.store.scan(after, 500)
            facts, position = list(page.facts), page.position
        for fact in facts:
            if wanted.matches(fact):
                yield fact
                count += 1
                if count == limit:
                    return
        if by_stream is not None or len(facts) < 500:
            return
        after = position
        await asyncio.sleep(0)  # a long log is read between the other requests


async def _lines(run: Runtime, wanted: EventFilter) -> AsyncIterator[bytes]:
    async for fact in _matching(run, wanted, None):
        yield to_json(_shown(fact)) + b"\n"


def _shown(fact: Recorded) -> dict[str, Any]:
    return to_cloudevent(fact, masked_payload(fact))
