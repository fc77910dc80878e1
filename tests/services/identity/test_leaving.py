"""Leaving: everything personal about an account is erased at once, here and for good."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from kernel.clock import FrozenClock
from services.identity.aggregate.account import account
from services.identity.aggregate.owning import erase
from services.identity.commands import EraseAccount
from services.identity.erasure import end_farewells
from tests.support.people import PASSWORD, People, people_at

CANARY = "canari.unique@example.org"


async def leave(people: People, headers: dict[str, str], password: str = PASSWORD) -> httpx.Response:
    return await people.desk.client.request("DELETE", "/api/me", json={"password": password}, headers=headers)


async def lived(people: People) -> tuple[str, str]:
    """An account with everything an account can have; its id and its open session."""
    id = await people.joins(CANARY)
    token = (await people.sign_in(CANARY)).json()["token"]
    headers = await people.holding(token)
    changes = {"first_name": "Canarine", "phone": "02 38 25 45 45", "postal_address": "1 rue Canari"}
    assert (await people.desk.client.patch("/api/me", json=changes, headers=headers)).status_code == 200
    await people.post("/api/me/email", {"email": "canari.bis@example.org", "password": PASSWORD}, headers)
    confirmed = await people.post(
        "/api/me/email/confirmation", {"token": (await people.links("EmailChangeRequested"))[-1]}, headers
    )
    assert confirmed.status_code == 204
    await people.post("/api/me/email", {"email": "canari.ter@example.org", "password": PASSWORD}, headers)
    await people.post("/api/password-resets", {"email": "canari.bis@example.org"})
    await people.enrols(headers)
    return id, token


async def test_nothing_of_an_erased_account_can_be_read_again(people: People) -> None:
    id, token = await lived(people)
    answer = await leave(people, await people.holding(token))
    assert (answer.status_code, answer.content) == (204, b"")
    assert await people.verified(token) is None
    run = people.desk.run
    assert run.codec.vault.seal(f"account:{id}", b"", b"") is None
    state, history = await run.load(account, id)
    assert (state.status, state.email) == ("erased", "")
    auditor = people.desk.as_account("auditor", "auditeur")
    for path in ("/audit/events", f"/audit/streams/identity.account-{id}"):
        shown = (await people.get(path, auditor)).text
        assert "AccountErased" in shown
        assert "anari" not in shown
    (last,) = [fact["data"] for fact in await people.feed() if "anari" in str(fact)]
    assert last == {"account": id, "email": "canari.bis@example.org"}  # for the last mail, under a key of its own
    assert (await people.post("/audit/verification", None, auditor)).json()["ok"] is True
    assert len(history) > 10
    for table in ("token", "session", "enrolment", "code_step"):
        assert await run.state.read(f"SELECT * FROM {table} WHERE account=:id", id=id) == []


async def test_the_files_hold_no_trace_of_it(tmp_path: Path) -> None:
    async with people_at(tmp_path) as people:
        id, token = await lived(people)
        assert (await leave(people, await people.holding(token))).status_code == 204
    for path in (tmp_path / "identity").rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert b"anari" not in content, path
            assert b"02 38 25 45 45" not in content, path
    assert id


async def test_every_address_it_had_or_wanted_is_free(people: People) -> None:
    id, token = await lived(people)
    await leave(people, await people.holding(token))
    for email in (CANARY, "canari.bis@example.org", "canari.ter@example.org"):
        assert await people.joins(email) != id


async def test_whoever_signs_up_again_is_somebody_new(people: People) -> None:
    id = await people.joins()
    await leave(people, await people.enters())
    assert (await people.sign_in()).json()["slug"] == "bad-credentials"
    assert await people.joins() != id
    assert (await people.get("/api/me", await people.enters())).json()["phone"] is None


async def test_the_address_waits_for_its_last_mail_a_day_at_most(tmp_path: Path, clock: FrozenClock) -> None:
    async with people_at(tmp_path, clock=clock) as people:
        await people.joins()
        await leave(people, await people.enters())
        run = people.desk.run
        assert await people_told(people) == ["ada@example.org"]
        clock.advance(hours=23)
        await end_farewells(run, clock())
        assert await people_told(people) == ["ada@example.org"]
        clock.advance(hours=1)
        await end_farewells(run, clock())
        assert await people_told(people) == ["donnée effacée"]
        assert await run.state.read("SELECT * FROM farewell") == []
        auditor = people.desk.as_account("auditor", "auditeur")
        assert (await people.post("/audit/verification", None, auditor)).json()["ok"] is True


async def people_told(people: People) -> list[str]:
    """The addresses that notifier, and nobody else, may still read."""
    other = await people.desk.client.get("/feed", headers=people.desk.as_service("dossiers", "feed"))
    assert "ada@example.org" not in other.text
    return [fact["data"]["email"] for fact in await people.feed() if ".AccountErased." in fact["type"]]


async def test_an_erasure_cut_short_is_finished_after_a_restart(tmp_path: Path) -> None:
    async with people_at(tmp_path) as people:
        id = await people.joins()
        run = people.desk.run
        await run.handle(account, id, erase, EraseAccount(), run.own_initiative("test"))
    async with people_at(tmp_path) as people:
        async with asyncio.timeout(5):
            while people.desk.run.codec.vault.seal(f"account:{id}", b"", b"") is not None:
                await asyncio.sleep(0.01)
        assert await people.joins() != id


async def test_the_password_is_asked_again_and_tracking_is_no_account(people: People) -> None:
    await people.joins()
    headers = await people.enters()
    wrong = await leave(people, headers, "faux")
    assert (wrong.status_code, wrong.json()["slug"]) == (422, "wrong-password")
    assert (await people.get("/api/me", headers)).status_code == 200
    for stranger in (people.desk.as_anonymous(), people.desk.as_tracking("0" * 16), people.desk.as_account("0" * 16)):
        assert (await leave(people, stranger)).status_code == 401


async def test_an_agent_is_disabled_and_not_erased(people: People) -> None:
    id = await people.joins()
    agent = {"email": "ada@example.org", "first_name": "Ada", "last_name": "Martin", "role": "auditeur"}
    await people.post("/internal/agents", agent, people.desk.as_service("console", "operate"))
    answer = await leave(people, await people.enters())
    assert (answer.status_code, answer.json()["slug"]) == (409, "agent-account")
    assert (await people.get("/api/me", people.desk.as_account(id))).status_code == 200


@pytest.mark.parametrize("projection", ["accounts", "sign_ups"])
async def test_read_models_are_the_same_when_rebuilt(people: People, projection: str) -> None:
    _, token = await lived(people)
    await people.joins("bob@example.org")
    await leave(people, await people.holding(token))
    replay = await people.post("/audit/replays", {"projection": projection}, people.desk.as_account("x", "auditeur"))
    assert replay.json()["identical"] is True
