"""How a service begins: it catches up, its loops start, and only then it answers.

What one process does at a time is led under a lease; what other processes of the service tell is heard.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from kernel.db import Tx
from kernel.errors import Refused
from kernel.eventstore import EventStore
from kernel.feed import Source
from kernel.held import DECIDED
from kernel.leases import FREED
from kernel.position import Mark
from kernel.projector import FLIPPED, MOVED, Projector, ReadModel
from kernel.reactor import ReactorRunner
from kernel.runtime.loops import forever, loop
from kernel.runtime.runtime import Runtime
from kernel.vault import ERASED

PATIENT_START = 600.0
TIDYING = 30.0
log = logging.getLogger(__name__)


async def start(runtime: Runtime, sources: Mapping[str, Source], tasks: list[asyncio.Task[None]]) -> None:
    """Start what a service does by itself; every loop is added to `tasks`."""
    service, state = runtime.service, runtime.state
    from_zero = not await state.read("SELECT store FROM installation")
    news: asyncio.Queue[str | None] = asyncio.Queue()
    runtime.databases.start(news.put_nowait)
    labels = [projector.projection.label for projector in runtime.projectors.values()]
    await runtime.databases.forget_others(labels)
    tasks += [loop("news", _hear, runtime, news), loop("leases", runtime.leases.run)]
    if runtime.databases.shared:
        tasks.append(loop("tidying", _tidy, runtime, labels))
    if runtime.bus is not None:
        runtime.bus.start()
    for projector in runtime.projectors.values():
        await _catch_up(runtime, projector, sources[service.name])
        tasks.append(_led(runtime, f"projection/{projector.projection.label}", _follow, projector))
    for reactor in service.reactors:
        runner = ReactorRunner(reactor, runtime, state, sources)
        runtime.reactors.append(runner)
        await runner.start(from_zero=from_zero)
        tasks.append(_led(runtime, f"reactor/{reactor.name}", _react, runner))
    await _installed(runtime)
    if runtime.relay is not None:
        tasks.append(_led(runtime, "relay", runtime.relay.run))
        tasks.append(_led(runtime, "heartbeat", runtime.relay.beat))
    if service.starting is not None:
        await service.starting(runtime)
    await _show_own_facts(runtime)
    for worker in service.workers:
        name = f"worker/{worker.name}"
        tasks.append(loop(name, worker.run, runtime) if worker.everywhere else _led(runtime, name, worker.run, runtime))
    runtime.ready = True


def _led(runtime: Runtime, name: str, run: Any, *arguments: object) -> asyncio.Task[None]:
    """A loop of this process while it holds the lease of that name."""
    return loop(name, runtime.leases.lead, name, lambda: forever(name, run, *arguments))


async def _follow(projector: Projector) -> None:
    await projector.start()
    name = f"projection/{projector.projection.name}"
    await asyncio.gather(*(forever(name, projector.follow, source) for source in projector.sources))


async def _react(runner: ReactorRunner[Runtime]) -> None:
    await runner.load()
    name = f"reactor/{runner.reactor.name}"
    follow = [forever(name, runner.follow, source) for source in runner.sources]
    await asyncio.gather(*follow, forever(f"{name}/retry", runner.retry))


async def _catch_up(runtime: Runtime, projector: Projector, own: Source) -> None:
    await projector.start()
    if own in projector.sources:
        head, live = runtime.store.head, projector.live
        if _of_another_log(live, runtime.store):
            log.warning("the log was replaced: the read model %s is built again", projector.projection.name)
            await projector.start_over(own, head)
        elif not any(live.positions.values()) and head:
            await projector.start_over(own, head)
        await projector.catch_up(own, live, head)


def _of_another_log(live: ReadModel, store: EventStore) -> bool:
    return live.epochs.get(store.source, store.epoch) != store.epoch or live.positions[store.source] > store.head


async def _installed(runtime: Runtime) -> None:
    """From now on, a reactor never seen was added later."""

    def work(tx: Tx) -> None:
        tx.run("INSERT INTO installation VALUES(1, :epoch) ON CONFLICT DO NOTHING", epoch=runtime.store.epoch)

    await runtime.state.write(work)


async def _show_own_facts(runtime: Runtime) -> None:
    """Answer nothing before the read models show what the log already holds."""
    mark = {runtime.name: Mark(runtime.store.head, runtime.store.public_head)}
    for projector in runtime.projectors.values():
        await projector.live.reached(mark, runtime.name, PATIENT_START)


async def _tidy(runtime: Runtime, labels: Sequence[str]) -> None:
    """Earlier versions of read models hold personal data: they go once no process uses them."""
    while True:
        await asyncio.sleep(TIDYING)
        await runtime.databases.forget_others(labels)


async def _hear(runtime: Runtime, news: asyncio.Queue[str | None]) -> None:
    while True:
        told = await news.get()
        try:
            await (_look_everywhere(runtime) if told is None else _heard(runtime, *told.split(" ")))
        except Refused as refusal:
            log.info("news are not understood yet: %s", refusal.slug)


async def _heard(runtime: Runtime, what: str, *about: str) -> None:
    live = {projector.projection.label: projector.live for projector in runtime.projectors.values()}
    if what == MOVED and about[0] in live:
        live[about[0]].heard(about[1], int(about[2]))
    elif what == FLIPPED and about[0] in live:
        await live[about[0]].load()
    elif what == ERASED:
        runtime.codec.vault.forget(about[0])
        runtime.store.forget()
    elif what == FREED:
        runtime.leases.look()
    elif what == DECIDED:
        for runner in runtime.reactors:
            if runner.reactor.name == about[0]:
                await runner.look()


async def _look_everywhere(runtime: Runtime) -> None:
    """What was told meanwhile is unknown."""
    runtime.codec.vault.forget()
    runtime.store.forget()
    runtime.leases.look()
    for projector in runtime.projectors.values():
        await projector.live.load()
    for runner in runtime.reactors:
        await runner.look()
