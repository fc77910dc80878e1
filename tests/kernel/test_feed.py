"""A follower misses nothing, repeats nothing and keeps the order, whatever the bus does to its hints."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Collection
from contextlib import aclosing

import pytest

from kernel import feed
from kernel.codec import Codec
from kernel.envelope import Recorded
from kernel.errors import unavailable
from kernel.feed import EpochChanged, FeedPage, Hint, LocalSource, Source
from kernel.stores.memory import MemoryStore
from kernel.vault import MemoryKeys, Vault
from tests.support.producer import PAGE, Producer
from tests.support.stores import SECRET, append, mixed, some
from tests.support.toy import CounterAdded

WANTED = frozenset({"CounterAdded", "CounterNamed"})


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Silence lasts 25 seconds on a real bus."""
    monkeypatch.setattr(feed, "SILENCE", 0.02)
    monkeypatch.setattr(feed, "LONG_POLL", 0.02)
    monkeypatch.setattr(feed, "PAGE", PAGE)


async def taken(source: Source, wanted: Collection[str], last: int, after: int = 0) -> list[Recorded]:
    """What a follower gets until it has reached a position."""
    found: list[Recorded] = []
    async with asyncio.timeout(20), aclosing(source.follow(after, wanted)) as pages:  # type: ignore[type-var]
        async for page in pages:
            assert page.position >= after
            assert all(after < fact.position <= page.position for fact in page.facts)
            after = page.position
            found += [fact for fact in page.facts if fact.type in wanted]
            if after >= last:
                return found
    raise AssertionError("a follower never ends by itself")


async def story(seed: int, loss: float, wanted: frozenset[str]) -> Producer:
    producer = Producer(loss, seed)

    async def pause() -> None:
        for _ in range(producer.chance.randrange(4)):
            await asyncio.sleep(0)
        if producer.chance.random() < 0.01:
            producer.bus.alive = not producer.bus.alive
            producer.bus.break_off()

    async with asyncio.timeout(20):
        _, found = await asyncio.gather(producer.grow(500, pause), to_the_last(producer, wanted))
    expected = [(fact.id, fact.event) for fact in await producer.public() if fact.type in wanted]
    assert [(fact.id, fact.event) for fact in found] == expected
    assert producer.bus.closed
    return producer


async def to_the_last(producer: Producer, wanted: frozenset[str]) -> list[Recorded]:
    """What a follower gets, up to the fact that says it is the last."""
    found: list[Recorded] = []
    after = 0
    async with aclosing(producer.source.follow(0, wanted)) as pages:  # type: ignore[type-var]
        async for page in pages:
            assert page.position >= after
            assert all(after < fact.position <= page.position for fact in page.facts)
            after = page.position
            found += [fact for fact in page.facts if fact.type in wanted]
            if found and found[-1].event == CounterAdded(counter="last", amount=-1):
                return found
    raise AssertionError("a follower never ends by itself")


@pytest.mark.parametrize("loss", [0, 0.01, 0.05, 0.3, 1])
async def test_a_follower_sees_every_fact_once_and_in_order(loss: float) -> None:
    reads = 0
    for seed in range(20):
        reads += (await story(seed, loss, WANTED)).reads
    print(f"loss {loss:.0%}: {reads / 20:.0f} reads of the feed for 500 facts")


async def test_a_bus_that_loses_nothing_spares_the_feed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "SILENCE", 60)  # a busy machine is silent for longer than a feed waits
    producer = Producer(0)
    async with asyncio.timeout(30):
        _, found = await asyncio.gather(producer.grow(500, _now), to_the_last(producer, frozenset({"CounterAdded"})))
    assert len(found) == len([fact for fact in await producer.public() if fact.type == "CounterAdded"])
    assert producer.reads <= 3


async def _now() -> None:
    await asyncio.sleep(0)


async def test_hints_arrive_without_waiting_for_the_feed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "SILENCE", 60)
    producer = Producer(0)
    await producer.grow(30, _now)
    follower = asyncio.create_task(taken(producer.source, WANTED, 60))
    await asyncio.sleep(0.05)
    async with asyncio.timeout(20):
        await producer.grow(40, _now)
        await append(producer.store, "x", some("x", 1), "last")
        fact = (await producer.public())[-1]
        producer.bus.say(Hint(fact.position, fact.previous, producer.store.epoch, fact))
        await follower


async def test_a_heartbeat_betrays_what_was_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "SILENCE", 60)
    producer = Producer(1)
    follower = asyncio.create_task(taken(producer.source, WANTED, 1))
    await asyncio.sleep(0.01)
    await append(producer.store, "a", some("a", 1), 1)
    producer.bus.loss = 0
    producer.bus.say(Hint(producer.store.head, producer.store.public_head, producer.store.epoch))
    async with asyncio.timeout(20):
        assert [fact.position for fact in await follower] == [1]


async def test_a_follower_may_start_anywhere() -> None:
    producer = Producer(0)
    await producer.grow(60, _now)
    public = await producer.public()
    for after in range(0, producer.store.public_head, 5):
        found = await taken(producer.source, WANTED, producer.store.public_head, after)
        assert [fact.id for fact in found] == [fact.id for fact in public if fact.position > after]


async def test_the_first_page_says_which_log_it_is_though_nothing_is_new() -> None:
    producer = Producer(0)
    await producer.grow(20, _now)
    for source in (producer.source, LocalSource(producer.store)):
        pages = source.follow(producer.store.head, WANTED)
        async with asyncio.timeout(5), aclosing(pages):  # type: ignore[type-var]
            page = await anext(pages)
            assert (list(page.facts), page.position, page.epoch) == ([], producer.store.head, producer.store.epoch)


async def test_another_log_shows_at_once_though_its_positions_are_behind() -> None:
    producer = Producer(0)
    await producer.grow(40, _now)
    async with asyncio.timeout(5), aclosing(producer.source.follow(0, WANTED)) as pages:  # type: ignore[type-var]
        first = await anext(pages)
        producer.store = MemoryStore(Codec("toy", Vault(MemoryKeys(), SECRET)))
        async for page in pages:
            if page.epoch != first.epoch:
                break
        assert page.epoch == producer.store.epoch


async def test_hints_of_another_log_are_not_believed() -> None:
    producer = Producer(0)
    await append(producer.store, "a", some("a", 2), 1)
    fact = (await producer.public())[1]
    producer.bus.say(Hint(9, 2, "another epoch", fact))
    producer.bus.say(Hint(9, 2, "another epoch"))
    follower = asyncio.create_task(taken(producer.source, WANTED, 3))
    await asyncio.sleep(0.05)
    await append(producer.store, "a", some("a", 1), 2)
    async with asyncio.timeout(20):
        assert [fact.position for fact in await follower] == [1, 2, 3]


async def test_a_feed_that_fails_is_asked_less_and_less_and_then_again() -> None:
    producer = Producer(1)
    await append(producer.store, "a", some("a", 1), 1)
    producer.refusal = unavailable
    follower = asyncio.create_task(taken(producer.source, WANTED, 1))
    await asyncio.sleep(1.0)
    assert 1 <= producer.reads <= 3
    producer.refusal = None
    async with asyncio.timeout(20):
        assert len(await follower) == 1


async def test_a_log_that_ends_before_what_was_read_is_told() -> None:
    producer = Producer(0)
    await producer.grow(5, _now)
    with pytest.raises(EpochChanged):
        await LocalSource(producer.store).page(producer.store.head + 1)
    with pytest.raises(EpochChanged):
        await taken(LocalSource(producer.store), WANTED, 99, after=producer.store.head + 1)


async def test_the_own_log_is_followed_like_any_other() -> None:
    store = MemoryStore(Codec("toy", Vault(MemoryKeys(), SECRET)))
    log = await mixed(store)
    source = LocalSource(store)
    everything = frozenset(fact.type for fact in log)
    assert await taken(source, everything, store.head) == log
    follower = asyncio.create_task(taken(source, everything, store.head + 20, after=store.head))
    for number in range(20):
        await append(store, str(random.randrange(3)), some("x", 1), f"more-{number}")
        await asyncio.sleep(0)
    async with asyncio.timeout(20):
        assert len(await follower) == 20
    assert await source.fact(log[3].stream, log[3].version) == log[3]
    assert await source.fact(log[3].stream, 999) is None
    assert await source.end() == FeedPage((), store.head, store.epoch)


async def test_the_end_of_a_neighbours_log_is_found() -> None:
    producer = Producer(0)
    assert await producer.source.end() == FeedPage([], 0, producer.store.epoch)
    await producer.grow(PAGE * 5, _now)
    assert await producer.source.end() == FeedPage([], producer.store.head, producer.store.epoch)


async def test_a_follower_that_is_let_go_stops_listening() -> None:
    producer = Producer(0)
    pages: AsyncIterator[FeedPage] = producer.source.follow(0, WANTED)
    async with asyncio.timeout(5):
        await anext(pages)
    await pages.aclose()  # type: ignore[attr-defined]
    assert producer.bus.closed
