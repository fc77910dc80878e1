"""Reactions: each fact leads to its effect once, in order; a stream that fails waits or is parked, the others flow."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kernel import reactor as reactors
from kernel.envelope import Recorded
from kernel.errors import Kind, NotYet, Refused, unavailable
from kernel.reactor import Reactor
from tests.support.stores import append, stream
from tests.support.toy import CounterAdded, CounterAudited, CounterOpened
from tests.support.workshop import PATIENCE, Done, Workshop, refusing


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Delays grow from a fifth of a second to half a minute in a real process."""
    monkeypatch.setattr(reactors, "FIRST_DELAY", 0.001)
    monkeypatch.setattr(reactors, "LONGEST_DELAY", 0.02)


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Workshop]:
    made = Workshop(tmp_path)
    yield made
    await made.close()


async def test_each_fact_leads_to_its_effect_once_and_in_order(shop: Workshop) -> None:
    await shop.add("a", 1, 2)
    await shop.start()
    await shop.add("b", 1)
    await append(shop.store, "b", [CounterOpened(counter="b"), CounterAudited(by="x")], "other types")
    await shop.add("a", 3)
    await shop.until(lambda: len(shop.done) == 4)
    assert shop.done == [("a", 1), ("a", 2), ("b", 1), ("a", 3)]
    assert await shop.held() == []


async def test_a_restart_goes_on_where_it_stopped(shop: Workshop) -> None:
    for amount in range(3):
        await shop.add("a", amount)
        runner = await shop.start(from_zero=amount == 0)
        async with asyncio.timeout(PATIENCE):
            while runner.positions.get("toy") != shop.store.head:
                await asyncio.sleep(0.002)
        await shop.stop()
    assert shop.of("a") == [0, 1, 2]


async def test_a_death_before_the_checkpoint_repeats_an_effect_and_loses_none(shop: Workshop) -> None:
    await shop.add("a", 1, 2, 3)
    met = asyncio.Event()

    def last(fact: CounterAdded) -> None:
        if fact.amount == 3:
            met.set()
            raise asyncio.CancelledError

    shop.obstacle = last
    await shop.start()
    await met.wait()
    await shop.stop()
    shop.obstacle = lambda fact: None
    await shop.start(from_zero=False)
    await shop.until(lambda: 3 in shop.of("a"))
    assert shop.of("a") == [1, 2, 1, 2, 3]


async def test_on_a_new_installation_a_reactor_begins_at_zero_even_after_a_death_before_its_first_fact(
    shop: Workshop,
) -> None:
    await shop.runner().start(from_zero=True)
    await shop.add("a", 1)
    await shop.start(from_zero=False)
    await shop.until(lambda: shop.of("a") == [1])


async def test_a_reactor_added_later_begins_at_now(shop: Workshop) -> None:
    await shop.add("a", 1, 2, 3)
    await shop.start(from_zero=False, name="added later")
    await shop.until_followed(3)
    await shop.add("a", 4)
    await shop.until_followed(4)
    assert shop.of("a") == [4]
    await shop.stop()
    await shop.add("a", 5)
    await shop.start(from_zero=False, name="added later")
    await shop.until(lambda: shop.of("a") == [4, 5])


async def test_what_has_not_arrived_yet_is_waited_for_in_order_while_others_flow(shop: Workshop) -> None:
    shop.obstacle = refusing("a", NotYet())
    await shop.start()
    await shop.add("a", 1, 2)
    await shop.add("b", 1, 2)
    await shop.until(lambda: shop.of("b") == [1, 2])
    await shop.add("a", 3)
    await shop.until(lambda: shop.attempts > 8)
    assert shop.of("a") == []
    assert not await shop.parked()
    shop.obstacle = lambda fact: None
    await shop.until(lambda: shop.of("a") == [1, 2, 3])
    await shop.add("a", 4)
    await shop.until(lambda: shop.of("a") == [1, 2, 3, 4])
    await shop.until_nothing_is_held()


async def test_what_never_arrives_is_parked_in_the_end(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reactors, "PATIENCE", 0.2)
    shop.obstacle = refusing("a", NotYet())
    await shop.start()
    await shop.add("a", 1)
    await shop.until_parked()
    assert 10 <= shop.attempts <= 12


async def test_a_neighbour_that_is_down_is_waited_for_for_ever(shop: Workshop) -> None:
    shop.obstacle = refusing("a", unavailable())
    await shop.start()
    await shop.add("a", 1)
    await shop.until(lambda: shop.attempts > 30)
    assert not await shop.parked()
    shop.obstacle = lambda fact: None
    await shop.until(lambda: shop.of("a") == [1])


@pytest.mark.parametrize(
    ("failure", "told"),
    [(KeyError("jean.dupont@example.org"), "KeyError"), (Refused(Kind.CONFLICT, "closed", "Fermé."), "closed")],
)
async def test_poison_parks_its_stream_after_five_attempts_and_is_then_left_alone(
    shop: Workshop, failure: Exception, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    shop.obstacle = refusing("a", failure)
    await shop.start()
    await shop.add("a", 1, 2)
    await shop.until_parked()
    assert shop.attempts == 5
    await shop.add("a", 3)
    await shop.add("b", 1)
    await shop.until(lambda: shop.of("b") == [1])
    await asyncio.sleep(0.1)
    assert (shop.attempts, shop.of("a")) == (6, [])
    rows = await shop.held()
    assert [(where, version, parked) for where, version, parked, _ in rows] == [
        (stream("a"), 1, 1),
        (stream("a"), 2, 0),
        (stream("a"), 3, 0),
    ]
    assert rows[0][3] == told
    assert "jean" not in caplog.text


async def test_a_parked_stream_stays_parked_over_a_restart(shop: Workshop) -> None:
    shop.obstacle = refusing("a", KeyError())
    await shop.start()
    await shop.add("a", 1)
    await shop.until_parked()
    await shop.stop()
    shop.obstacle = lambda fact: None
    await shop.add("a", 2)
    await shop.start(from_zero=False)
    await shop.add("b", 1)
    await shop.until(lambda: shop.of("b") == [1])
    await asyncio.sleep(0.05)
    assert shop.of("a") == []


async def test_a_parked_stream_that_is_released_plays_in_order(shop: Workshop) -> None:
    shop.obstacle = refusing("a", KeyError())
    runner = await shop.start()
    await shop.add("a", 1, 2, 3)
    await shop.until_parked()
    shop.obstacle = lambda fact: None
    await runner.release("toy", stream("a"))
    await shop.until(lambda: shop.of("a") == [1, 2, 3])
    await shop.add("a", 4)
    await shop.until(lambda: shop.of("a") == [1, 2, 3, 4])
    await shop.until_nothing_is_held()


async def test_a_stream_released_too_early_is_parked_again(shop: Workshop) -> None:
    shop.obstacle = refusing("a", KeyError())
    runner = await shop.start()
    await shop.add("a", 1)
    await shop.until_parked()
    await runner.release("toy", stream("a"))
    await shop.until(lambda: shop.attempts == 10)
    await shop.until_parked()


async def test_what_is_dropped_is_gone_and_what_follows_flows(shop: Workshop) -> None:
    shop.obstacle = refusing("a", KeyError())
    runner = await shop.start()
    await shop.add("a", 1, 2)
    await shop.until_held(2)
    await shop.until_parked()
    await runner.drop("toy", stream("a"))
    shop.obstacle = lambda fact: None
    await shop.add("a", 3)
    await shop.until(lambda: shop.of("a") == [3])
    await shop.until_nothing_is_held()


async def test_held_facts_are_tried_again_after_a_restart(shop: Workshop) -> None:
    shop.obstacle = refusing("a", unavailable())
    await shop.start()
    await shop.add("a", 1, 2)
    await shop.until(lambda: shop.attempts > 2)
    await shop.stop()
    shop.obstacle = lambda fact: None
    await shop.start(from_zero=False)
    await shop.until(lambda: shop.of("a") == [1, 2])
    await shop.until_nothing_is_held()


async def test_a_fact_this_code_does_not_know_is_parked_like_poison(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CounterAdded, "wire_version", 2)
    await shop.add("a", 1)
    monkeypatch.undo()
    monkeypatch.setattr(reactors, "FIRST_DELAY", 0.001)
    monkeypatch.setattr(reactors, "LONGEST_DELAY", 0.02)
    await shop.start()
    await shop.add("b", 1)
    await shop.until(lambda: shop.of("b") == [1])
    await shop.until_parked()


async def test_two_reactors_keep_their_own_accounts(shop: Workshop) -> None:
    shop.obstacle = refusing("a", KeyError())
    await shop.start(name="one")
    await shop.add("a", 1)
    await shop.until_parked()
    await shop.stop()
    shop.obstacle = lambda fact: None
    await shop.start(name="two")
    await shop.until(lambda: shop.of("a") == [1])
    assert len(await shop.held()) == 1


async def test_facts_that_lead_to_nothing_cost_no_write_each(shop: Workshop) -> None:
    await shop.add("a", 1)
    runner = await shop.start()
    await shop.until(lambda: runner.positions["toy"] == 1)
    (before,) = await shop.state.read("SELECT position FROM reactor")
    for number in range(50):
        await append(shop.store, "b", [CounterAudited(by="x")], number)
    await shop.until(lambda: runner.positions["toy"] == shop.store.head)
    (after,) = await shop.state.read("SELECT position FROM reactor")
    assert (before, shop.store.head) == (after, 51)


async def test_one_reaction_for_each_type() -> None:
    reactor: Reactor[Done] = Reactor("twice")

    @reactor.on(CounterAdded)
    async def _(done: Done, fact: CounterAdded, recorded: Recorded) -> None:
        """One."""

    with pytest.raises(TypeError, match="twice"):

        @reactor.on(CounterOpened, CounterAdded)
        async def _(done: Done, fact: CounterAdded, recorded: Recorded) -> None:
            """Too many."""
