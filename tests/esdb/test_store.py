"""The adapter beyond the contract: replicas, a cluster that goes away, loses replies, changes its leader or its log."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from esdbclient import NewEvent, StreamState

from kernel.audit import Verified, verify_stream
from kernel.codec import Codec
from kernel.envelope import Commit
from kernel.errors import Kind, Refused, conflict
from kernel.events import Event
from kernel.eventstore import History
from kernel.stores.esdb.wire import new_event, row
from kernel.stores.eventstoredb import EventStoreDbStore
from kernel.stores.schema import StoreInUse
from kernel.stores.step import step
from kernel.vault import MemoryKeys, SqliteKeys, Vault
from tests.esdb_server import certificates
from tests.esdb_server.node import Options
from tests.esdb_server.process import EsdbServer, free_port
from tests.esdb_server.server import Server
from tests.support.esdb import connect
from tests.support.stores import SECRET, START, append, mixed, some, stream
from tests.support.toy import CounterAdded, CounterAudited, CounterNamed, CounterNoted, CounterOpened, context

ANY = StreamState.ANY


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    """Inside this event loop."""
    async with Server(tmp_path / "server") as running:
        yield running


class Replicas:
    """Services over one log, each with a directory of its own and the same keys."""

    def __init__(self, directory: Path, uri: str) -> None:
        self._directory, self._uri = directory, uri
        self._keys = SqliteKeys(directory / "keys.db")
        self._open: list[EventStoreDbStore] = []

    async def open(self, name: str = "one", patience: float = 5.0) -> EventStoreDbStore:
        codec = Codec("toy", Vault(self._keys, SECRET))
        store = await EventStoreDbStore.open(self._uri, self._directory / name, codec, patience=patience)
        self._open.append(store)
        return store

    async def __aenter__(self) -> Replicas:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
        self._keys.close()

    async def close(self, *stores: EventStoreDbStore) -> None:
        for store in stores or tuple(self._open):
            self._open.remove(store)
            await store.close()


@pytest.fixture
async def replicas(tmp_path: Path, server: Server) -> AsyncIterator[Replicas]:
    async with Replicas(tmp_path, server.uri) as made:
        yield made


async def refused(attempt: object, slug: str) -> Refused:
    with pytest.raises(Refused) as caught:
        await attempt  # type: ignore[misc]
    assert caught.value.slug == slug
    return caught.value


def count(history: History) -> list[Event]:
    return [CounterAdded(counter="a", amount=len(history))]


async def test_two_replicas_write_one_stream_without_losing_or_repeating(replicas: Replicas) -> None:
    stores = [await replicas.open(name) for name in ("one", "two")]
    commands = [(stores[n % 2].update(stream("a"), count, context(n))) for n in range(60)]
    await asyncio.gather(*commands)
    last = max(store.head for store in stores)
    for store in stores:
        assert await store.changed(last - 1, 5)
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
    assert await one.changed(last - 1, 5)
    assert await two.changed(last - 1, 5)
    assert (await one.scan(0)).facts == (await two.scan(0)).facts
    assert (one.head, one.public_head, one.epoch) == (two.head, two.public_head, two.epoch)


async def test_two_installations_share_a_cluster_without_seeing_each_other(server: Server, tmp_path: Path) -> None:
    stores = []
    for name in ("", "b.", "b"):
        codec = Codec("toy", Vault(MemoryKeys(), SECRET))
        stores.append(await EventStoreDbStore.open(server.uri, tmp_path / f"{name}x", codec, namespace=name))
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
    replicas: Replicas, server: Server
) -> None:
    store = await replicas.open()
    commit = await append(store, "a", [CounterNamed(counter="a", label="Zoé Martin")], 1)
    client = await connect("asyncio", server.uri)
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
    sent = new_event(draft)

    class Event:
        commit_position, stream_name, stream_position = 7, draft.stream, 0
        id, type, data, metadata = sent.id, sent.type, sent.data, sent.metadata

    found = row(Event())  # type: ignore[arg-type]
    assert (found.meta, found.data, found.at, found.chain) == (draft.meta_bytes, draft.data, draft.at, draft.chain)
    assert (found.route, found.public, found.schema) == (draft.route, draft.public, draft.schema)


@pytest.mark.parametrize("metadata", [b"", b"nonsense", b'{"schema":"x","meta":{}}', b"[1]", b'{"at":3,"meta":'])
async def test_what_somebody_else_wrote_into_a_stream_is_shown_and_betrayed(
    replicas: Replicas, server: Server, metadata: bytes
) -> None:
    store = await replicas.open()
    await append(store, "a", some("a", 2), 1)
    client = await connect("asyncio", server.uri)
    position = await client.append(stream("a"), ANY, NewEvent(type="CounterAdded", data=b"{}", metadata=metadata))
    assert await store.changed(position - 1, 5)
    history = await store.read(stream("a"))
    assert (len(history), history[2].event) == (3, None)
    assert verify_stream(history) == [f"{stream('a')}@3: the stored bytes do not match the chain"]
    assert not (await Verified(store).run())["ok"]
    await client.close()


async def test_other_services_and_metadata_are_passed_over_and_not_read_again(
    replicas: Replicas, server: Server
) -> None:
    client = await connect("asyncio", server.uri)
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


async def test_while_the_cluster_is_away_commands_are_refused_and_readers_go_on(
    replicas: Replicas, server: Server
) -> None:
    store = await replicas.open(patience=0.3)
    log = await mixed(store)
    await server.stop()
    error = await refused(append(store, "a", some("a", 1), 1), "unavailable")
    assert (error.kind, error.retry_after) == (Kind.UNAVAILABLE, 2)
    # Those who queue for one stream do not wait one after the other.
    async with asyncio.timeout(2):
        await asyncio.gather(*(refused(append(store, "a", some("a", 1), n), "unavailable") for n in range(10, 40)))
    assert list((await store.scan(0)).facts) == log
    assert await store.read(stream("a")) == [fact for fact in log if fact.stream == stream("a")]
    assert not await store.changed(store.head, 0.01)
    await server.start()
    async with asyncio.timeout(10):
        while True:
            try:
                commit = await append(store, "a", some("a", 1), 2)
                break
            except Refused:
                await asyncio.sleep(0.05)
    assert commit.position == store.head > log[-1].position
    assert (await Verified(store).run())["ok"]


async def test_a_service_may_start_while_the_cluster_is_away_if_it_has_a_copy(
    replicas: Replicas, server: Server
) -> None:
    store = await replicas.open()
    log = await mixed(store)
    await replicas.close(store)
    await server.stop()
    store = await replicas.open(patience=0.2)
    assert list((await store.scan(0)).facts) == log
    await refused(append(store, "a", some("a", 1), 1), "unavailable")
    await refused(replicas.open("two", patience=0.2), "unavailable")
    await server.start()
    async with asyncio.timeout(10):
        while not isinstance(await attempt(append(store, "a", some("a", 1), 2)), Commit):
            await asyncio.sleep(0.05)
    assert (await Verified(store).run())["ok"]


async def attempt(command: object) -> object:
    try:
        return await command  # type: ignore[misc]
    except Refused as refusal:
        return refusal


async def test_a_reply_that_is_lost_is_found_again(tmp_path: Path) -> None:
    async with (
        Server(tmp_path / "server", limits=Options(lose_every=3)) as server,
        Replicas(tmp_path, server.uri) as replicas,
    ):
        store = await replicas.open()
        await asyncio.gather(*(store.update(stream(str(n % 4)), count, context(n)) for n in range(40)))
        facts = (await store.scan(0)).facts
        assert len(facts) == 40
        assert len({fact.meta.command for fact in facts}) == 40
        assert (await Verified(store).run())["ok"]


async def test_an_append_too_large_is_a_refusal_that_says_so(tmp_path: Path) -> None:
    async with (
        Server(tmp_path / "server", limits=Options(max_append_size=4_000)) as server,
        Replicas(tmp_path, server.uri) as replicas,
    ):
        store = await replicas.open()
        large = [CounterAudited(by="x" * 5_000)]
        error = await refused(append(store, "a", large, 1), "append-too-large")
        assert error.kind is Kind.TOO_LARGE
        assert (await append(store, "a", some("a", 1), 2)).version == 1


async def test_a_command_that_is_cancelled_is_cancelled_and_harms_nobody(replicas: Replicas) -> None:
    store = await replicas.open()
    commands = [asyncio.create_task(store.update(stream("a"), count, context(n))) for n in range(40)]
    for number, command in enumerate(commands):
        await asyncio.sleep(0)
        if number % 2:
            command.cancel()
    outcomes = await asyncio.gather(*commands, return_exceptions=True)
    assert all(isinstance(outcome, (Commit, asyncio.CancelledError)) for outcome in outcomes)
    assert all(isinstance(outcome, Commit) for outcome in outcomes[::2])
    await asyncio.gather(*(store.update(stream("a"), count, context(n)) for n in range(40)))
    assert {fact.meta.command for fact in await store.read(stream("a"))} == {
        str(context(n).command_id) for n in range(40)
    }
    assert (await Verified(store).run())["ok"]


async def test_another_log_is_copied_again_from_its_beginning(tmp_path: Path) -> None:
    async with Server(tmp_path / "server") as server, Replicas(tmp_path, server.uri) as replicas:
        store = await replicas.open()
        await mixed(store)
        epoch = store.epoch
        await replicas.close(store)
        await server.stop()
        shutil.rmtree(tmp_path / "server")
        await server.start()
        store = await replicas.open()
        assert store.epoch != epoch
        assert (store.head, (await store.scan(0)).facts) == (0, [])
        assert (await append(store, "a", some("a", 1), 1)).version == 1


async def test_an_older_backup_is_noticed(tmp_path: Path) -> None:
    async with Server(tmp_path / "server") as server, Replicas(tmp_path, server.uri) as replicas:
        store = await replicas.open()
        await append(store, "a", some("a", 2), 1)
        await server.stop()
        shutil.copytree(tmp_path / "server", tmp_path / "backup")
        await server.start()
        store = await reopened(replicas, store)
        await append(store, "a", some("a", 3), 2)
        await server.stop()
        shutil.rmtree(tmp_path / "server")
        shutil.copytree(tmp_path / "backup", tmp_path / "server")
        await server.start()
        # Who runs on refuses to write into a log that is not the one he knows.
        async with asyncio.timeout(10):
            while not store._follower.lost:
                await asyncio.sleep(0.02)
        await refused(append(store, "a", some("a", 1), 3), "unavailable")
        store = await reopened(replicas, store)
        assert len(await store.read(stream("a"))) == 2
        assert (await append(store, "a", some("a", 1), 4)).version == 3


async def reopened(replicas: Replicas, store: EventStoreDbStore) -> EventStoreDbStore:
    await replicas.close(store)
    return await replicas.open()


@pytest.mark.faults
async def test_kill_nine_of_the_server_between_any_two_calls_loses_nothing(tmp_path: Path) -> None:
    with EsdbServer(tmp_path / "server") as server:
        async with Replicas(tmp_path, server.uri) as replicas:
            one, two = await replicas.open("one", 10), await replicas.open("two", 10)

            async def write(store: EventStoreDbStore, writer: int) -> list[str]:
                mine = []
                for number in range(25):
                    ctx = context(f"{writer}-{number}")
                    while not isinstance(await attempt(store.update(stream(str(writer % 3)), count, ctx)), Commit):
                        await asyncio.sleep(0.05)
                    mine.append(str(ctx.command_id))
                return mine

            writing = asyncio.gather(*(write((one, two)[writer % 2], writer) for writer in range(6)))
            for _ in range(3):
                await asyncio.sleep(0.15)
                await asyncio.to_thread(server.kill)
                await asyncio.to_thread(server.start)
            acknowledged = [command for mine in await writing for command in mine]
            last = max(one.head, two.head)
            for store in (one, two):
                assert await store.changed(last - 1, 10)
                commands = [fact.meta.command for fact in (await store.scan(0)).facts]
                assert sorted(commands) == sorted(acknowledged)
                assert (await Verified(store).run())["ok"]


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[list[EsdbServer]]:
    """Three nodes; the first leads."""
    ports = [free_port() for _ in range(3)]
    members = ",".join(f"127.0.0.1:{port}" for port in ports)
    with ExitStack() as stack:
        data = tmp_path / "cluster"
        yield [stack.enter_context(EsdbServer(data, "--cluster", members, port=port)) for port in ports]


@pytest.mark.faults
@pytest.mark.parametrize("end", ["kill", "resign"])
async def test_a_change_of_leader_loses_nothing_and_needs_no_restart(
    nodes: list[EsdbServer], end: str, tmp_path: Path
) -> None:
    uri = f"esdb://{','.join(node.target for node in nodes)}?Tls=false&DiscoveryInterval=50&MaxDiscoverAttempts=3"
    async with Replicas(tmp_path, uri) as replicas:
        store = await replicas.open(patience=10)
        await append(store, "a", some("a", 1), "before")

        async def write(writer: int) -> None:
            for number in range(10):
                command = store.update(stream(str(writer)), count, context(f"{writer}-{number}"))
                while not isinstance(await attempt(command), Commit):
                    await asyncio.sleep(0.05)
                    command = store.update(stream(str(writer)), count, context(f"{writer}-{number}"))

        writing = asyncio.gather(*(write(writer) for writer in range(4)))
        await asyncio.sleep(0.05)
        await asyncio.to_thread(nodes[0].kill if end == "kill" else nodes[0].resign)
        async with asyncio.timeout(30):
            await writing
        facts = (await store.scan(0)).facts
        assert len(facts) == len({fact.meta.command for fact in facts}) == 41
        assert (await Verified(store).run())["ok"]


async def test_the_connection_string_brings_tls_and_a_password(tmp_path: Path) -> None:
    pair = certificates.make(tmp_path, "esdb")
    options = ["--cert", str(pair.certificate), "--key", str(pair.key), "--user", "guichet:s3cret"]
    with EsdbServer(tmp_path / "server", *options) as server:
        uri = f"esdb://guichet:s3cret@{server.target}?TlsCaFile={pair.certificate}"
        async with Replicas(tmp_path, uri) as replicas:
            store = await replicas.open()
            assert (await append(store, "a", some("a", 2), 1)).version == 2
        async with Replicas(tmp_path, uri.replace("s3cret", "guess")) as wrong:
            await refused(wrong.open("two", patience=0.2), "unavailable")
