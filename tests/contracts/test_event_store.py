"""What every event store promises to who writes: versions, idempotency, all or nothing, durability."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from kernel import events as registry
from kernel.audit import verify_stream
from kernel.clock import rfc3339
from kernel.errors import Kind, Refused, UnknownFact
from kernel.events import Event
from kernel.eventstore import EventStore, History
from tests.support.stores import START, Lab, append, some, stream
from tests.support.toy import CounterAdded, CounterAudited, CounterNamed, CounterOpened, ThingHappened, context, counter


async def refused(attempt: object, slug: str, kind: Kind) -> None:
    with pytest.raises(Refused) as caught:
        await attempt  # type: ignore[misc]
    assert (caught.value.slug, caught.value.kind) == (slug, kind)


async def test_a_stream_that_does_not_exist_is_empty(store: EventStore) -> None:
    assert await store.read(stream("a")) == []
    assert (store.head, store.public_head) == (0, 0)


async def test_a_commit_says_where_the_stream_and_the_log_now_stand(store: EventStore) -> None:
    commit = await append(store, "a", [CounterOpened(counter="a"), CounterAudited(by="x")], 1)
    assert (commit.stream, commit.version, commit.replayed) == (stream("a"), 2, False)
    assert (commit.position, commit.public_position) == (store.head, store.public_head)
    assert [fact.event for fact in commit.events] == [CounterOpened(counter="a"), CounterAudited(by="x")]
    assert list(commit.events) == await store.read(stream("a"))


async def test_a_fact_carries_who_why_and_when(store: EventStore, lab: Lab) -> None:
    ctx = context(1)
    commit = await store.update(stream("a"), lambda _: [CounterOpened(counter="a")], ctx)
    (fact,) = commit.events
    assert (fact.source, fact.type, fact.schema, fact.at) == ("toy", "CounterOpened", 1, START)
    assert (fact.route, fact.public) == ("a", True)
    meta = fact.meta
    assert (meta.actor, meta.command, meta.fingerprint) == (ctx.actor, str(ctx.command_id), ctx.fingerprint)
    assert (meta.correlation, meta.causation) == (ctx.correlation, str(ctx.command_id))


@pytest.mark.parametrize("length", [0, 1, 3])
async def test_the_version_a_command_expects_must_be_the_current_one(store: EventStore, length: int) -> None:
    if length:
        await append(store, "a", some("a", length), "before")
    for wrong in {0, 1, length - 1, length + 1} - {length, -1}:
        await refused(append(store, "a", some("a", 1), "wrong", expected=wrong), "stale-version", Kind.STALE)
    commit = await append(store, "a", some("a", 1), "right", expected=length)
    assert commit.version == length + 1


async def test_of_two_writers_who_expect_the_same_version_one_is_stale(store: EventStore) -> None:
    attempts = [append(store, "a", some("a", 1), number, expected=0) for number in range(2)]
    outcomes = await asyncio.gather(*attempts, return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Commit", "Refused"]
    assert len(await store.read(stream("a"))) == 1


async def test_two_writers_who_expect_nothing_decide_one_after_the_other(store: EventStore) -> None:
    def add(history: History) -> list[Event]:
        return [CounterAdded(counter="a", amount=len(history))]

    await asyncio.gather(*(store.update(stream("a"), add, context(number)) for number in range(50)))
    history = await store.read(stream("a"))
    assert [fact.version for fact in history] == list(range(1, 51))
    assert [fact.event for fact in history] == [CounterAdded(counter="a", amount=n) for n in range(50)]


async def test_a_decision_sees_the_stream_as_it_is_sealed_values_opened(store: EventStore) -> None:
    await append(store, "a", [CounterNamed(counter="a", label="Zoé")], 1)
    await append(store, "b", some("b", 1), 2)
    seen: list[History] = []

    def decide(history: History) -> list[Event]:
        seen.append(list(history))
        return []

    await store.update(stream("a"), decide, context(3))
    assert [[fact.event for fact in history] for history in seen] == [[CounterNamed(counter="a", label="Zoé")]]


async def test_a_repeated_command_is_answered_from_its_own_facts(store: EventStore) -> None:
    first = await append(store, "a", [CounterOpened(counter="a"), CounterAudited(by="x")], 1)
    await append(store, "a", some("a", 2), 2)
    await append(store, "b", some("b", 2), 3)

    def decide(history: History) -> list[Event]:
        raise AssertionError("a replayed command is not decided again")

    again = await store.update(stream("a"), decide, context(1))
    assert again.replayed
    assert (again.version, again.position, again.public_position) == (2, first.position, first.public_position)
    assert list(again.events) == list(first.events)
    assert len(await store.read(stream("a"))) == 4


async def test_a_repeated_command_is_known_again_after_a_restart(lab: Lab) -> None:
    if not lab.durable:
        pytest.skip("this adapter forgets")
    store = await lab.open()
    first = await append(store, "a", [CounterNamed(counter="a", label="Zoé")], 1)
    await append(store, "a", some("a", 1), 2)
    store = await lab.reopen()
    again = await append(store, "a", [], 1)
    assert (again.replayed, again.version, again.position) == (True, first.version, first.position)
    assert list(again.events) == list(first.events)
    assert (await append(store, "a", some("a", 1), 3)).version == 3


async def test_a_repeated_command_is_replayed_though_its_precondition_is_stale_by_now(store: EventStore) -> None:
    await append(store, "a", some("a", 1), 1, expected=0)
    await append(store, "a", some("a", 1), 2)
    assert (await append(store, "a", some("a", 1), 1, expected=0)).replayed


async def test_a_command_repeated_at_once_happens_once(store: EventStore) -> None:
    commits = await asyncio.gather(*(append(store, "a", some("a", 3), 1) for _ in range(20)))
    assert sorted(commit.replayed for commit in commits) == [False] + [True] * 19
    assert len({(commit.version, commit.position) for commit in commits}) == 1
    assert len(await store.read(stream("a"))) == 3


async def test_a_command_id_used_for_something_else_is_refused(store: EventStore) -> None:
    await append(store, "a", some("a", 1), 1)
    other = replace(context(1), fingerprint="another body")
    await refused(store.update(stream("a"), lambda _: some("a", 1), other), "idempotency-mismatch", Kind.INVALID)
    assert len(await store.read(stream("a"))) == 1


async def test_one_command_may_touch_two_streams_once_each(store: EventStore) -> None:
    one, two = await append(store, "a", some("a", 1), 1), await append(store, "b", some("b", 1), 1)
    assert not one.replayed
    assert not two.replayed
    assert one.events[0].id != two.events[0].id


async def test_a_command_that_changes_nothing_leaves_no_trace(store: EventStore) -> None:
    await append(store, "a", some("a", 2), 1)
    commit = await append(store, "a", [], 2)
    assert (commit.version, commit.position, commit.replayed, list(commit.events)) == (2, store.head, False, [])
    # It may well decide otherwise the next time.
    assert (await append(store, "a", some("a", 1), 2)).version == 3


async def test_a_decision_that_fails_half_way_appends_nothing(store: EventStore) -> None:
    def half(history: History) -> Iterator[Event]:
        yield CounterOpened(counter="a")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await store.update(stream("a"), half, context(1))
    assert store.head == 0
    assert (await append(store, "a", some("a", 1), 1)).version == 1


async def test_a_caller_who_gives_up_harms_nobody_else(store: EventStore) -> None:
    async with asyncio.timeout(5):
        tasks = [asyncio.create_task(append(store, "a", some("a", 1), number)) for number in range(20)]
        await asyncio.sleep(0)
        for task in tasks[::2]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await append(store, "a", some("a", 1), "last")
    assert not verify_stream(await store.read(stream("a")))


async def test_times_never_decrease_within_a_stream_when_the_clock_goes_back(store: EventStore, lab: Lab) -> None:
    await append(store, "a", some("a", 1), 1)
    lab.clock.advance(hours=-1)
    await append(store, "a", some("a", 2), 2)
    await append(store, "b", some("b", 1), 3)
    lab.clock.advance(hours=2)
    await append(store, "a", some("a", 1), 4)
    times = [fact.at for fact in await store.read(stream("a"))]
    assert times == [START, START, START, START + timedelta(hours=1)]
    assert [fact.at for fact in await store.read(stream("b"))] == [START - timedelta(hours=1)]
    assert rfc3339(times[0]) < rfc3339(times[-1])


@pytest.mark.parametrize("foreign", ["dossiers.demande-1", "toy", "toycounter-a", "", "TOY.counter-a"])
async def test_a_stream_of_another_service_is_refused(store: EventStore, foreign: str) -> None:
    with pytest.raises(ValueError, match="does not own"):
        await store.update(foreign, lambda _: some("a", 1), context(1))
    with pytest.raises(ValueError, match="does not own"):
        await store.read(foreign)
    assert store.head == 0


async def test_a_fact_of_another_service_is_refused(store: EventStore) -> None:
    with pytest.raises(ValueError, match="other"):
        await append(store, "a", [ThingHappened(thing="x")], 1)
    assert store.head == 0


@pytest.mark.parametrize("change", ["the type is unknown", "the schema is newer"])
async def test_a_stream_with_an_unknown_fact_is_read_but_not_decided_on(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    store = await lab.open()
    if change == "the schema is newer":
        monkeypatch.setattr(CounterAudited, "wire_version", 2)
    await append(store, "a", [CounterOpened(counter="a"), CounterAudited(by="x")], 1)
    monkeypatch.undo()
    if change == "the type is unknown":
        monkeypatch.delitem(registry._REGISTRY, ("toy", "CounterAudited"))
    if lab.durable:
        store = await lab.reopen()
    history = await store.read(stream("a"))
    assert [fact.event for fact in history] == [CounterOpened(counter="a"), None]
    assert (history[1].type, history[1].version) == ("CounterAudited", 2)
    assert not verify_stream(history)
    assert [fact.event is None for fact in (await store.scan(0)).facts] == [False, True]
    with pytest.raises(UnknownFact):
        counter.fold_recorded(history)
    with pytest.raises(UnknownFact):
        await store.update(stream("a"), _decide, context(2))
    assert len(await store.read(stream("a"))) == 2


def _decide(history: History) -> list[Event]:
    counter.fold_recorded(history)
    return list(some("a", 1))


async def test_a_store_keeps_its_epoch_and_shares_it_with_no_other(
    lab: Lab, tmp_path_factory: pytest.TempPathFactory
) -> None:
    epoch = (await lab.open()).epoch
    other = type(lab)(tmp_path_factory.mktemp("other"))
    assert (await other.open()).epoch != epoch
    await other.close()
    if lab.durable:
        assert (await lab.reopen()).epoch == epoch
