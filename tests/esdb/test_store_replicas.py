"""The adapter beyond the contract: several replicas, what the cluster holds, what others write into it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest
from esdbclient import NewEvent, StreamState

from kernel.audit import Verified, verify_stream
from kernel.codec import Codec
from kernel.errors import Kind, conflict
from kernel.events import Event
from kernel.eventstore import History
from kernel.stores.esdb.wire import new_events, row
from kernel.stores.eventstoredb import EventStoreDbStore
from kernel.stores.schema import StoreInUse
from kernel.stores.step import step
from kernel.vault import MemoryKeys, Vault
from tests.esdb_server.server import Server
from tests.support.esdb import connect
from tests.support.esdb_lab import Replicas, count, refused
from tests.support.stores import SECRET, START, append, some, stream
from tests.support.toy import CounterAdded, CounterNamed, CounterNoted, CounterOpened, context

ANY = StreamState.ANY


async def test_two_replicas_write_one_stream_without_losing_or_repeating(replicas: Replicas) -> None:
    stores = [await replicas.open(name) for name in ("one", "two")]
    commands = [(stores[n % 2].update(stream("a"), count, context(n))) for n in range(60)]
    await asyncio.gather(*commands)
    last = max(store.head for store in stores)
    for store in stores:
        assert await store.changed(last - 1, 30)
        history = await store.read(stream("a"))
        assert [fact.event for fact in history] == [CounterAdded(counter="a", amount=n) for n in range(60)]
        assert not verify_stream(history)
        assert (await Verified(store).run())["ok"]


async def test_every_replica_sees_the_same_log_in_the_same_order(replicas: Replicas) -> None:
    one, two = await replicas.open("one"), await replicas.open("two")

    async def write(store: EventStoreDbStore, name: str) -> None:
        for number in range(30):
            facts = [CounterOpened(counter=name), CounterNoted(counter=name, text="t", code="c")]
            await append(store, f"{name}{number % 3}", facts[: 1 + number % 2], f"{name}-{number}")

    await asyncio.gather(write(one, "x"), write(two, "y"))
    last = max(one.head, two.head)
    assert await one.changed(last - 1, 30)
    assert await two.changed(last - 1, 30)
    assert (await one.scan(0)).facts == (await two.scan(0)).facts
    assert (one.head, one.public_head, one.epoch) == (two.head, two.public_head, two.epoch)


async def test_two_installations_share_a_cluster_without_seeing_each_other(double: Server, tmp_path: Path) -> None:
    stores = []
    for name in ("", "b.", "b"):
        codec = Codec("toy", Vault(MemoryKeys(), SECRET))
        stores.append(await EventStoreDbStore.open(double.uri, tmp_path / f"{name}x", codec, namespace=name))
    for number, store in enumerate(stores):
        assert (await append(store, "a", some("a", number + 1), 1)).version == number + 1
    for number, store in enumerate(stores):
        facts = (await store.scan(0)).facts
        assert [(fact.stream, fact.version) for fact in facts] == [(stream("a"), n + 1) for n in range(number + 1)]
        await store.close()
    assert len({store.epoch for store in stores}) == 3


async def test_a_command_is_known_again_by_another_replica(replicas: Replicas) -> None:
    one, two = await replicas.open("one"), await replicas.open("two")
    first = await append(one, "a", some("a", 2), 1)
    again = await append(two, "a", some("a", 2), 1)
    assert (again.replayed, again.version, again.position) == (True, first.version, first.position)
    assert list(again.events) == list(first.events)


async def lagging(store: EventStoreDbStore) -> None:
    """From now on the copy of this store stands still, until `following`."""
    for task in store._follower._tasks:
        task.cancel()
    await asyncio.gather(*store._follower._tasks, return_exceptions=True)
    if store._follower._taking is not None:
        await asyncio.wait([store._follower._taking])


async def hear(store: EventStoreDbStore, uri: str, id: str, *versions: int) -> None:
    """Its subscription brings these facts of a stream, and no more."""
    client = await connect("asyncio", uri)
    events = await client.read(stream(id))
    await store._follower._take([events[version - 1] for version in versions])
    await client.close()


async def test_half_a_command_that_was_heard_of_is_nothing_until_the_rest_comes(
    replicas: Replicas, double: Server
) -> None:
    one, two = await replicas.open("one"), await replicas.open("two")
    before = await append(one, "a", some("a", 1), 1)
    assert await two.changed(before.position - 1, 30)
    await lagging(two)
    first = await append(one, "a", some("a", 3), 2)
    await hear(two, double.uri, "a", 2)
    await hear(two, double.uri, "a", 3)
    assert (two.head, two.public_head, two._copy.position) == (before.position, before.position, before.position)
    assert [fact.version for fact in await two.read(stream("a"))] == [1]
    assert [fact.version for fact in (await two.scan(0)).facts] == [1]
    assert not await two.changed(before.position, 0.01)
    await hear(two, double.uri, "a", 4)
    assert (two.head, await two.read(stream("a"))) == (first.position, await one.read(stream("a")))


async def test_a_command_half_of_which_was_heard_of_is_answered_whole(replicas: Replicas, double: Server) -> None:
    one, two = await replicas.open("one"), await replicas.open("two")
    await lagging(two)
    facts = [CounterAdded(counter="a", amount=1), CounterNoted(counter="a", text="t", code="c")]
    first = await append(one, "a", facts, 1)
    await hear(two, double.uri, "a", 1)
    asked = asyncio.create_task(append(two, "a", facts, 1))
    await asyncio.sleep(0.1)
    following(two)
    again = await asked
    assert (again.replayed, again.version, again.position) == (True, first.version, first.position)
    assert (again.public_position, list(again.events)) == (first.public_position, list(first.events))


async def test_a_command_that_a_lagging_replica_never_heard_of_is_known_as_a_repetition(replicas: Replicas) -> None:
    one, two = await replicas.open("one"), await replicas.open("two")
    await lagging(two)
    first = await append(one, "a", some("a", 2), 1)
    again = asyncio.create_task(append(two, "a", some("a", 2), 1))
    other = replace(context(1), fingerprint="other")
    bent = asyncio.create_task(refused(two.update(stream("a"), lambda _: some("a", 1), other), "idempotency-mismatch"))
    await asyncio.sleep(0.1)
    following(two)
    answer = await again
    assert (answer.replayed, answer.version, answer.position) == (True, first.version, first.position)
    assert list(answer.events) == list(first.events)
    await bent
    assert len(await two.read(stream("a"))) == 2


def following(store: EventStoreDbStore) -> None:
    store._follower.start()


async def test_what_a_lagging_replica_would_refuse_is_asked_of_the_cluster_first(replicas: Replicas) -> None:
    one, two = await replicas.open("one"), await replicas.open("two")

    def must_exist(history: History) -> list[Event]:
        if not history:
            raise conflict("no-counter", "Ce compteur n'existe pas.")
        return list(some("a", 1))

    await refused(two.update(stream("a"), must_exist, context(1)), "no-counter")
    await lagging(two)
    await append(one, "a", [CounterOpened(counter="a")], 2)
    attempt = asyncio.create_task(two.update(stream("a"), must_exist, context(3)))
    await asyncio.sleep(0.1)
    assert not attempt.done()
    following(two)
    assert (await attempt).version == 2


async def test_a_lagging_replica_judges_preconditions_by_the_cluster(replicas: Replicas) -> None:
    one, two = await replicas.open("one"), await replicas.open("two")
    await lagging(two)
    await append(one, "a", some("a", 2), 1)
    attempts = [
        asyncio.create_task(append(two, "a", some("a", 1), 2, expected=2)),
        asyncio.create_task(refused(append(two, "b", some("b", 1), 3, expected=2), "stale-version")),
    ]
    await asyncio.sleep(0.1)
    following(two)
    await asyncio.gather(*attempts)
    # It is not tried again on what another one wrote.
    await lagging(two)
    await append(one, "a", some("a", 1), 4)
    stale = asyncio.create_task(refused(append(two, "a", some("a", 1), 5, expected=3), "stale-version"))
    await asyncio.sleep(0.05)
    following(two)
    assert (await stale).kind is Kind.STALE
    assert len(await one.read(stream("a"))) == 4


async def test_two_processes_do_not_share_a_copy(replicas: Replicas) -> None:
    await replicas.open("one")
    with pytest.raises(StoreInUse):
        await replicas.open("one")


async def test_the_cluster_holds_exactly_the_stored_bytes_and_nothing_personal_in_clear(
    replicas: Replicas, double: Server
) -> None:
    store = await replicas.open()
    commit = await append(store, "a", [CounterNamed(counter="a", label="Zoé Martin")], 1)
    client = await connect("asyncio", double.uri)
    (event,) = await client.read(stream("a"))
    (fact,) = commit.events
    assert (event.id, event.type, event.data, event.commit_position) == (fact.id, fact.type, fact.data, fact.position)
    assert b"Martin" not in event.data + event.metadata
    metadata = json.loads(event.metadata)
    assert metadata["meta"] == json.loads(fact.meta_bytes)
    assert metadata["$correlationId"] == fact.meta.correlation
    assert fact.meta_bytes in event.metadata
    await client.close()


@pytest.mark.parametrize("text", ["plain", 'with "quotes" and \\', ',"meta":{', "}", '","meta":"', "é ☀ \x00 \u2028"])
def test_metadata_comes_back_byte_for_byte_whatever_it_says(text: str) -> None:
    ctx = context(1, actor=text)
    codec = Codec("toy", Vault(MemoryKeys(), SECRET))
    (draft,) = step(stream(text), [], lambda _: [CounterOpened(counter=text)], ctx, codec, START).fresh
    (sent,) = new_events([draft])

    class Event:
        commit_position, stream_name, stream_position = 7, draft.stream, 0
        id, type, data, metadata = sent.id, sent.type, sent.data, sent.metadata

    found = row(Event())  # type: ignore[arg-type]
    assert (found.meta, found.data, found.at, found.chain) == (draft.meta_bytes, draft.data, draft.at, draft.chain)
    assert (found.route, found.public, found.schema) == (draft.route, draft.public, draft.schema)


@pytest.mark.parametrize("metadata", [b"", b"nonsense", b'{"schema":"x","meta":{}}', b"[1]", b'{"at":3,"meta":'])
async def test_what_somebody_else_wrote_into_a_stream_is_shown_and_betrayed(
    replicas: Replicas, double: Server, metadata: bytes
) -> None:
    store = await replicas.open()
    await append(store, "a", some("a", 2), 1)
    client = await connect("asyncio", double.uri)
    position = await client.append(stream("a"), ANY, NewEvent(type="CounterAdded", data=b"{}", metadata=metadata))
    assert await store.changed(position - 1, 30)
    history = await store.read(stream("a"))
    assert (len(history), history[2].event) == (3, None)
    assert verify_stream(history) == [f"{stream('a')}@3: the stored bytes do not match the chain"]
    assert not (await Verified(store).run())["ok"]
    await client.close()


async def test_other_services_and_metadata_are_passed_over_and_not_read_again(
    replicas: Replicas, double: Server
) -> None:
    client = await connect("asyncio", double.uri)
    store = await replicas.open()
    await append(store, "a", some("a", 1), 1)
    head = store.head
    for _ in range(11):
        await client.append("toys.thing-1", ANY, *(NewEvent(type="X", data=b"{}") for _ in range(100)))
    await client.describe(stream("a"), {"$maxCount": 1})
    await replicas.close(store)
    store = await replicas.open()
    assert store.head == head
    # A checkpoint tells how far was looked: the next start does not look at those again.
    assert store._copy.position > head
    assert len(await store.read(stream("a"))) == 1
    await client.close()
