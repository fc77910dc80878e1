"""The adapter when the cluster goes away, loses replies, changes its leader or its log."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from kernel.audit import Verified
from kernel.envelope import Commit
from kernel.errors import Kind, Refused
from kernel.stores.eventstoredb import EventStoreDbStore
from tests.esdb_server import certificates
from tests.esdb_server.node import Options
from tests.esdb_server.process import EsdbServer, free_port
from tests.esdb_server.server import Server
from tests.support.esdb_lab import Replicas, attempt, count, refused
from tests.support.stores import append, mixed, some, stream
from tests.support.toy import CounterAudited, context


async def test_while_the_cluster_is_away_commands_are_refused_and_readers_go_on(
    replicas: Replicas, double: Server
) -> None:
    store = await replicas.open(patience=0.3)
    log = await mixed(store)
    await double.stop()
    error = await refused(append(store, "a", some("a", 1), 1), "unavailable")
    assert (error.kind, error.retry_after) == (Kind.UNAVAILABLE, 2)
    # Those who queue for one stream do not wait one after the other.
    async with asyncio.timeout(6):
        await asyncio.gather(*(refused(append(store, "a", some("a", 1), n), "unavailable") for n in range(10, 40)))
    assert list((await store.scan(0)).facts) == log
    assert await store.read(stream("a")) == [fact for fact in log if fact.stream == stream("a")]
    assert not await store.changed(store.head, 0.01)
    await double.start()
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
    replicas: Replicas, double: Server
) -> None:
    store = await replicas.open()
    log = await mixed(store)
    await replicas.close(store)
    await double.stop()
    store = await replicas.open(patience=0.2)
    assert list((await store.scan(0)).facts) == log
    await refused(append(store, "a", some("a", 1), 1), "unavailable")
    await refused(replicas.open("two", patience=0.2), "unavailable")
    await double.start()
    async with asyncio.timeout(10):
        while not isinstance(await attempt(append(store, "a", some("a", 1), 2)), Commit):
            await asyncio.sleep(0.05)
    assert (await Verified(store).run())["ok"]


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
                assert await store.changed(last - 1, 30)
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
