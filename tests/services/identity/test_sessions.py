"""Sessions: opened by a password, verified by the gateway, dead as soon as they are closed."""

from __future__ import annotations

from pathlib import Path

from kernel.clock import FrozenClock, parse_rfc3339
from tests.support.people import PASSWORD, People, people_at


async def test_a_session_tells_who_signed_in(people: People) -> None:
    id = await people.joins()
    answer = await people.sign_in("ADA@example.org")
    assert answer.status_code == 201
    body = answer.json()
    assert len(body["token"]) == 43
    assert body["account"] == {
        "id": id,
        "email": "ada@example.org",
        "first_name": "Ada",
        "last_name": "Martin",
        "roles": ["demandeur"],
    }
    known = await people.verified(body["token"])
    assert known is not None
    assert known | {"sid": ""} == {
        "kind": "account",
        "sid": "",
        "account": id,
        "email": "ada@example.org",
        "first_name": "Ada",
        "last_name": "Martin",
        "roles": ["demandeur"],
        "services": [],
        "capacity": None,
        "demande": None,
        "expires_at": body["expires_at"],
    }


async def test_every_failure_answers_alike(people: People) -> None:
    await people.joins("ada@example.org")
    await people.sign_up("waiting@example.org")
    failures = [
        await people.sign_in("ada@example.org", "un autre mot de passe"),
        await people.sign_in("ada@example.org", ""),
        await people.sign_in("ada@example.org", PASSWORD + " "),
        await people.sign_in("ada@example.org", "x" * 1000),
        await people.sign_in("nobody@example.org"),
        await people.sign_in("waiting@example.org"),
        await people.sign_in("pas une adresse"),
        await people.sign_in(""),
        await people.sign_in("a\x00b@example.org", "\x00"),
    ]
    assert {answer.status_code for answer in failures} == {401}
    assert {answer.json()["slug"] for answer in failures} == {"bad-credentials"}
    assert len({answer.content for answer in failures}) == 1
    assert len({str(sorted(set(answer.headers) - {"x-request-id"})) for answer in failures}) == 1


async def test_failures_take_the_time_they_are_given(tmp_path: Path) -> None:
    async with people_at(tmp_path, quiet_answer_seconds=0.15) as people:
        await people.joins()
        for email in ("ada@example.org", "nobody@example.org", "pas une adresse"):
            answer = await people.sign_in(email, "un autre mot de passe")
            assert answer.elapsed.total_seconds() >= 0.15


async def test_only_the_gateway_asks_whose_token_it_is(people: People) -> None:
    await people.joins()
    body = {"token": (await people.sign_in()).json()["token"]}
    for headers in (
        people.desk.as_anonymous(),
        people.desk.as_account("a", "administrateur"),
        people.desk.as_service("dossiers", "read"),
        people.desk.as_service("gateway", "feed"),
    ):
        assert (await people.post("/internal/sessions/verify", body, headers)).status_code == 404
    assert (await people.desk.client.post("/internal/sessions/verify", json=body)).status_code == 401


async def test_a_token_nobody_was_given_opens_nothing(people: People) -> None:
    for token in ("", "x", "x" * 43, "x" * 512, "é", "a\x00b", "' OR 1=1 --"):
        assert await people.verified(token) is None


async def test_signing_out_kills_the_token(people: People) -> None:
    await people.joins()
    token = (await people.sign_in()).json()["token"]
    headers = await people.holding(token)
    assert (await people.desk.client.delete("/api/sessions/current", headers=headers)).status_code == 204
    assert await people.verified(token) is None


async def test_the_other_sessions_are_listed_and_closed(people: People) -> None:
    await people.joins()
    mine, other = [(await people.sign_in()).json()["token"] for _ in range(2)]
    headers = await people.holding(mine)
    listed = (await people.get("/api/sessions", headers)).json()
    assert listed["next"] is None
    assert sorted(item["current"] for item in listed["items"]) == [False, True]
    assert all(set(item) >= {"id", "created_at", "last_seen_at"} for item in listed["items"])
    (id,) = [item["id"] for item in listed["items"] if not item["current"]]
    assert (await people.desk.client.delete(f"/api/sessions/{id}", headers=headers)).status_code == 204
    assert await people.verified(other) is None
    assert await people.verified(mine) is not None
    assert (await people.desk.client.delete(f"/api/sessions/{id}", headers=headers)).status_code == 404


async def test_somebody_elses_session_is_not_there(people: People) -> None:
    await people.joins("ada@example.org")
    await people.joins("bob@example.org")
    token = (await people.sign_in("ada@example.org")).json()["token"]
    known = await people.verified(token)
    assert known is not None
    bob = await people.holding((await people.sign_in("bob@example.org")).json()["token"])
    answers = [
        await people.desk.client.delete(f"/api/sessions/{id}", headers=bob)
        for id in (known["sid"], "0" * 16, "nimporte quoi", "%00")
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert await people.verified(token) is not None


async def test_without_an_account_there_are_no_sessions_to_see(people: People) -> None:
    for headers in (people.desk.as_anonymous(), people.desk.as_tracking("0" * 16)):
        assert (await people.get("/api/sessions", headers)).status_code == 401
        assert (await people.desk.client.delete("/api/sessions/x", headers=headers)).status_code == 401


async def test_a_session_lasts_eight_hours_of_use_and_thirty_minutes_without(
    tmp_path: Path, clock: FrozenClock
) -> None:
    async with people_at(tmp_path, clock=clock) as people:
        await people.joins()
        busy, idle = [(await people.sign_in()).json()["token"] for _ in range(2)]
        clock.advance(minutes=29)
        assert await people.verified(busy) is not None
        clock.advance(minutes=2)
        assert await people.verified(idle) is None
        for _ in range(22):
            assert await people.verified(busy) is not None
            clock.advance(minutes=20)
        clock.advance(minutes=9)
        assert await people.verified(busy) is None


async def test_a_use_is_noted_once_a_minute(tmp_path: Path, clock: FrozenClock) -> None:
    async with people_at(tmp_path, clock=clock) as people:
        await people.joins()
        token = (await people.sign_in()).json()["token"]
        headers, signed_in = await people.holding(token), clock.at
        clock.advance(seconds=59)
        await people.verified(token)
        (item,) = (await people.get("/api/sessions", headers)).json()["items"]
        assert parse_rfc3339(item["last_seen_at"]) == signed_in
        clock.advance(seconds=1)
        await people.verified(token)
        (item,) = (await people.get("/api/sessions", headers)).json()["items"]
        assert parse_rfc3339(item["last_seen_at"]) == clock.at


async def test_a_sixth_session_closes_the_one_used_longest_ago(tmp_path: Path, clock: FrozenClock) -> None:
    async with people_at(tmp_path, clock=clock) as people:
        await people.joins()
        tokens = []
        for _ in range(5):
            tokens.append((await people.sign_in()).json()["token"])
            clock.advance(seconds=61)
        assert await people.verified(tokens[0]) is not None
        tokens.append((await people.sign_in()).json()["token"])
        alive = [await people.verified(token) is not None for token in tokens]
        assert alive == [True, False, True, True, True, True]


async def test_sessions_survive_a_restart(tmp_path: Path) -> None:
    async with people_at(tmp_path) as people:
        await people.joins()
        kept, closed = [(await people.sign_in()).json()["token"] for _ in range(2)]
        await people.desk.client.delete("/api/sessions/current", headers=await people.holding(closed))
    async with people_at(tmp_path) as people:
        assert await people.verified(kept) is not None
        assert await people.verified(closed) is None
