"""What every event store promises to who reads: order, filters, pages, prefixes, no gap, a chain that holds."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from kernel.audit import Verified, verify_stream
from kernel.chain import link
from kernel.envelope import Recorded
from kernel.eventstore import EventStore
from tests.support.stores import START, Lab, append, mixed, some, stream
from tests.support.toy import CounterNamed, CounterOpened

ID = UUID(int=7)


async def test_the_log_is_in_the_order_of_the_commits(store: EventStore) -> None:
    positions = [(await append(store, id, some(id, 2), number)).position for number, id in enumerate("abacab")]
    log = (await store.scan(0)).facts
    assert [fact.position for fact in log if fact.version % 2 == 0] == positions
    assert [fact.position for fact in log] == sorted({fact.position for fact in log})
    for id in "abc":
        own = [fact for fact in log if fact.stream == stream(id)]
        assert own == await store.read(stream(id))
        assert [fact.version for fact in own] == list(range(1, len(own) + 1))


async def test_a_scan_may_start_anywhere(store: EventStore) -> None:
    log = await mixed(store)
    for after in {0, *(fact.position + near for fact in log for near in (-1, 0, 1, 2))}:
        page = await store.scan(after)
        assert list(page.facts) == [fact for fact in log if fact.position > after]
        assert page.position == max(store.head, after)


@pytest.mark.parametrize(("public", "route"), [(True, None), (False, "a"), (True, "b"), (False, "nobody"), (False, "")])
@pytest.mark.parametrize("limit", [1, 2, 3, 7, 500])
async def test_pages_of_any_size_tell_the_filtered_log_once(
    store: EventStore, public: bool, route: str | None, limit: int
) -> None:
    log = await mixed(store)
    wanted = [f for f in log if (f.public or not public) and (route is None or route == f.route != "")]
    found: list[Recorded] = []
    after = 0
    while True:
        page = await store.scan(after, limit, public=public, route=route)
        assert len(page.facts) <= limit
        found += page.facts
        if len(page.facts) < limit:
            # The last position looked at: what the filter hid is not looked at again.
            assert page.position == store.head
            break
        assert page.position == page.facts[-1].position
        after = page.position
    assert found == wanted


async def test_each_public_fact_names_the_public_fact_before_it(store: EventStore) -> None:
    log = await mixed(store)
    last = 0
    for fact in log:
        assert fact.previous == last
        last = fact.position if fact.public else last
    assert store.public_head == last


async def test_the_heads_survive_a_restart(lab: Lab) -> None:
    if not lab.durable:
        pytest.skip("this adapter forgets")
    store = await lab.open()
    log = await mixed(store)
    heads = store.head, store.public_head
    store = await lab.reopen()
    assert (store.head, store.public_head) == heads
    assert list((await store.scan(0)).facts) == log
    commit = await append(store, "a", [CounterOpened(counter="a")], "after")
    assert commit.position > heads[0]
    assert commit.events[0].previous == heads[1]


async def test_a_stream_as_it_was_at_a_version(store: EventStore) -> None:
    await append(store, "a", some("a", 5), 1)
    whole = await store.read(stream("a"))
    for version in range(7):
        assert await store.read(stream("a"), upto=version) == whole[:version]


async def test_a_stream_as_it_was_at_an_instant_is_a_prefix(store: EventStore, lab: Lab) -> None:
    for number, step in enumerate((0, 60, -3600, 0, 7200, 1)):
        lab.clock.advance(seconds=step)
        await append(store, "a", some("a", 2), number)
    whole = await store.read(stream("a"))
    instants = {fact.at + timedelta(microseconds=delta) for fact in whole for delta in (-1, 0, 1)}
    for at in instants | {START.replace(year=1), START.replace(year=9999)}:
        found = await store.read(stream("a"), upto=at)
        assert found == whole[: len(found)]
        assert found == [fact for fact in whole if fact.at <= at]


async def test_a_tailing_reader_never_meets_a_gap_while_sixteen_write(store: EventStore) -> None:
    writers, each = 16, 25
    done = asyncio.Event()

    async def write(writer: int) -> None:
        for number in range(each):
            await append(store, str(number % 5), some("x", 1 + number % 3), f"{writer}-{number}")

    async def tail() -> list[Recorded]:
        seen: list[Recorded] = []
        after = 0
        while not done.is_set() or after < store.head:
            await store.changed(after, 0.05)
            page = await store.scan(after, random.choice((1, 3, 500)))
            seen += page.facts
            after = page.position
        return seen

    tails = [asyncio.create_task(tail()) for _ in range(3)]
    async with asyncio.timeout(30):
        await asyncio.gather(*(write(writer) for writer in range(writers)))
        done.set()
        seen = [await task for task in tails]
    log = [fact.id for fact in (await store.scan(0, 10_000)).facts]
    assert len(log) == writers * sum(1 + number % 3 for number in range(each))
    assert all([fact.id for fact in one] == log for one in seen)
    assert (await Verified(store).run())["ok"]


async def test_who_waits_is_woken_by_a_commit(store: EventStore) -> None:
    waiting = [asyncio.create_task(store.changed(0, 60)) for _ in range(3)]
    await asyncio.sleep(0.01)
    assert not any(task.done() for task in waiting)
    await append(store, "a", some("a", 1), 1)
    async with asyncio.timeout(20):
        assert await asyncio.gather(*waiting) == [True, True, True]


async def test_who_waits_for_what_is_there_does_not_wait(store: EventStore) -> None:
    await append(store, "a", some("a", 3), 1)
    async with asyncio.timeout(20):
        assert await store.changed(store.head - 1, 60)


async def test_waiting_has_an_end(store: EventStore) -> None:
    assert not await store.changed(0, 0.02)
    assert not await store.changed(0, 0)


async def test_who_waits_for_a_later_position_is_not_woken_by_an_earlier_one(store: EventStore) -> None:
    waiting = asyncio.create_task(store.changed(10**12, 60))
    for number in range(2):
        await append(store, "a", some("a", 1), number)
        await asyncio.sleep(0.01)
        assert not waiting.done()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)


async def a_history(store: EventStore) -> Sequence[Recorded]:
    await append(store, "a", [CounterOpened(counter="a"), CounterNamed(counter="a", label="Zoé")], 1)
    await append(store, "a", some("a", 2), 2)
    history = await store.read(stream("a"))
    assert not verify_stream(history)
    assert not verify_stream(history[:-1])
    return history


async def test_the_chain_is_recomputed_from_the_stored_bytes_alone(store: EventStore) -> None:
    history = await a_history(store)
    bare = [replace(fact, event=None, route="", public=False, previous=0, position=0) for fact in history]
    assert not verify_stream(bare)


@pytest.mark.parametrize("field", ["stream", "type", "schema", "at", "meta_bytes", "data", "chain", "id"])
async def test_the_chain_betrays_any_change(store: EventStore, field: str) -> None:
    history = await a_history(store)
    other = (await append(store, "b", [CounterNamed(counter="b", label="x")], 3)).events[0]
    for index, fact in enumerate(history):
        value = getattr(fact, field)
        if isinstance(value, bytes):
            changes = [value[:at] + bytes([value[at] ^ 1]) + value[at + 1 :] for at in range(len(value))]
        elif field == "at":
            changes = [value + timedelta(microseconds=1)]
        elif field == "schema":
            changes = [value + 1]
        else:
            changes = [getattr(other, field), getattr(history[index - 1], field)]
        for change in changes:
            if change != value:
                forged_fact: dict[str, Any] = {field: change}
                forged = [*history[:index], replace(fact, **forged_fact), *history[index + 1 :]]
                assert verify_stream(forged), (index, field)


async def test_the_chain_betrays_a_missing_a_swapped_and_a_repeated_fact(store: EventStore) -> None:
    one, two, three, four = await a_history(store)
    for forged in ([two, three, four], [one, three, four], [one, two, four], [one, three, two, four], [one, one, two]):
        assert verify_stream(forged)
    assert verify_stream([one, replace(three, version=2), replace(two, version=3), four])
    assert verify_stream([one, replace(three, version=2), replace(four, version=3)])


def test_what_moves_from_one_field_into_the_next_changes_the_link() -> None:
    words = ["stream", "type", "2026"]
    whole = link("", words[0], 1, ID, words[1], 1, words[2], b"ab", b"c")
    moved = [
        link("", words[0], 1, ID, words[1], 1, words[2], b"a", b"bc"),
        link("", words[0], 1, ID, words[1] + "1", 1, words[2], b"ab", b"c"),
        link("s", "tream", 1, ID, words[1], 1, words[2], b"ab", b"c"),
    ]
    assert whole not in moved
    assert len(whole) == 64


async def test_verification_counts_what_it_saw(store: EventStore) -> None:
    log = await mixed(store)
    assert await Verified(store).run() == {"events": len(log), "streams": 3, "ok": True, "faults": []}
