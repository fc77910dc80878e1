"""Proof and replay: recompute the chains, rebuild a read model and compare, show what may be shown."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from kernel import chain
from kernel.clock import rfc3339
from kernel.envelope import Recorded
from kernel.events import mask_secrets
from kernel.eventstore import EventStore
from kernel.ids import random_uuid, short_id
from kernel.projector import Projector, ReadModel
from kernel.runtime.declaration import Service

PAGE = 2000
FAULTS_SHOWN = 100


def verify_stream(history: Sequence[Recorded]) -> list[str]:
    """What is wrong with a stream read from its first fact: empty when every link holds."""
    faults, link = [], chain.GENESIS
    for expected, fact in enumerate(history, start=1):
        link = _link(link, fact)
        if fact.version != expected:
            faults.append(f"{fact.stream}: version {fact.version} stands where {expected} belongs")
        elif link != fact.chain:
            faults.append(f"{fact.stream}@{fact.version}: the stored bytes do not match the chain")
        else:
            continue
        break
    return faults


def masked_payload(fact: Recorded) -> dict[str, Any] | None:
    """What an auditor reads of a fact: sealed values opened, secrets hidden."""
    return None if fact.event is None else mask_secrets(fact.event)


def state_of(service: Service, stream: str, history: Sequence[Recorded]) -> dict[str, Any] | None:
    """The state of the aggregate whose stream this is, secrets hidden; None when a fact of it is unknown."""
    category = stream.removeprefix(f"{service.name}.").partition("-")[0]
    for aggregate in service.aggregates:
        if aggregate.category == category and all(fact.event is not None for fact in history):
            return mask_secrets(aggregate.fold_recorded(history))
    return None


class Verified:
    """Recomputes every chain of a log, in order of position, and follows the public facts from one to the next."""

    kind = "verification"

    def __init__(self, store: EventStore) -> None:
        self._store, self.progress = store, 0.0

    async def run(self) -> dict[str, Any]:
        head, after, events, public = self._store.head, 0, 0, 0
        ends: dict[str, tuple[int, str]] = {}
        faults: list[str] = []
        while True:
            page = await self._store.scan(after, PAGE)
            for fact in page.facts:
                events += 1
                self._check(fact, ends, faults)
                if fact.previous != public:
                    # A stream that was deleted whole leaves no broken chain, but a hole here.
                    faults.append(f"{fact.stream}@{fact.version}: the public fact before it is missing")
                public = fact.position if fact.public else fact.previous
            after, self.progress = page.position, page.position / max(head, 1)
            if len(page.facts) < PAGE:
                break
            await asyncio.sleep(0)
        return {"events": events, "streams": len(ends), "ok": not faults, "faults": faults[:FAULTS_SHOWN]}

    @staticmethod
    def _check(fact: Recorded, ends: dict[str, tuple[int, str]], faults: list[str]) -> None:
        version, link = ends.get(fact.stream, (0, chain.GENESIS))
        if fact.version != version + 1:
            faults.append(f"{fact.stream}: version {fact.version} follows {version}")
        if _link(link, fact) != fact.chain:
            faults.append(f"{fact.stream}@{fact.version}: the stored bytes do not match the chain")
        # Go on from what is stored, so one fault is named once and not at every later link.
        ends[fact.stream] = fact.version, fact.chain


class Replayed:
    """Rebuilds a read model from event 0 beside the live one and compares the rows at one position.

    With `flip`, the rebuilt one then takes over.
    """

    kind = "replay"

    def __init__(self, projector: Projector, *, flip: bool = False) -> None:
        self._projector, self._flip, self.progress = projector, flip, 0.0

    async def run(self) -> dict[str, Any]:
        projector, started = self._projector, time.perf_counter()
        model, flipped = projector.beside(short_id(random_uuid())), False
        try:
            events = await self._build(model)
            await model.land()
            async with projector.paused():
                events += await self._build(model)
                live, rebuilt = await projector.live.digest(), await model.digest()
                if self._flip:
                    await projector.flip(model)
                    flipped = True
        finally:
            if not flipped:
                await model.delete()
        differences = sorted(table for table in live.keys() | rebuilt.keys() if live.get(table) != rebuilt.get(table))
        return {
            "projection": projector.projection.name,
            "events": events,
            "seconds": round(time.perf_counter() - started, 3),
            "identical": not differences,
            "differences": differences,
        }

    async def _build(self, model: ReadModel) -> int:
        events, sources = 0, self._projector.sources
        for number, source in enumerate(sources):
            upto = self._projector.live.positions[source.name]
            events += await self._projector.catch_up(source, model, upto)
            self.progress = (number + 1) / len(sources)
        return events


def _link(previous: str, fact: Recorded) -> str:
    return chain.link(
        previous,
        fact.stream,
        fact.version,
        fact.id,
        fact.type,
        fact.schema,
        rfc3339(fact.at),
        fact.meta_bytes,
        fact.data,
    )
