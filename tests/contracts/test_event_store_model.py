"""Any sequence of commands comes to the same on every store: the memory store is the model of the embedded one."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kernel.audit import Verified
from kernel.errors import Refused
from kernel.events import Event
from kernel.eventstore import EventStore
from tests.support.stores import Lab, MemoryLab, SqliteLab, stream
from tests.support.toy import CounterAdded, CounterAudited, CounterOpened, context

FACT = st.sampled_from(
    [CounterOpened(counter="a"), CounterAdded(counter="b", amount=1), CounterAudited(by="x"), CounterAudited(by="y")]
)


class Step(NamedTuple):
    """A command, or a restart of the embedded store when it has no facts to say and `restart` is set."""

    id: str
    command: int
    print: int
    expected: int | None
    facts: list[Event]
    fails: bool
    minutes: int
    restart: bool


STEP = st.builds(
    Step,
    id=st.sampled_from("abc"),
    command=st.integers(0, 7),
    print=st.sampled_from([0, 0, 0, 1]),
    expected=st.none() | st.none() | st.integers(0, 6),
    facts=st.lists(FACT, max_size=3),
    fails=st.sampled_from([False, False, False, True]),
    minutes=st.integers(-5, 5),
    restart=st.sampled_from([False, False, False, False, True]),
)


async def outcome(store: EventStore, lab: Lab, step: Step) -> tuple[Any, ...]:
    """What a step comes to, in words that two stores can compare."""

    def decide(history: object) -> list[Event]:
        if step.fails:
            raise ZeroDivisionError
        return step.facts

    lab.clock.advance(minutes=step.minutes)
    ctx = replace(context(step.command, expected=step.expected), fingerprint=f"print {step.print}")
    try:
        commit = await store.update(stream(step.id), decide, ctx)
    except Refused as refusal:
        return (refusal.slug,)
    except ZeroDivisionError:
        return ("failed",)
    facts = [(fact.id, fact.position, fact.previous, fact.version, fact.chain, fact.event) for fact in commit.events]
    return commit.version, commit.position, commit.public_position, commit.replayed, facts


async def compare(steps: list[Step]) -> None:
    with TemporaryDirectory() as directory:
        model, real = MemoryLab(Path(directory)), SqliteLab(Path(directory))
        expected: EventStore = await model.open()
        found: EventStore = await real.open()
        for step in steps:
            if step.restart:
                found = await real.reopen()
            assert await outcome(found, real, step) == await outcome(expected, model, step)
            assert (found.head, found.public_head) == (expected.head, expected.public_head)
        for public in (False, True):
            assert await found.scan(0, public=public) == await expected.scan(0, public=public)
        for id in "abc":
            assert await found.read(stream(id)) == await expected.read(stream(id))
        assert (await Verified(found).run())["ok"]
        await real.close()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEP, max_size=25))
def test_any_sequence_of_commands_comes_to_the_same(steps: list[Step]) -> None:
    asyncio.run(compare(steps))
