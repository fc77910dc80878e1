"""From the log over a real NATS server: each public fact once, no personal data, nothing lost whatever happens."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nats
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg
from pydantic_core import from_json

from kernel import bus
from kernel import relay as relays
from kernel.bus import BUFFER, STREAM, NatsBus, NatsHints
from kernel.codec import Codec
from kernel.databases.sqlite import SqliteDb
from kernel.envelope import Recorded
from kernel.feed import FeedPage, Hint, RemoteSource
from kernel.relay import Relay
from kernel.state import STATE_DDL
from kernel.stores.sqlite import SqliteStore
from tests.support.nats import NatsServer
from tests.support.stores import SqliteLab, append, mixed, some
from tests.support.toy import CounterAdded, CounterNamed, CounterNoted

CANARY = "canari-7f3a-jaune"
WANTED = frozenset({"CounterAdded", "CounterOpened"})


class Line:
    """A log, its relay, and a neighbour that follows it, over one server."""

    def __init__(self, directory: Path, server: NatsServer, store: SqliteStore, codec: Codec) -> None:
        self.server, self.store, self.codec = server, store, codec
        self.thread = ThreadPoolExecutor(1)
        self.state = SqliteDb(directory / "state.db", self.thread, durable=True, ddl=STATE_DDL)
        self.bus = NatsBus("toy", server.url, None)
        self.neighbour = NatsBus("dossiers", server.url, None)
        self.seen: list[Recorded] = []
        self.reads = 0
        self.tasks: list[asyncio.Task[None]] = []

    async def start(self, *, relay: bool = True) -> None:
        self.bus.start()
        self.neighbour.start()
        if relay:
            self.relay()
        self.tasks.append(asyncio.create_task(self.follow()))

    def relay(self) -> asyncio.Task[None]:
        """A relay that starts."""
        made = Relay(self.store, self.state, self.bus, self.codec)
        self.tasks += [asyncio.create_task(made.run()), asyncio.create_task(made.beat())]
        return self.tasks[-2]

    async def follow(self) -> None:
        source = RemoteSource("toy", self.fetch, self.refetch, lambda: self.neighbour.listen("toy"))
        async for page in source.follow(0, WANTED):
            self.seen += [fact for fact in page.facts if fact.type in WANTED]

    async def fetch(self, after: int, wait: float) -> FeedPage:
        self.reads += 1
        page = await self.store.scan(after, 500, public=True)
        if not page.facts and wait:
            await self.store.changed(page.position, wait)
            page = await self.store.scan(after, 500, public=True)
        return FeedPage(page.facts, page.position, self.store.epoch)

    async def refetch(self, stream: str, version: int) -> Recorded | None:
        return (await self.store.read(stream, upto=version))[-1]

    async def public(self) -> list[Recorded]:
        return list((await self.store.scan(0, 100_000, public=True)).facts)

    async def until(self, condition: Callable[[], bool], within: float = 10) -> None:
        async with asyncio.timeout(within):
            while not condition():
                await asyncio.sleep(0.01)

    async def all_seen(self) -> None:
        """Wait until the follower has everything, in order and once."""
        wanted = [fact.id for fact in await self.public() if fact.type in WANTED]
        await self.until(lambda: len(self.seen) >= len(wanted))
        assert [fact.id for fact in self.seen] == wanted

    async def connected(self) -> None:
        await self.until(lambda: self.bus.connected and self.neighbour.connected)

    async def close(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.bus.close()
        await self.neighbour.close()
        self.thread.shutdown()
        self.state.close()


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[NatsServer]:
    made = NatsServer(tmp_path / "nats")
    await made.start()
    yield made
    await made.kill()


@pytest.fixture
async def line(tmp_path: Path, server: NatsServer) -> AsyncIterator[Line]:
    lab = SqliteLab(tmp_path)
    store = await lab.open()
    made = Line(tmp_path, server, store, Codec("toy", lab.vault))
    yield made
    await made.close()
    await lab.close()


async def quiet(_: Exception) -> None:
    """nats-py would print a traceback."""


async def stored(server: NatsServer, count: int, within: float = 10) -> list[Msg]:
    """What other systems read in the stream, once it holds so many messages."""
    client = await nats.connect(server.url, error_cb=quiet)
    js = client.jetstream()
    async with asyncio.timeout(within):
        while True:
            try:
                if (await js.stream_info(STREAM)).state.messages >= count:
                    break
            except nats.js.errors.NotFoundError:
                pass
            await asyncio.sleep(0.02)
    reader = await js.subscribe("guichet.>", ordered_consumer=True)
    messages = [await reader.next_msg(5) for _ in range((await js.stream_info(STREAM)).state.messages)]
    await client.close()
    return messages


def ids(messages: list[Msg]) -> list[str]:
    return [str((message.headers or {})["Nats-Msg-Id"]) for message in messages]


async def test_every_public_fact_is_in_the_stream_once_as_a_cloudevent(line: Line) -> None:
    await mixed(line.store)
    facts = [CounterNamed(counter="a", label=CANARY), CounterNoted(counter="a", text=CANARY, code=CANARY)]
    await append(line.store, "a", facts, "named")
    await line.start()
    await line.connected()
    await append(line.store, "a", some("a", 3), "later")
    public = await line.public()
    messages = await stored(line.server, len(public))
    assert ids(messages) == [str(fact.id) for fact in public]
    await line.all_seen()
    for message, fact in zip(messages, public, strict=True):
        headers = message.headers or {}
        assert message.subject == f"guichet.toy.{fact.type}.{fact.route}"
        assert headers["ce-specversion"] == "1.0"
        assert headers["ce-source"] == "/guichet/toy"
        assert headers["ce-type"] == f"fr.guichet.toy.{fact.type}.v1"
        assert headers["ce-subject"] == fact.stream
        assert (headers["ce-sequence"], headers["ce-prevsequence"]) == (str(fact.position), str(fact.previous))
        assert (headers["content-type"], headers["guichet-store"]) == ("application/json", line.store.epoch)
        assert fact.event is not None
        assert from_json(message.data) == line.codec.published(fact.event)
        assert ("guichet-sealed" in headers) == bool(fact.event.seals)
        assert CANARY not in f"{message.subject}{headers}{message.data.decode()}"
        assert "fingerprint" not in headers


async def test_a_relay_that_repeats_itself_is_harmless(line: Line) -> None:
    await mixed(line.store)
    await line.start()
    public = await line.public()
    await stored(line.server, len(public))
    await line.state.write(lambda tx: tx.run("DELETE FROM relay"))
    line.relay()
    await append(line.store, "a", some("a", 1), "later")
    assert ids(await stored(line.server, len(public) + 1)) == [str(fact.id) for fact in await line.public()]


async def test_a_relay_goes_on_where_it_stopped(line: Line) -> None:
    await mixed(line.store)
    await line.start(relay=False)
    first = line.relay()
    await stored(line.server, len(await line.public()))

    async def kept() -> int:
        return sum(row["position"] for row in await line.state.read("SELECT position FROM relay"))

    async with asyncio.timeout(5):
        while await kept() < line.store.head:
            await asyncio.sleep(0.01)
    first.cancel()
    await append(line.store, "a", some("a", 5), "meanwhile")
    line.relay()
    assert len(await stored(line.server, len(await line.public()))) == len(await line.public())
    await line.state.write(lambda tx: tx.run("UPDATE relay SET position=999999"))
    later = Relay(line.store, line.state, line.bus, line.codec)
    running = asyncio.create_task(later.run())
    await line.until(lambda: later.position == line.store.head)
    running.cancel()


async def test_a_server_that_is_killed_and_comes_back_loses_nothing(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bus, "ACKNOWLEDGED", 0.3)
    await line.start()
    await line.connected()
    await append(line.store, "a", some("a", 20), "before")
    await line.server.kill()
    for number in range(30):
        await append(line.store, "b", some("b", 2), f"during-{number}")
    await line.until(lambda: not line.bus.connected)
    # The follower lives on the feed meanwhile.
    await line.all_seen()
    await line.server.start()
    await line.until(lambda: line.bus.connected, within=15)
    await append(line.store, "a", some("a", 1), "after")
    await line.all_seen()
    public = await line.public()
    found = ids(await stored(line.server, len(public), within=20))
    assert sorted(found) == sorted(str(fact.id) for fact in public)


async def test_a_stream_that_is_deleted_is_made_again(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bus, "ACKNOWLEDGED", 0.3)
    await line.start()
    await line.connected()
    await append(line.store, "a", some("a", 3), 1)
    await stored(line.server, 3)
    client = await nats.connect(line.server.url, error_cb=quiet)
    await client.jetstream().delete_stream(STREAM)
    await client.close()
    await append(line.store, "a", some("a", 2), 2)
    assert ids(await stored(line.server, 2)) == [str(fact.id) for fact in (await line.public())[3:]]
    await line.all_seen()


async def test_a_bus_that_is_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    server = NatsServer(tmp_path / "nats")
    lab = SqliteLab(tmp_path)
    store = await lab.open()
    line = Line(tmp_path, server, store, Codec("toy", lab.vault))
    await line.start()
    await append(store, "a", some("a", 3), 1)
    await line.all_seen()
    assert not line.bus.connected
    await server.start()
    await line.connected()
    assert len(await stored(server, 3)) == 3
    await line.close()
    await lab.close()
    await server.kill()


async def test_a_fact_reaches_its_follower_within_milliseconds(line: Line) -> None:
    await line.start()
    await line.connected()
    await append(line.store, "a", some("a", 1), "first")
    await line.all_seen()
    delays: list[float] = []
    for number in range(100):
        started = time.perf_counter()
        await append(line.store, "a", some("a", 1), number)
        before = len(line.seen)
        while len(line.seen) < number + 2:
            await asyncio.sleep(0)
        delays.append(time.perf_counter() - started)
        assert before <= number + 2
    await line.all_seen()
    median = statistics.median(delays) * 1000
    print(f"command to follower: p50 {median:.1f} ms, p99 {sorted(delays)[98] * 1000:.1f} ms, {line.reads} feed reads")
    assert median < 100
    assert line.reads <= 5


async def test_a_heartbeat_tells_what_the_hints_did_not(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relays, "HEARTBEAT", 0.05)
    line.bus.start()
    line.neighbour.start()
    await line.connected()
    line.tasks.append(asyncio.create_task(line.follow()))
    await asyncio.sleep(0.1)
    await append(line.store, "a", some("a", 2), 1)
    await asyncio.sleep(0.1)
    assert line.seen == []
    line.tasks.append(asyncio.create_task(Relay(line.store, line.state, line.bus, line.codec).beat()))
    await line.all_seen()


async def test_nonsense_on_the_bus_stops_nobody(line: Line) -> None:
    await line.start()
    await line.connected()
    stranger: Client = await nats.connect(line.server.url, error_cb=quiet)
    headers: list[dict[str, Any] | None] = [None, {"ce-type": "x"}, {"ce-type": "fr.guichet.toy.CounterAdded.v1"}]
    for header in headers:
        await stranger.publish("guichet.toy.CounterAdded.a", b"{", headers=header)
        await stranger.publish("guichet.toy", b"\xff", headers=header)
        await stranger.publish("guichet-heartbeat.toy", b"[]", headers=header)
        await stranger.publish("guichet-heartbeat.toy", b'{"head": "x"}', headers=header)
    await stranger.close()
    await append(line.store, "a", some("a", 2), 1)
    await line.all_seen()


async def test_a_fact_that_no_bus_can_carry_stops_no_other(line: Line) -> None:
    await line.start()
    await line.connected()
    await append(line.store, "a", [CounterAdded(counter="x" * 2_000_000, amount=1)], "large")
    await append(line.store, "a", [CounterAdded(counter="a b.*.>\r\n", amount=2)], "odd route")
    await append(line.store, "a", some("a", 1), "after")
    await line.all_seen()
    messages = await stored(line.server, 2)
    assert [message.subject for message in messages] == [
        "guichet.toy.CounterAdded.a_b______",
        "guichet.toy.CounterAdded.a",
    ]


async def test_an_overflow_counts_as_a_gap() -> None:
    hints = NatsHints(NatsBus("x", "nats://127.0.0.1:1", None), "toy")
    for number in range(BUFFER):
        hints.put(Hint(number + 1, number, "epoch"))
    assert await hints.next(0) == Hint(1, 0, "epoch")
    hints.put(Hint(BUFFER + 1, BUFFER, "epoch"))
    hints.put(Hint(BUFFER + 2, BUFFER + 1, "epoch"))
    assert await hints.next(0) is None
    assert not hints.alive
