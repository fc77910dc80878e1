"""Activation: the link of the mail and the password together, and nothing less."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from kernel.clock import FrozenClock
from services.identity.aggregate.account import account
from services.identity.housekeeping import drop_expired, forget_unactivated
from tests.support.people import PASSWORD, People, people_at

RESEND = "/api/accounts/activation/resend"


async def test_the_link_and_the_password_activate_an_account(people: People) -> None:
    await people.sign_up()
    assert (await people.sign_in()).status_code == 401
    answer = await people.activate((await people.mailed())[0])
    assert answer.status_code == 200
    assert answer.json() == {"account_id": (await people.feed())[0]["data"]["account"]}
    assert (await people.sign_in()).status_code == 201


async def test_a_wrong_password_leaves_the_link_as_it_was(people: People) -> None:
    await people.sign_up()
    (token,) = await people.mailed()
    wrong = await people.activate(token, "un autre mot de passe")
    assert (wrong.status_code, wrong.json()["slug"]) == (422, "wrong-password")
    assert wrong.json()["errors"][0]["pointer"] == "/password"
    assert (await people.activate(token)).status_code == 200


async def test_mail_scanners_consume_nothing(people: People) -> None:
    await people.sign_up()
    (token,) = await people.mailed()
    anybody = people.desk.as_anonymous()
    for method in ("GET", "HEAD", "OPTIONS") * 4:
        answer = await people.desk.client.request(method, "/api/accounts/activation", headers=anybody)
        assert answer.status_code in (404, 405)
    for body in ({}, {"token": token}, {"token": token, "password": ""}):
        assert (await people.post("/api/accounts/activation", body)).status_code == 422
    assert (await people.activate(token)).status_code == 200


async def test_a_link_is_tried_ten_times_at_most(tmp_path: Path, clock: FrozenClock) -> None:
    async with people_at(tmp_path, clock=clock) as people:
        await people.sign_up()
        (token,) = await people.mailed()
        for _ in range(10):
            clock.advance(seconds=10)
            assert (await people.activate(token, "un autre mot de passe")).json()["slug"] == "wrong-password"
        assert (await people.activate(token)).json()["slug"] == "bad-token"
        await people.post(RESEND, {"email": "ada@example.org"})
        assert (await people.activate((await people.mailed())[-1])).status_code == 200


async def test_a_link_works_once(people: People) -> None:
    await people.joins()
    again = await people.activate((await people.mailed())[0])
    assert (again.status_code, again.json()["slug"]) == (422, "bad-token")
    unknown = await people.activate("x" * 43)
    assert again.content == unknown.content


async def test_two_clicks_at_once_activate_once(people: People) -> None:
    await people.sign_up()
    (token,) = await people.mailed()
    answers = await asyncio.gather(*(people.activate(token) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 422, 422, 422, 422]


async def test_a_repeated_activation_answers_the_same(people: People) -> None:
    await people.sign_up()
    (token,) = await people.mailed()
    first, again = await people.activate(token, key="once"), await people.activate(token, key="once")
    assert (again.status_code, again.json()) == (200, first.json())
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["etag"] == first.headers["etag"]


async def test_a_link_lives_a_day(tmp_path: Path, clock: FrozenClock) -> None:
    async with people_at(tmp_path, clock=clock) as people:
        await people.sign_up()
        clock.advance(hours=24)
        assert (await people.activate((await people.mailed())[0])).json()["slug"] == "bad-token"


async def test_another_link_can_be_asked_for_and_the_answer_is_always_the_same(people: People) -> None:
    await people.sign_up()
    waiting = await people.post(RESEND, {"email": "ADA@example.org"})
    strangers = [await people.post(RESEND, {"email": email}) for email in ("bob@example.org", "pas une adresse")]
    assert {(answer.status_code, answer.text) for answer in (waiting, *strangers)} == {
        (202, '{"status":"activation-sent"}')
    }
    first, second = await people.mailed()
    assert first != second
    assert (await people.activate(second)).status_code == 200
    await people.post(RESEND, {"email": "ada@example.org"})
    assert len(await people.mailed()) == 2


async def test_asking_twice_with_one_key_mails_once_and_tells_nothing(people: People) -> None:
    await people.sign_up()
    headers = people.desk.as_anonymous() | {"Idempotency-Key": "once"}
    for email in ("ada@example.org", "bob@example.org"):
        answers = [await people.post(RESEND, {"email": email}, headers) for _ in range(2)]
        assert [answer.headers.get("idempotency-replayed") for answer in answers] == [None, "true"]
    assert len(await people.mailed()) == 2


async def test_every_account_that_waits_under_an_address_gets_its_own_link(people: People) -> None:
    await people.sign_up(password="le mot de passe de quelqu'un d'autre")
    await people.sign_up()
    await people.post(RESEND, {"email": "ada@example.org"})
    links = (await people.mailed())[2:]
    assert len(links) == 2
    outcomes = [(await people.activate(link)).status_code for link in links]
    assert sorted(outcomes) == [200, 422]


async def test_what_waits_survives_a_restart(tmp_path: Path) -> None:
    async with people_at(tmp_path) as people:
        await people.sign_up()
        (token,) = await people.mailed()
    async with people_at(tmp_path) as people:
        assert (await people.activate(token)).status_code == 200
    async with people_at(tmp_path) as people:
        assert (await people.sign_in()).status_code == 201


async def test_an_account_never_activated_is_forgotten_after_seven_days(tmp_path: Path, clock: FrozenClock) -> None:
    async with people_at(tmp_path, clock=clock) as people:
        kept = await people.joins("ada@example.org")
        clock.advance(minutes=5)
        await people.sign_up("bob@example.org")
        (gone,) = [f["data"]["account"] for f in await people.feed() if f["data"].get("email") == "bob@example.org"]
        clock.advance(days=6, hours=23)
        await forget_unactivated(people.desk.run)
        assert not any("Forgotten" in fact["type"] for fact in await people.feed())
        clock.advance(hours=1)
        await forget_unactivated(people.desk.run)
        async with asyncio.timeout(5):
            while people.desk.run.codec.vault.seal(f"account:{gone}", b"", b"") is not None:
                await asyncio.sleep(0.01)
        told = await people.feed()
        assert [fact["data"]["account"] for fact in told if "Forgotten" in fact["type"]] == [gone]
        assert "bob@example.org" not in str(told)
        assert "ada@example.org" in str(told)
        state, history = await people.desk.run.load(account, gone)
        assert (state.status, state.email) == ("forgotten", "")
        assert history[0].event is not None
        assert "donnée effacée" in str(history[0].event)
        await drop_expired(people.desk.run)
        clock.advance(days=30)
        await forget_unactivated(people.desk.run)
        assert (await people.get("/api/me", people.desk.as_account(kept))).status_code == 200
        assert (await people.get("/api/me", people.desk.as_account(gone))).status_code == 401
        verified = await people.post("/audit/verification", None, people.desk.as_account("x", "auditeur"))
        assert verified.json()["ok"] is True
        assert (await people.sign_up("bob@example.org")).status_code == 202


@pytest.mark.parametrize("projection", ["accounts", "sign_ups"])
async def test_read_models_are_the_same_when_rebuilt(people: People, projection: str) -> None:
    await people.joins()
    await people.sign_up("bob@example.org", password=PASSWORD)
    replay = await people.post("/audit/replays", {"projection": projection}, people.desk.as_account("x", "auditeur"))
    assert replay.json()["identical"] is True
