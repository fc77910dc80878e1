"""A toy service, a counter, that has one of everything a service may have: the tests of the kernel stand on it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, assert_never
from uuid import UUID, uuid5

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, JsonValue
from starlette.responses import Response

from kernel.aggregate import Aggregate, Command, State
from kernel.db import Tx
from kernel.envelope import Context, Recorded
from kernel.errors import Kind, Refused, conflict, not_found
from kernel.events import Event, Sealed, Secret
from kernel.http.deps import Caller, Ctx, Run, View, account_of, answer, demand_service, versioned
from kernel.http.paging import Paged, page_of
from kernel.ids import derived_id
from kernel.projection import Projection
from kernel.runtime.declaration import Service
from kernel.settings import ServiceSettings


class ToyFact(Event, service="toy"):
    """A fact of the toy."""


class CounterOpened(ToyFact, public=True, route="counter"):
    """A counter exists."""

    counter: str


class CounterAdded(ToyFact, public=True, route="counter"):
    """It grew."""

    counter: str
    amount: int


class CounterNamed(ToyFact, public=True, route="counter", subject="counter:{counter}"):
    """Somebody gave it a name, which is personal data."""

    counter: str
    label: Sealed[str]


class CounterNoted(ToyFact, route="counter", subject="counter:{counter}"):
    """A private note: no other service hears of it."""

    counter: str
    text: Sealed[str]
    code: Secret[str]


class CounterAudited(ToyFact):
    """Private, and about nothing in particular."""

    by: str


class OtherFact(Event, service="other"):
    """A fact of a neighbour of the toy."""


class ThingHappened(OtherFact, public=True, route="thing", subject="thing:{thing}"):
    """Something happened over there."""

    thing: str
    detail: Sealed[str] = ""


CounterFact = CounterOpened | CounterAdded | CounterNamed | CounterNoted | CounterAudited


class Counter(State):
    """What decisions about a counter need to know."""

    id: str = ""
    total: int = 0
    label: str = ""
    code: Secret[str] = ""


def evolve(state: Counter, fact: CounterFact) -> Counter:
    """Fold one fact."""
    match fact:
        case CounterOpened():
            return Counter(id=fact.counter)
        case CounterAdded():
            return state.model_copy(update={"total": state.total + fact.amount})
        case CounterNamed():
            return state.model_copy(update={"label": fact.label})
        case CounterNoted():
            return state.model_copy(update={"code": fact.code})
        case CounterAudited():
            return state
        case _:
            assert_never(fact)


class Open(Command):
    """Make a counter."""

    counter: str


class Add(Command):
    """Let it grow."""

    amount: int


class Name(Command):
    """Give it a name."""

    label: str


def open_counter(state: Counter, command: Open) -> Iterable[CounterOpened]:
    """Once."""
    if state.id:
        raise conflict("already-open", "Ce compteur existe déjà.")
    yield CounterOpened(counter=command.counter)


def add(state: Counter, command: Add) -> Iterable[CounterAdded]:
    """Nothing is no fact; more than a hundred is refused."""
    if not state.id:
        raise not_found()
    if command.amount > 100:
        raise conflict("too-much", "Ajoutez cent au plus à la fois.")
    if command.amount:
        yield CounterAdded(counter=state.id, amount=command.amount)


def name(state: Counter, command: Name) -> Iterable[CounterNamed | CounterNoted]:
    """Two facts of one command: a public one and a private one."""
    if not state.id:
        raise not_found()
    yield CounterNamed(counter=state.id, label=command.label)
    yield CounterNoted(counter=state.id, text=f"nommé {command.label}", code="s3cr3t")


counter = Aggregate("toy", "counter", Counter(), evolve)

totals = Projection(
    "totals",
    version=1,
    ddl="""
    CREATE TABLE IF NOT EXISTS total(id TEXT PRIMARY KEY, total INTEGER NOT NULL, label TEXT NOT NULL,
      owner TEXT NOT NULL, version INTEGER NOT NULL);
    """,
)


@totals.on(CounterOpened)
def _opened(tx: Tx, fact: CounterOpened, recorded: Recorded) -> None:
    tx.run(
        "INSERT INTO total VALUES(:id, 0, '', :owner, :version) ON CONFLICT DO NOTHING",
        id=fact.counter,
        owner=recorded.meta.actor,
        version=recorded.version,
    )


@totals.on(CounterAdded)
def _added(tx: Tx, fact: CounterAdded, recorded: Recorded) -> None:
    sql = "UPDATE total SET total=total+:amount, version=:version WHERE id=:id AND version<:version"
    tx.run(sql, amount=fact.amount, version=recorded.version, id=fact.counter)


@totals.on(CounterNamed)
def _named(tx: Tx, fact: CounterNamed, recorded: Recorded) -> None:
    sql = "UPDATE total SET label=:label, version=:version WHERE id=:id AND version<:version"
    tx.run(sql, label=fact.label, version=recorded.version, id=fact.counter)


router = APIRouter()


class Amount(BaseModel):
    """How much."""

    model_config = ConfigDict(extra="forbid")

    amount: Annotated[int, Field(ge=0, le=1000)]
    password: str = Field("", max_length=100)


class Label(BaseModel):
    """A name."""

    model_config = ConfigDict(extra="forbid")

    label: str = Field(max_length=200)


class Anything(BaseModel):
    """Whatever a client may think of."""

    model_config = ConfigDict(extra="forbid")

    value: JsonValue = None


@router.post("/api/counters", status_code=201)
async def post_counter(run: Run, caller: Caller, ctx: Ctx) -> Response:
    """Make one."""
    account_of(caller)
    id = derived_id(ctx.command_id)
    commit = await run.handle(counter, id, open_counter, Open(counter=id), ctx)
    return await answer(run, commit, {"id": id}, status=201, shown_in=(totals,))


@router.get("/api/counters")
async def get_counters(view: View, caller: Caller, paging: Paged) -> dict[str, Any]:
    """All of them."""
    db = await view(totals)
    after = paging.after[0] if paging.after else ""
    rows = await db.read("SELECT * FROM total WHERE id>:a ORDER BY id LIMIT :n", a=after, n=paging.limit + 1)
    shown, following = page_of(rows, paging, ("id",))
    return {"items": shown, "next": following}


@router.get("/api/counters/{id}")
async def get_counter(id: str, view: View, caller: Caller) -> Response:
    """One of them."""
    rows = await (await view(totals)).read("SELECT * FROM total WHERE id=:id", id=id)
    if not rows:
        raise not_found()
    return versioned({"total": rows[0]["total"], "label": rows[0]["label"]}, rows[0]["version"])


@router.post("/api/counters/{id}/additions")
async def post_addition(id: str, body: Amount, run: Run, ctx: Ctx) -> Response:
    """Let it grow."""
    commit = await run.handle(counter, id, add, Add(amount=body.amount), ctx)
    return await answer(run, commit, {"id": id, "version": commit.version}, shown_in=(totals,))


@router.put("/api/counters/{id}/label")
async def put_label(id: str, body: Label, run: Run, ctx: Ctx) -> Response:
    """Name it."""
    commit = await run.handle(counter, id, name, Name(label=body.label), ctx)
    return await answer(run, commit, shown_in=(totals,), status=204)


@router.post("/api/anything")
async def post_anything(body: Anything, ctx: Ctx) -> dict[str, str]:
    """Takes any JSON value."""
    return {"kind": type(body.value).__name__}


@router.get("/api/refusals/{kind}")
async def get_refusal(kind: Kind, caller: Caller) -> None:
    """Refuses."""
    raise Refused(kind, f"for-{kind}", "Non, pour telle raison.", retry_after=7 if kind is Kind.UNAVAILABLE else None)


@router.get("/api/bug")
async def get_bug(caller: Caller) -> None:
    """Fails as a bug does."""
    raise RuntimeError("what jean.dupont@example.org typed")


@router.get("/internal/counters/{id}")
async def get_internal(id: str, caller: Caller) -> dict[str, str]:
    """For services only."""
    return {"asked_by": demand_service(caller, "read")}


SERVICE = Service(
    name="toy",
    settings=ServiceSettings,
    aggregates=(counter,),
    routers=(router,),
    projections=(totals,),
    entitled={"dossiers": (CounterNamed,)},
)


def context(number: int | str = 0, *, actor: str = "account:a1", expected: int | None = None) -> Context:
    """The context of a command; the same number is the same command."""
    command = uuid5(UUID(int=7), str(number))
    return Context(actor, command, f"print-{number}", f"correlation-{number}", expected=expected)
