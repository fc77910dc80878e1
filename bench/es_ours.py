"""Our side: commands through `update` on the embedded store, metadata, chain and sealing on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from uuid import UUID, uuid5

from bench.es_workload import COMMANDS_PER_AGGREGATE, NAMESPACE, Sample, demande_ids
from kernel.aggregate import Aggregate, State
from kernel.clock import system_clock
from kernel.codec import Codec
from kernel.envelope import Context
from kernel.events import Event, Sealed
from kernel.eventstore import EventStore, History
from kernel.stores import open_store
from kernel.vault import SqliteKeys, Vault


class BenchFact(Event, service="bench"):
    """A fact of the benchmark."""


class DemandeOpened(BenchFact, public=True, route="demande", subject="demande:{demande}"):
    """The same six fields as the peer's event."""

    demande: str
    demarche: str
    label: str
    status: str
    number: int
    contact: Sealed[str]


class StatusMoved(BenchFact, public=True, route="demande", subject="demande:{demande}"):
    """The same six fields as the peer's event."""

    demande: str
    old: str
    new: str
    agent: str
    number: int
    message: Sealed[str]


class Moving(State):
    """Where a demande stands."""

    id: str = ""
    status: str = ""
    number: int = 0


def evolve(state: Moving, fact: DemandeOpened | StatusMoved) -> Moving:
    """Fold one fact."""
    match fact:
        case DemandeOpened():
            return Moving(id=fact.demande, status=fact.status, number=1)
        case StatusMoved():
            return state.model_copy(update={"status": fact.new, "number": state.number + 1})


moving = Aggregate("bench", "demande", Moving(), evolve)


async def open_bench(directory: Path, url: str = "sqlite:") -> EventStore:
    """A store as a service opens it, its keys durable like in production."""
    codec = Codec("bench", Vault(SqliteKeys(directory / "keys.db"), b"b" * 32))
    return await open_store(url, directory, codec, system_clock)


async def run_commands(directory: Path, clients: int, aggregates: int, url: str = "sqlite:") -> Sample:
    """`clients` tasks, each opening its share of the demandes and moving them nine times."""
    store = await open_bench(directory, url)
    waits: list[float] = []

    async def client(ids: list[str]) -> None:
        for id in ids:
            for number in range(COMMANDS_PER_AGGREGATE):
                started = time.perf_counter()
                await store.update(moving.stream(id), partial(decide, id=id), context(id, number))
                waits.append(time.perf_counter() - started)

    started = time.perf_counter()
    await asyncio.gather(*(client(ids) for ids in demande_ids(clients, aggregates)))
    seconds = time.perf_counter() - started
    await check(store, aggregates)
    await store.close()
    return Sample(len(waits) / seconds, sorted(waits))


def decide(history: History, id: str) -> Iterable[Event]:
    """Open it, then move it."""
    state = moving.fold_recorded(history)
    if not state.number:
        return [
            DemandeOpened(
                demande=id,
                demarche="subvention-association",
                label="Fanfare des villages",
                status="deposee",
                number=0,
                contact="ada.martin@example.org",
            )
        ]
    return [
        StatusMoved(
            demande=id,
            old=state.status,
            new="en_instruction",
            agent="7f3k9qabcdef0123",
            number=state.number,
            message="Votre demande avance.",
        )
    ]


def context(id: str, number: int) -> Context:
    """The metadata of one command."""
    command: UUID = uuid5(NAMESPACE, f"{id}/{number}")
    return Context(f"account:{id}", command, "f" * 64, "c" * 32, traceparent="00-" + "a" * 32 + "-" + "b" * 16 + "-01")


async def check(store: EventStore, aggregates: int) -> None:
    """A run that lost, repeated or misplaced a fact prints no figure. Raises AssertionError."""
    after, versions = 0, dict[str, int]()
    while (page := await store.scan(after, 5000)).facts:
        for fact in page.facts:
            assert fact.version == versions.get(fact.stream, 0) + 1, f"gap in {fact.stream}"
            versions[fact.stream] = fact.version
        after = page.position
    assert len(versions) == aggregates
    assert set(versions.values()) == {COMMANDS_PER_AGGREGATE}


async def replay_rate(directory: Path, url: str = "sqlite:") -> float:
    """Facts a second, read, opened and folded from the first to the last."""
    store = await open_bench(directory, url)
    states: dict[str, Moving] = {}
    after = count = 0
    started = time.perf_counter()
    while (page := await store.scan(after, 5000)).facts:
        for fact in page.facts:
            assert isinstance(fact.event, DemandeOpened | StatusMoved)
            states[fact.stream] = evolve(states.get(fact.stream, Moving()), fact.event)
        count += len(page.facts)
        after = page.position
    seconds = time.perf_counter() - started
    await store.close()
    assert {state.number for state in states.values()} == {COMMANDS_PER_AGGREGATE}
    return count / seconds
