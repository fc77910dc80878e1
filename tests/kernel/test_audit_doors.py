"""The auditor's doors: who may enter, what is shown, time travel, proofs, and the trace of every consultation."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from kernel.clock import FrozenClock, rfc3339
from kernel.stores.sqlite import SqliteStore
from tests.support.service import Desk, serving
from tests.support.toy import SERVICE

START = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
DOORS = (
    ("GET", "/audit/events"),
    ("GET", "/audit/timeline?route=x"),
    ("GET", "/audit/streams/toy.counter-x"),
    ("POST", "/audit/verification"),
    ("GET", "/audit/verification/x"),
    ("GET", "/audit/projections"),
    ("POST", "/audit/replays"),
    ("GET", "/audit/replays/x"),
)


class House:
    """A service with two counters and six commands, a minute apart."""

    def __init__(self, desk: Desk, clock: FrozenClock) -> None:
        self.desk, self.clock = desk, clock
        self.auditor = desk.as_account("aud", "auditeur")
        self.ids: list[str] = []

    async def live(self) -> None:
        who = self.desk.as_account("a1")
        for _ in range(2):
            self.ids.append((await self.desk.client.post("/api/counters", headers=who)).json()["id"])
            self.clock.advance(minutes=1)
        for number, id in enumerate(self.ids):
            path = f"/api/counters/{id}"
            request = who | {"X-Request-Id": f"request-{number}"}
            await self.desk.client.post(f"{path}/additions", json={"amount": 5 + number}, headers=request)
            self.clock.advance(minutes=1)
            await self.desk.client.put(f"{path}/label", json={"label": f"Zoé {number}"}, headers=who)
            self.clock.advance(minutes=1)

    async def get(self, path: str, **params: Any) -> httpx.Response:
        return await self.desk.client.get(f"/audit{path}", params=params or None, headers=self.auditor)

    async def post(self, path: str, body: Any = None) -> httpx.Response:
        return await self.desk.client.post(f"/audit{path}", json=body, headers=self.auditor)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    clock = FrozenClock(START)
    async with serving(SERVICE, tmp_path, clock=clock) as desk:
        house = House(desk, clock)
        await house.live()
        yield house


async def traces(house: House) -> list[dict[str, Any]]:
    return await house.desk.run.state.read("SELECT * FROM consultation ORDER BY rowid")


@pytest.mark.parametrize(("method", "path"), DOORS)
async def test_nobody_but_an_auditor_comes_in_and_no_trace_is_left_of_others(
    house: House, method: str, path: str
) -> None:
    desk = house.desk
    body = {"projection": "totals"} if path == "/audit/replays" and method == "POST" else None
    for headers, status in (
        (desk.as_account("a1"), 403),
        (desk.as_account("a1", "instructeur", "administrateur"), 403),
        (desk.as_anonymous(), 401),
        (desk.as_tracking("d"), 401),
        (desk.as_service("files", "audit"), 401),
        ({}, 401),
    ):
        assert (await desk.client.request(method, path, json=body, headers=headers)).status_code == status
    assert await traces(house) == []
    assert (await desk.client.request(method, path, json=body, headers=house.auditor)).status_code in (200, 404)


async def test_every_consultation_leaves_a_trace(house: House) -> None:
    stream = f"toy.counter-{house.ids[0]}"
    await house.get("/events", stream=stream)
    await house.get(f"/streams/{stream}", version=1)
    await house.get("/streams/toy.counter-nowhere")
    assert [(row["actor"], row["what"]) for row in await traces(house)] == [
        ("account:aud", f"GET /audit/events?stream={stream}"),
        ("account:aud", f"GET /audit/streams/{stream}?version=1"),
        ("account:aud", "GET /audit/streams/toy.counter-nowhere?"),
    ]
    assert {row["at"] for row in await traces(house)} == {rfc3339(house.clock())}
    assert all(row["correlation"] for row in await traces(house))


async def test_facts_are_shown_as_cloudevents_with_secrets_masked(house: House) -> None:
    answer = await house.get("/events", limit=1000)
    assert answer.headers["content-type"].startswith("application/cloudevents-batch+json")
    events = answer.json()
    assert [event["type"].split(".")[3] for event in events] == [
        *("CounterOpened", "CounterOpened"),
        *("CounterAdded", "CounterNamed", "CounterNoted") * 2,
    ]
    assert {"specversion", "id", "source", "type", "subject", "time", "actor", "chain"} <= events[0].keys()
    assert (events[0]["source"], events[0]["actor"]) == ("/guichet/toy", "account:a1")
    noted = events[4]["data"]
    assert noted == {"counter": house.ids[0], "text": "nommé Zoé 0", "code": "secret"}
    assert "fingerprint" not in answer.text
    assert "s3cr3t" not in answer.text


async def test_filters_narrow_and_combine(house: House) -> None:
    async def found(**params: Any) -> list[int]:
        return [int(event["sequence"]) for event in (await house.get("/events", **params)).json()]

    assert await found() == list(range(1, 9))
    assert await found(after=5) == [6, 7, 8]
    assert await found(limit=2) == [1, 2]
    assert await found(after=2, limit=2) == [3, 4]
    assert await found(type="CounterAdded") == [3, 6]
    assert await found(type="fr.guichet.toy.CounterAdded.v1") == [3, 6]
    assert await found(type="fr.guichet.toy.CounterAdded.v2") == []
    assert await found(stream=f"toy.counter-{house.ids[1]}") == [2, 6, 7, 8]
    assert await found(stream=f"toy.counter-{house.ids[1]}", type="CounterNoted", after=2) == [8]
    assert await found(stream="dossiers.demande-1") == []
    assert await found(actor="account:a1", limit=3) == [1, 2, 3]
    assert await found(actor="account:b2") == []
    assert await found(correlation="request-1") == [6]
    third = START + timedelta(minutes=2)
    assert await found(since=rfc3339(third)) == [3, 4, 5, 6, 7, 8]
    assert await found(until=rfc3339(third)) == [1, 2, 3]
    assert await found(since="2026-11-24T08:02:00", until="2026-11-24T09:02:00+01:00") == [3]
    assert await found(since="2026-11-24T10:02:00+02:00", type="CounterNamed") == [4, 7]


@pytest.mark.parametrize(
    "params",
    [
        {"after": -1},
        {"after": "x"},
        {"limit": 0},
        {"limit": 1001},
        {"since": "yesterday"},
        {"until": "0001-01-01T00:00:00+23:00"},
        {"since": "9999-12-31T23:59:59-23:00"},
    ],
    ids=str,
)
async def test_a_malformed_filter_is_refused(house: House, params: dict[str, Any]) -> None:
    assert (await house.get("/events", **params)).status_code == 422


async def test_odd_filters_find_nothing(house: House) -> None:
    for params in ({"stream": "toy.\x00"}, {"type": "é" * 3000}, {"after": 10**30}, {"stream": "toy.counter-é"}):
        answer = await house.get("/events", **params)
        assert (answer.status_code, answer.json()) == (200, [])


async def test_the_whole_log_is_exported_as_lines(house: House) -> None:
    answer = await house.desk.client.get(
        "/audit/events?limit=2", headers=house.auditor | {"Accept": "application/x-ndjson"}
    )
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert [int(line["sequence"]) for line in lines] == list(range(1, 9))
    batch = (await house.get("/events", limit=1000)).json()
    assert lines == batch


async def test_a_timeline_tells_everything_about_one_thing(house: House) -> None:
    answer = await house.get("/timeline", route=house.ids[0])
    assert [int(event["sequence"]) for event in answer.json()] == [1, 3, 4, 5]
    assert (await house.get("/timeline", route="nobody")).json() == []
    assert (await house.get("/timeline", route="")).json() == []
    assert (await house.get("/timeline")).status_code == 422


async def test_a_stream_is_shown_as_it_was(house: House) -> None:
    path = f"/streams/toy.counter-{house.ids[0]}"
    now = (await house.get(path)).json()
    assert (now["version"], now["verified"], len(now["events"])) == (4, True, 4)
    assert now["state"] == {"id": house.ids[0], "total": 5, "label": "Zoé 0", "code": "secret"}
    for version, total, label in ((1, 0, ""), (2, 5, ""), (3, 5, "Zoé 0")):
        then = (await house.get(path, version=version)).json()
        assert (then["version"], then["state"]["total"], then["state"]["label"]) == (version, total, label)
    assert (await house.get(path, version=99)).json() == now
    times = {0: 1, 1: 1, 2: 2, 3: 4, 60: 4}
    for minutes, version in times.items():
        at = START + timedelta(minutes=minutes)
        for form in (rfc3339(at), at.replace(tzinfo=None).isoformat(), at.isoformat()):
            assert (await house.get(path, at=form)).json()["version"] == version
    for early in ("version=0", "version=-1", "at=2026-11-24T07:59:59Z", "at=0001-01-01T00:00:00Z"):
        assert (await house.get(f"{path}?{early}")).status_code == 404
    for wrong in ("version=1&at=2026-11-24T08:00:00Z", "version=x", "at=x"):
        assert (await house.get(f"{path}?{wrong}")).status_code == 422
    for other in ("dossiers.demande-1", "toy", "toy.", "toy.counter-", "toy.other-1", "%00", "toy.counter-%ff"):
        assert (await house.get(f"/streams/{other}")).status_code == 404


async def test_a_verification_proves_the_log_and_names_what_does_not_hold(house: House) -> None:
    verdict = (await house.post("/verification")).json()
    assert verdict.items() >= {"done": True, "ok": True, "events": 8, "streams": 2, "faults": []}.items()
    again = (await house.get(f"/verification/{verdict['id']}")).json()
    assert again == verdict
    store = house.desk.run.store
    assert isinstance(store, SqliteStore)
    store._db.execute("UPDATE events SET data=replace(data, '5', '6') WHERE position=3")
    broken = (await house.post("/verification")).json()
    assert (broken["ok"], len(broken["faults"])) == (False, 1)
    assert f"toy.counter-{house.ids[0]}@2" in broken["faults"][0]
    seen = (await house.get(f"/streams/toy.counter-{house.ids[0]}")).json()
    assert (seen["verified"], seen["version"]) == (False, 4)


async def test_an_illegible_fact_is_shown_for_what_it_is(house: House) -> None:
    store = house.desk.run.store
    assert isinstance(store, SqliteStore)
    store._db.execute("UPDATE events SET data='{' WHERE position=3")
    seen = (await house.get(f"/streams/toy.counter-{house.ids[0]}")).json()
    assert (seen["verified"], seen["state"], seen["events"][1]["data"]) == (False, None, None)
    assert (await house.post("/verification")).json()["ok"] is False
    assert (await house.get("/events")).status_code == 200


async def test_a_replay_rebuilds_the_same_rows_beside(house: House) -> None:
    shown = (await house.get("/projections")).json()
    assert shown == {"items": [{"name": "totals", "version": 1, "position": {"toy": 8}}]}
    replayed = (await house.post("/replays", {"projection": "totals"})).json()
    assert replayed.items() >= {"done": True, "identical": True, "events": 8, "differences": []}.items()
    assert (await house.get(f"/replays/{replayed['id']}")).json() == replayed
    live = house.desk.run.projectors["totals"].live
    await live.db.write(lambda tx: tx.run("UPDATE total SET total=99"))
    other = (await house.post("/replays", {"projection": "totals"})).json()
    assert (other["identical"], other["differences"]) == (False, ["total"])
    read = house.desk.run.settings.data / "toy" / "read"
    assert [path.name for path in read.iterdir() if path.name.endswith(".db")] == [live.projection.file()]


async def test_a_job_is_found_under_its_own_door_only(house: House) -> None:
    verification = (await house.post("/verification")).json()["id"]
    assert (await house.get(f"/replays/{verification}")).status_code == 404
    assert (await house.get("/verification/nothing")).status_code == 404
    assert (await house.post("/replays", {"projection": "nothing"})).status_code == 404
    assert (await house.post("/replays", {})).status_code == 422
    assert (await house.post("/replays")).status_code == 422


async def test_an_erased_subject_stays_erased_for_the_auditor(house: House) -> None:
    run = house.desk.run
    run.codec.vault.destroy(f"counter:{house.ids[0]}")
    run.store.forget()
    seen = (await house.get(f"/streams/toy.counter-{house.ids[0]}")).json()
    assert (seen["verified"], seen["state"]["label"]) == (True, "donnée effacée")
    assert (await house.post("/verification")).json()["ok"]
