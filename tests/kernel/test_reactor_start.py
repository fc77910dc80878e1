"""Where a reactor begins, and what a run that is cut short in its first moments costs: nothing."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from kernel.envelope import Recorded
from kernel.reactor import Reactor
from kernel.runtime.declaration import Service
from kernel.runtime.runtime import Runtime
from tests.support.service import serving
from tests.support.toy import SERVICE, CounterAdded, context, counter


class Listener:
    """A reactor that remembers what it met; `stuck` holds it at its first fact."""

    def __init__(self, *, stuck: bool = False) -> None:
        self.met: list[int] = []
        self.arrived, self._stuck = asyncio.Event(), stuck
        self.reactor: Reactor[Runtime] = Reactor("listener")
        self.reactor.on(CounterAdded)(self._react)

    @property
    def service(self) -> Service:
        return replace(SERVICE, reactors=(self.reactor,))

    async def _react(self, run: Runtime, fact: CounterAdded, recorded: Recorded) -> None:
        self.arrived.set()
        if self._stuck:
            await asyncio.Event().wait()
        self.met.append(fact.amount)

    async def has(self, *amounts: int) -> None:
        async with asyncio.timeout(5):
            while self.met != list(amounts):
                await asyncio.sleep(0.01)


async def add(run: Runtime, *amounts: int) -> None:
    facts = [CounterAdded(counter="c1", amount=amount) for amount in amounts]
    await run.store.update(counter.stream("c1"), lambda _: facts, context(str(amounts)))


async def test_a_run_cut_short_within_its_first_page_loses_no_fact(tmp_path: Path) -> None:
    first = Listener(stuck=True)
    async with serving(first.service, tmp_path) as desk:
        await add(desk.run, 1, 2, 3)
        await first.arrived.wait()
    again = Listener()
    async with serving(again.service, tmp_path):
        await again.has(1, 2, 3)


async def test_a_reactor_added_later_begins_at_now_and_stays_there_when_cut_short(tmp_path: Path) -> None:
    async with serving(SERVICE, tmp_path) as desk:
        await add(desk.run, 1)
    late = Listener(stuck=True)
    async with serving(late.service, tmp_path) as desk:
        async with asyncio.timeout(5):
            while not desk.run.reactors[0].positions:
                await asyncio.sleep(0.01)
        await add(desk.run, 2, 3)
        await late.arrived.wait()
    again = Listener()
    async with serving(again.service, tmp_path):
        await again.has(2, 3)
