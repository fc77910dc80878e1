"""A running service: the commands it issues itself, what it says of itself, and how it starts and stops."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from kernel.errors import Refused
from kernel.http.client import Peer
from kernel.http.tokens import Signer
from kernel.stores.schema import StoreInUse
from tests.support.service import Desk, serving
from tests.support.toy import SERVICE, Add, CounterAdded, CounterNamed, Open, add, context, counter, open_counter

READER = "dossiers"


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with serving(SERVICE, tmp_path) as running:
        yield running


async def opened(desk: Desk, id: str = "a") -> None:
    await desk.run.handle(counter, id, open_counter, Open(counter=id), context(f"open {id}"))


async def test_a_reaction_is_the_same_command_for_ever(tmp_path: Path) -> None:
    async with serving(SERVICE, tmp_path) as desk:
        await opened(desk)
        (cause,) = await desk.run.store.read("toy.counter-a")
        first = await desk.run.handle(counter, "a", add, Add(amount=5), desk.run.reaction(cause, "doubling"))
        for number in range(3):
            await desk.run.handle(counter, "a", add, Add(amount=1), context(number))
    async with serving(SERVICE, tmp_path) as desk:
        (cause, *_) = await desk.run.store.read("toy.counter-a")
        again = await desk.run.handle(counter, "a", add, Add(amount=5), desk.run.reaction(cause, "doubling"))
        assert (again.replayed, again.version) == (True, first.version)
        other = await desk.run.handle(counter, "a", add, Add(amount=5), desk.run.reaction(cause, "another reactor"))
        assert not other.replayed
        assert (other.events[0].meta.causation, other.events[0].meta.actor) == (str(cause.id), "service:toy")
        assert other.events[0].meta.correlation == cause.meta.correlation


async def test_an_initiative_with_a_key_happens_once_and_without_one_each_time(desk: Desk) -> None:
    await opened(desk)
    for key, expected in (("today", [False, True]), (None, [False, False])):
        commits = [
            await desk.run.handle(counter, "a", add, Add(amount=1), desk.run.own_initiative("tick", key=key))
            for _ in range(2)
        ]
        assert [commit.replayed for commit in commits] == expected


async def test_what_a_command_recorded_is_found_before_anything_is_spent_again(desk: Desk) -> None:
    assert await desk.run.replay(counter, "a", context(1)) == []
    await opened(desk)
    await desk.run.handle(counter, "a", add, Add(amount=1), context(1))
    await desk.run.handle(counter, "a", add, Add(amount=2), context(2))
    found = await desk.run.replay(counter, "a", context(1))
    assert [fact.event for fact in found] == [CounterAdded(counter="a", amount=1)]


async def test_a_state_is_loaded_as_it_is_and_as_it_was(desk: Desk) -> None:
    await opened(desk)
    for number in range(3):
        await desk.run.handle(counter, "a", add, Add(amount=1), context(number))
    state, history = await desk.run.load(counter, "a")
    assert (state.total, len(history)) == (3, 4)
    state, history = await desk.run.load(counter, "a", upto=2)
    assert (state.total, len(history)) == (1, 2)
    state, history = await desk.run.load(counter, "nobody")
    assert (state, list(history)) == (counter.initial, [])


async def test_a_second_process_on_the_same_directory_is_refused(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(StoreInUse):
        async with serving(SERVICE, tmp_path):
            raise AssertionError("two processes would write one log")
    await opened(desk)


async def test_a_restart_shows_its_facts_before_it_answers(tmp_path: Path) -> None:
    async with serving(SERVICE, tmp_path) as desk:
        await desk.run.projectors["totals"].paused().__aenter__()
        for number in range(20):
            await opened(desk, str(number))
    async with serving(SERVICE, tmp_path) as desk:
        db = desk.run.projectors["totals"].live.db
        assert await db.read("SELECT count(*) AS n FROM total") == [{"n": 20}]


async def test_the_feed_gives_public_facts_from_the_first_and_sealed_values_to_whom_is_entitled(desk: Desk) -> None:
    await opened(desk)
    facts = [CounterNamed(counter="a", label="Zoé"), CounterAdded(counter="a", amount=1)]
    await desk.run.store.update("toy.counter-a", lambda _: facts, context("name"))
    who = desk.as_account("a1")
    await desk.client.put("/api/counters/a/label", json={"label": "Léa"}, headers=who)

    async def feed(reader: str, query: str = "") -> tuple[list[dict[str, object]], str]:
        answer = await desk.client.get(f"/feed{query}", headers=desk.as_service(reader, "feed"))
        assert answer.headers["guichet-store"] == desk.run.store.epoch
        assert answer.headers["content-type"].startswith("application/cloudevents-batch+json")
        return answer.json(), answer.headers["guichet-feed-position"]

    events, position = await feed(READER)
    assert position == "5"
    assert [event["data"] for event in events] == [
        {"counter": "a"},
        {"counter": "a", "label": "Zoé"},
        {"counter": "a", "amount": 1},
        {"counter": "a", "label": "Léa"},
    ]
    others, _ = await feed("files")
    assert [event["data"] for event in others][1::2] == [{"counter": "a"}, {"counter": "a"}]
    assert [int(str(event["prevsequence"])) for event in events] == [0, 1, 2, 3]
    assert "fingerprint" not in str(events)
    assert (await feed(READER, "?after=4"))[0] == []
    (one,), _ = await feed(READER, "?stream=toy.counter-a&version=2")
    assert one == events[1]
    for query in ("stream=toy.counter-a&version=5", "stream=toy.counter-a&version=9", "stream=toy.counter-a"):
        assert (await feed(READER, f"?{query}"))[0] == []
    assert (await feed(READER, "?stream=dossiers.demande-1&version=1"))[0] == []
    ahead = await desk.client.get("/feed?after=6", headers=desk.as_service(READER, "feed"))
    assert (ahead.status_code, ahead.json()["slug"]) == (409, "ahead-of-log")
    for wrong in ("after=-1", "after=x", "wait=99", "wait=-1", "wait=nan"):
        answer = await desk.client.get(f"/feed?{wrong}", headers=desk.as_service(READER, "feed"))
        assert answer.status_code == 422


async def test_the_feed_waits_for_news(desk: Desk) -> None:
    await opened(desk)
    headers = desk.as_service(READER, "feed")
    waiting = asyncio.create_task(desk.client.get("/feed?after=1&wait=20", headers=headers))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    await opened(desk, "b")
    async with asyncio.timeout(10):
        assert len((await waiting).json()) == 1
    empty = await desk.client.get("/feed?after=2&wait=0.01", headers=headers)
    assert (empty.json(), empty.headers["guichet-feed-position"]) == ([], "2")


async def test_a_peer_that_answers_nonsense_is_unavailable(desk: Desk) -> None:
    signer = Signer(READER, desk.keys[READER])
    peer = Peer("toy", "http://service", desk.client, signer)
    assert await peer.get("/internal/counters/x") == {"asked_by": READER}
    assert await peer.get("/nowhere") is None
    for path in ("/metrics", "/audit/events", "/api/refusals/unavailable", "/api/bug"):
        with pytest.raises(Refused, match="unavailable"):
            await peer.get(path)
    page = await peer.feed(0, 0)
    assert (list(page.facts), page.position, page.epoch) == ([], 0, desk.run.store.epoch)
    assert await peer.fact("toy.counter-a", 1) is None
    lost = Peer("toy", "http://service/nowhere", desk.client, signer)
    with pytest.raises(Refused, match="unavailable"):
        await lost.feed(0, 0)


async def test_what_is_parked_is_listed_and_decided_on_by_the_console_alone(desk: Desk) -> None:
    operator = desk.as_service("console", "operate")
    assert (await desk.client.get("/parked", headers=operator)).json() == {"reactors": [], "projections": []}
    live = desk.run.projectors["totals"].live
    await opened(desk)
    (fact,) = await desk.run.store.read("toy.counter-a")
    async with desk.run.projectors["totals"].paused():
        await live._db.write(lambda tx: live.projection.fold_carefully(tx, [replace(fact, event=None)]))
    (row,) = (await desk.client.get("/parked", headers=operator)).json()["projections"]
    assert (row["projection"], row["stream"], row["error"]) == ("totals", "toy.counter-a", "LookupError")
    body = {"action": "retry", "reactor": "nobody", "source": "toy", "stream": "toy.counter-a"}
    assert (await desk.client.post("/parked", json=body, headers=operator)).status_code == 404
    assert (await desk.client.post("/parked", json=body | {"action": "x"}, headers=operator)).status_code == 422
