"""The doors every service has for those who run it, and for the services that follow it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from prometheus_client import generate_latest
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from kernel.audit import Verified
from kernel.cloudevents import MEDIA_TYPE, current_schema, to_cloudevent
from kernel.envelope import Recorded
from kernel.errors import conflict, not_found
from kernel.feed import LONG_POLL, PAGE
from kernel.http.client import POSITION, STORE
from kernel.http.deps import Caller, Run, demand_service
from kernel.http.tokens import Principal
from kernel.reactor import ReactorRunner
from kernel.runtime.runtime import Runtime

router = APIRouter(include_in_schema=False)


@router.get("/livez")
async def livez() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@router.get("/readyz")
async def readyz(run: Run) -> Response:
    """The service can do its work: its log is open and its read models have caught up once."""
    body = {"status": "ok" if run.ready else "starting", "bus": run.bus.connected if run.bus else None}
    return JSONResponse(body, 200 if run.ready else 503)


@router.get("/metrics")
async def metrics(run: Run) -> Response:
    """Prometheus text format."""
    for projector in run.projectors.values():
        for source, position in projector.live.positions.items():
            run.metrics.position.labels(f"projection/{projector.projection.name}", source).set(position)
    for runner in run.reactors:
        for source, position in runner.positions.items():
            run.metrics.position.labels(f"reactor/{runner.reactor.name}", source).set(position)
    held = {
        row["parked"]: row["n"] for row in await run.state.read("SELECT parked, count(*) AS n FROM held GROUP BY 1")
    }
    for kind, parked in (("waiting", 0), ("parked", 1)):
        run.metrics.held.labels(kind).set(held.get(parked, 0))
    return Response(generate_latest(run.metrics.registry), media_type="text/plain; version=0.0.4")


@router.get("/feed")
async def feed(
    run: Run,
    caller: Caller,
    after: Annotated[int, Query(ge=0)] = 0,
    wait: Annotated[float, Query(ge=0, le=LONG_POLL)] = 0,
    stream: str | None = None,
    version: int | None = None,
) -> Response:
    """The public facts after a position, from event 0 on. Entitled readers see the sealed values they need."""
    reader = demand_service(caller, "feed")
    if stream is not None:
        history = await run.store.read(stream, upto=version) if stream.startswith(f"{run.name}.") else []
        facts = [fact for fact in history[-1:] if fact.public and fact.version == version]
        return _batch(run, reader, facts, after)
    if after > run.store.head:
        raise conflict("ahead-of-log", "Cette position est au-delà de la fin du journal : il a été remplacé.")
    page = await run.store.scan(after, PAGE, public=True)
    if not page.facts and wait:
        await run.news(page.position, wait)
        page = await run.store.scan(after, PAGE, public=True)
    return _batch(run, reader, list(page.facts), page.position)


def _batch(run: Runtime, reader: str, facts: list[Recorded], position: int) -> Response:
    entitled = {cls.wire_name for cls in run.service.entitled.get(reader, ())}
    events = [to_cloudevent(fact, _data(run, fact, entitled), schema=current_schema(fact)) for fact in facts]
    headers = {POSITION: str(position), STORE: run.store.epoch}
    return JSONResponse(events, headers=headers, media_type=MEDIA_TYPE)


def _data(run: Runtime, fact: Recorded, entitled: set[str]) -> Any:
    if fact.event is None:
        return None
    return fact.event.model_dump(mode="json") if fact.type in entitled else run.codec.published(fact.event)


class Held(BaseModel):
    """What to do with a stream that a reactor holds."""

    action: Literal["retry", "drop"]
    reactor: str
    source: str
    stream: str


@router.get("/parked")
async def parked(run: Run, caller: Caller) -> dict[str, Any]:
    """The facts that reactors and read models hold back."""
    _demand_console(caller)
    held = await run.state.read("SELECT * FROM held ORDER BY reactor, source, position LIMIT 1000")
    rows = [{"projection": name, **row} for name, p in run.projectors.items() for row in await p.live.parked()]
    return {"reactors": held, "projections": rows}


@router.post("/parked")
async def decide_parked(run: Run, caller: Caller, body: Held) -> dict[str, str]:
    """Retry or drop what a reactor holds of one stream."""
    _demand_console(caller)
    runner = _runner(run, body.reactor)
    if body.action == "retry":
        await runner.release(body.source, body.stream)
    else:
        await runner.drop(body.source, body.stream)
    return {"status": "ok"}


class Resumption(BaseModel):
    """Where a reactor goes on in the log that replaced the one it followed."""

    reactor: str
    source: str
    start: Literal["beginning", "end"]


@router.post("/resumption")
async def resume(run: Run, caller: Caller, body: Resumption) -> dict[str, str]:
    """Have a reactor follow a log that was replaced. Nothing else starts it again: somebody must have looked."""
    _demand_console(caller)
    runner = _runner(run, body.reactor)
    source = next((s for s in runner.sources if s.name == body.source), None)
    if source is None:
        raise not_found()
    await runner.resume(source, from_start=body.start == "beginning")
    return {"status": "ok"}


class Rebuild(BaseModel):
    """Which read model to rebuild from event 0 and let take over."""

    projection: str


@router.post("/rebuild")
async def rebuild(run: Run, caller: Caller, body: Rebuild) -> Response:
    """Build the read model beside the live one, then flip."""
    _demand_console(caller)
    if body.projection not in run.projectors:
        raise not_found()
    return await _reported(run, run.jobs.start(run.replay_of(body.projection, flip=True)).id, "replay")


@router.post("/verify")
async def verify(run: Run, caller: Caller) -> Response:
    """Recompute every chain of the log."""
    _demand_console(caller)
    return await _reported(run, run.jobs.start(Verified(run.store)).id, "verification")


@router.get("/jobs/{kind}/{id}")
async def job(run: Run, caller: Caller, kind: str, id: str) -> Response:
    """How far a job has got."""
    _demand_console(caller)
    return await _reported(run, id, kind)


async def _reported(run: Runtime, id: str, kind: str) -> Response:
    report = await run.jobs.report(id, kind, seconds=5.0)
    if report is None:
        raise not_found()
    return JSONResponse(report | {"kind": kind}, 200 if report["done"] else 202)


def _runner(run: Runtime, reactor: str) -> ReactorRunner[Runtime]:
    found = next((runner for runner in run.reactors if runner.reactor.name == reactor), None)
    if found is None:
        raise not_found()
    return found


def _demand_console(caller: Principal) -> None:
    """Those who run Guichet speak through the console alone: no service operates another."""
    if demand_service(caller, "operate") != "console":
        raise not_found()
