"""What clients see of several nodes: who leads, who refuses, and what happens when the leader is gone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TypeVar

import pytest
from esdbclient import AsyncEventStoreDBClient, EventStoreDBClient, StreamState
from esdbclient.exceptions import (
    DiscoveryFailed,
    EventStoreDBClientException,
    NodeIsNotLeader,
    ReadOnlyReplicaNotFound,
    ServiceUnavailable,
)
from esdbclient.gossip import ClusterMember

from tests.esdb_server.process import EsdbServer, free_port
from tests.support.esdb import Client, connect, event, events

ANY, NO_STREAM = StreamState.ANY, StreamState.NO_STREAM
KINDS = ["append", "batch", "asyncio"]
BOTH = ["batch", "asyncio"]


@contextmanager
def three_nodes(directory: Path) -> Iterator[list[EsdbServer]]:
    """The first leads."""
    ports = [free_port() for _ in range(3)]
    members = ",".join(f"127.0.0.1:{port}" for port in ports)
    with ExitStack() as stack:
        yield [stack.enter_context(EsdbServer(directory, "--cluster", members, port=port)) for port in ports]


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[EsdbServer]]:
    """Three nodes for the tests that leave them as they are."""
    with three_nodes(tmp_path_factory.mktemp("cluster")) as nodes:
        yield nodes


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[list[EsdbServer]]:
    """Three nodes."""
    with three_nodes(tmp_path) as made:
        yield made


def cluster(nodes: list[EsdbServer], query: str = "") -> str:
    return f"esdb://{','.join(node.target for node in nodes)}?Tls=false&DiscoveryInterval=50{query}"


def target(client: Client) -> str:
    inner: EventStoreDBClient | AsyncEventStoreDBClient = client.client  # type: ignore[attr-defined]
    return inner.connection_target


T = TypeVar("T")


async def leads_no_longer(asked: EsdbServer, old: EsdbServer) -> None:
    """Wait until a node has heard that another one leads no longer."""
    async with asyncio.timeout(20):
        while any(
            f"{one.address}:{one.port}" == old.target and one.state == "NODE_STATE_LEADER"
            for one in await gossip(asked)
        ):
            await asyncio.sleep(0.02)


async def for_ever(attempt: Callable[[], Awaitable[object]]) -> None:
    """Until it fails, since a signal is heard when the machine has time."""
    async with asyncio.timeout(20):
        while True:
            await attempt()


async def eventually(attempt: Callable[[], Awaitable[T]]) -> T:
    until = time.monotonic() + 10
    while True:
        try:
            return await attempt()
        except (EventStoreDBClientException, asyncio.CancelledError):
            if time.monotonic() > until:
                raise
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize("form", ["targets", "discover"])
async def test_a_client_finds_the_leader(lasting: list[EsdbServer], stream: str, kind: str, form: str) -> None:
    uri = cluster(lasting[::-1]) if form == "targets" else f"esdb+discover://{lasting[2].target}?Tls=false"
    client = await connect(kind, uri)
    assert target(client) == lasting[0].target
    await client.append(stream, NO_STREAM, event())
    assert await client.revisions(stream) == [0]
    await client.close()


@pytest.mark.parametrize("kind", KINDS)
async def test_a_follower_refuses_to_write_and_names_the_leader(
    lasting: list[EsdbServer], stream: str, kind: str
) -> None:
    client = await connect(kind, lasting[1].uri)
    attempts: list[Callable[[], Awaitable[object]]] = [
        lambda: client.append(stream, NO_STREAM, event()),
        lambda: client.append(stream, NO_STREAM, *events(2)),
        lambda: client.delete(stream, ANY),
        lambda: client.tombstone(stream, ANY),
        lambda: client.read(stream),
        lambda: client.follow(stream),
    ]
    for attempt in attempts:
        with pytest.raises(NodeIsNotLeader) as caught:
            await attempt()
        assert caught.value.leader_grpc_target == lasting[0].target
    await client.close()


@pytest.mark.parametrize("kind", BOTH)
async def test_a_follower_shows_what_the_leader_wrote(lasting: list[EsdbServer], stream: str, kind: str) -> None:
    leader = await connect(kind, lasting[0].uri)
    follower = await connect(kind, cluster(lasting, "&NodePreference=follower"))
    assert target(follower) in {lasting[1].target, lasting[2].target}
    await leader.append(stream, NO_STREAM, *events(3))
    assert await follower.revisions(stream) == [0, 1, 2]
    subscription = await follower.follow_all(include_caught_up=True)
    assert len([item for item in await subscription.until_caught_up() if item.stream_name == stream]) == 3
    await leader.append(stream, 2, event())
    assert (await subscription.next()).stream_position == 3
    await subscription.stop()
    with pytest.raises(NodeIsNotLeader):
        await follower.append(stream, 3, event())
    await leader.close()
    await follower.close()


@pytest.mark.faults
@pytest.mark.parametrize("kind", BOTH)
async def test_when_the_leader_dies_another_leads_and_nothing_is_lost(nodes: list[EsdbServer], kind: str) -> None:
    client = await connect(kind, cluster(nodes))
    sent = events(2)
    position = await client.append("s", NO_STREAM, *sent)
    nodes[0].kill()
    assert await eventually(lambda: client.append("s", NO_STREAM, *sent)) == position
    assert target(client) in {nodes[1].target, nodes[2].target}
    await client.append("s", 1, event())
    nodes[0].start()
    states = [member.state for member in await gossip(nodes[0])]
    assert sorted(states) == ["NODE_STATE_FOLLOWER", "NODE_STATE_FOLLOWER", "NODE_STATE_LEADER"]
    assert states[0] == "NODE_STATE_FOLLOWER"
    assert await client.revisions("s") == [0, 1, 2]
    await client.close()


@pytest.mark.parametrize("kind", BOTH)
async def test_a_client_follows_a_leader_that_resigns(nodes: list[EsdbServer], kind: str) -> None:
    client = await connect(kind, cluster(nodes))
    await client.append("s", NO_STREAM, event())
    nodes[0].resign()
    await leads_no_longer(nodes[1], nodes[0])
    await eventually(lambda: client.append("s", 0, event()))
    assert target(client) in {nodes[1].target, nodes[2].target}
    await client.close()


async def test_without_a_leader_nothing_is_written(nodes: list[EsdbServer]) -> None:
    nodes[0].stop()
    nodes[1].stop()
    client = await connect("asyncio", nodes[2].uri)
    await eventually(lambda: client.append("s", ANY, event()))
    nodes[2].resign()
    with pytest.raises(ServiceUnavailable):
        await for_ever(lambda: client.append("s", ANY, event()))
    await eventually(lambda: client.append("s", ANY, event()))
    await client.close()


async def test_a_read_only_replica_never_leads(tmp_path: Path) -> None:
    ports = [free_port(), free_port()]
    options = ["--cluster", ",".join(f"127.0.0.1:{port}" for port in ports), "--replica", str(ports[1])]
    leader, replica = (EsdbServer(tmp_path, *options, port=port) for port in ports)
    with leader, replica:
        assert [member.state for member in await gossip(replica)] == ["NODE_STATE_LEADER", "NODE_STATE_REPLICA"]
        client = await connect("sync", f"esdb+discover://{leader.target}?Tls=false&NodePreference=readonlyreplica")
        assert target(client) == replica.target
        leader.kill()
        await leads_no_longer(replica, leader)
        assert "NODE_STATE_LEADER" not in [member.state for member in await gossip(replica)]
        await client.close()


async def test_one_node_alone_is_its_own_cluster(tmp_path: Path) -> None:
    with EsdbServer(tmp_path) as server:
        (member,) = await gossip(server)
        assert (member.state, member.address, member.port) == ("NODE_STATE_LEADER", "127.0.0.1", server.port)
        client = await connect("asyncio", f"esdb+discover://{server.target}?Tls=false")
        await client.append("s", NO_STREAM, event())
        query = "Tls=false&NodePreference=readonlyreplica&MaxDiscoverAttempts=1"
        with pytest.raises(ReadOnlyReplicaNotFound):
            await connect("sync", f"esdb+discover://{server.target}?{query}")
        await client.close()
    with pytest.raises(DiscoveryFailed):
        await connect("asyncio", f"esdb+discover://{server.target}?Tls=false&MaxDiscoverAttempts=1")


async def gossip(server: EsdbServer) -> list[ClusterMember]:
    def ask() -> list[ClusterMember]:
        client = EventStoreDBClient(f"{server.uri}&NodePreference=random")
        try:
            return list(client.read_gossip())
        finally:
            client.close()

    return await asyncio.to_thread(ask)
