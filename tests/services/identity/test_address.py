"""Having another address: proven by a link, announced to the old one, and nobody learns whose it is."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from kernel.clock import FrozenClock
from services.identity.adapters.addresses import lookup_of
from services.identity.aggregate.reservation import reservation, reserve
from services.identity.commands import ReserveEmail
from tests.support.people import PASSWORD, People, people_at

NEW = "ada.nouvelle@example.org"
FACT = "EmailChangeRequested"


def visible(answer: httpx.Response) -> tuple[int, bytes, list[str]]:
    return answer.status_code, answer.content, sorted(answer.headers)


async def ask(people: People, headers: dict[str, str], email: str = NEW, password: str = PASSWORD) -> httpx.Response:
    return await people.post("/api/me/email", {"email": email, "password": password}, headers)


async def confirm(people: People, headers: dict[str, str], token: str) -> httpx.Response:
    return await people.post("/api/me/email/confirmation", {"token": token}, headers)


async def freed(people: People, email: str) -> None:
    """Wait until an address belongs to nobody: somebody else signs up and activates."""
    async with asyncio.timeout(5):
        while True:
            await people.sign_up(email)
            if (await people.activate((await people.mailed())[-1])).status_code == 200:
                return
            await asyncio.sleep(0.02)


async def told(people: People, fact: str) -> list[dict[str, Any]]:
    return [f["data"] for f in await people.feed() if f".{fact}." in f["type"]]


async def test_the_address_changes_once_the_new_one_is_proven(people: People) -> None:
    id = await people.joins()
    headers = await people.enters()
    asked = await ask(people, headers, " Ada.Nouvelle@EXAMPLE.org ")
    assert (asked.status_code, asked.json()) == (202, {"status": "confirmation-sent"})
    (request,) = await told(people, FACT)
    assert (request["email"], request["present"]) == ("Ada.Nouvelle@example.org", "ada@example.org")
    assert (await people.get("/api/me", headers)).json()["email"] == "ada@example.org"
    assert (await people.sign_in(NEW)).status_code == 401
    assert (await confirm(people, headers, request["token"])).status_code == 204
    assert (await people.get("/api/me", headers)).json()["email"] == "Ada.Nouvelle@example.org"
    signed = await people.sign_in(NEW)
    assert (signed.status_code, signed.json()["account"]["id"]) == (201, id)
    assert (await people.sign_in("ada@example.org")).status_code == 401
    (changed,) = await told(people, "EmailChanged")
    assert (changed["email"], changed["previous"]) == ("Ada.Nouvelle@example.org", "ada@example.org")
    known = await people.verified(signed.json()["token"])
    assert known is not None
    assert known["email"] == "Ada.Nouvelle@example.org"


async def test_the_old_address_is_free_for_somebody_else(people: People) -> None:
    await people.joins()
    headers = await people.enters()
    await ask(people, headers)
    await confirm(people, headers, (await people.links(FACT))[-1])
    await freed(people, "ada@example.org")
    assert (await people.sign_in(NEW)).json()["account"]["id"] != (await people.sign_in()).json()["account"]["id"]


async def test_an_address_that_is_somebody_elses_is_answered_like_any_other(people: People) -> None:
    bob = await people.joins("bob@example.org")
    await people.joins()
    headers = await people.enters()
    before = (await people.get("/api/me", headers)).headers["etag"]
    taken = await ask(people, headers, "BOB@example.org")
    after_taken = (await people.get("/api/me", headers)).headers["etag"]
    free = await ask(people, headers, "free@example.org")
    assert visible(taken) == visible(free)
    versions = [
        int(tag.strip('"')) for tag in (before, after_taken, (await people.get("/api/me", headers)).headers["etag"])
    ]
    assert versions == [4, 5, 6]
    assert [fact["account"] for fact in await told(people, "AddressClaimed")] == [bob]
    exported = (await people.get("/api/me/export", headers)).json()["history"][-2:]
    assert [set(entry["data"]) for entry in exported] == [set(exported[0]["data"])] * 2
    assert [entry["data"]["token"] for entry in exported] == ["secret", "secret"]
    links = await people.links(FACT)
    assert links[0] == ""
    assert len(links[1]) == 43


async def test_an_address_proven_by_somebody_else_meanwhile_is_lost(people: People) -> None:
    await people.joins()
    headers = await people.enters()
    await ask(people, headers)
    token = (await people.links(FACT))[-1]
    await people.joins(NEW)
    late = await confirm(people, headers, token)
    assert (late.status_code, late.json()["slug"]) == (422, "bad-token")
    assert (await people.get("/api/me", headers)).json()["email"] == "ada@example.org"


async def test_two_who_want_one_address_get_it_once(people: People) -> None:
    tokens, sessions = [], []
    for email in ("ada@example.org", "bob@example.org"):
        await people.joins(email)
        sessions.append(await people.enters(email))
        await ask(people, sessions[-1])
        tokens.append((await people.links(FACT))[-1])
    answers = await asyncio.gather(*(confirm(people, s, t) for s, t in zip(sessions, tokens, strict=True)))
    assert sorted(answer.status_code for answer in answers) == [204, 422]


async def test_a_link_is_good_for_its_account_once_and_the_last_one_only(people: People) -> None:
    await people.joins()
    headers = await people.enters()
    await ask(people, headers, "first@example.org")
    await ask(people, headers, "second@example.org")
    first, second = await people.links(FACT)
    await people.joins("bob@example.org")
    bob = await people.enters("bob@example.org")
    refused = [await confirm(people, bob, second), await confirm(people, headers, first)]
    assert (await confirm(people, headers, second)).status_code == 204
    refused += [await confirm(people, headers, token) for token in (second, "x" * 43, "")]
    assert {answer.json()["slug"] for answer in refused} == {"bad-token"}
    assert len({answer.content for answer in refused}) == 1


async def test_a_mail_scanner_has_no_session_and_confirms_nothing(people: People) -> None:
    await people.joins()
    headers = await people.enters()
    await ask(people, headers)
    (token,) = await people.links(FACT)
    for stranger in (people.desk.as_anonymous(), people.desk.as_tracking("0" * 16)):
        assert (await confirm(people, stranger, token)).status_code == 401
    assert (await confirm(people, headers, token)).status_code == 204


async def test_the_password_is_asked_again(people: People) -> None:
    await people.joins()
    headers = await people.enters()
    wrong = await ask(people, headers, password="faux")
    assert (wrong.status_code, wrong.json()["slug"]) == (422, "wrong-password")
    assert wrong.json()["errors"][0]["pointer"] == "/password"
    assert await told(people, FACT) == []


@pytest.mark.parametrize("email", ["", "ada", "ADA@example.org", "a@b@c", "x" * 300 + "@example.org"])
async def test_what_is_no_new_address_is_refused(people: People, email: str) -> None:
    await people.joins()
    answer = await ask(people, await people.enters(), email)
    assert (answer.status_code, answer.json()["slug"]) == (422, "invalid-request")
    assert answer.json()["errors"][0]["pointer"] == "/email"


async def test_a_link_lives_a_day_and_survives_a_restart(tmp_path: Path, clock: FrozenClock) -> None:
    async with people_at(tmp_path, clock=clock) as people:
        await people.joins()
        headers = await people.enters()
        await ask(people, headers)
    async with people_at(tmp_path, clock=clock) as people:
        clock.advance(hours=24)
        (token,) = await people.links(FACT)
        assert (await confirm(people, await people.enters(), token)).json()["slug"] == "bad-token"


async def test_repeats_answer_the_same(people: People) -> None:
    await people.joins()
    headers = await people.enters()
    keyed = headers | {"Idempotency-Key": "k"}
    first, again = await ask(people, keyed), await ask(people, keyed)
    assert (again.status_code, again.content, again.headers["idempotency-replayed"]) == (202, first.content, "true")
    (token,) = await people.links(FACT)
    answers = [await confirm(people, headers | {"Idempotency-Key": "c"}, token) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [204, 204]
    assert len(await told(people, "EmailChanged")) == 1


async def test_a_link_to_reset_the_password_dies_with_the_old_address(people: People) -> None:
    await people.joins()
    headers = await people.enters()
    await people.post("/api/password-resets", {"email": "ada@example.org"})
    (reset,) = await people.links("PasswordResetRequested")
    await ask(people, headers)
    await confirm(people, headers, (await people.links(FACT))[-1])
    body = {"token": reset, "password": "un tout autre mot de passe"}
    assert (await people.post("/api/password-resets/confirmation", body)).json()["slug"] == "bad-token"


async def test_a_confirmation_cut_short_after_the_reservation_can_be_done_again(people: People) -> None:
    id = await people.joins()
    headers = await people.enters()
    run = people.desk.run
    mine = ReserveEmail(account=id)
    await run.handle(reservation, lookup_of(run, NEW), reserve, mine, run.own_initiative("cut short"))
    await ask(people, headers)
    assert await told(people, "AddressClaimed") == []
    assert (await confirm(people, headers, (await people.links(FACT))[-1])).status_code == 204
    assert (await people.sign_in(NEW)).status_code == 201


async def test_one_account_cannot_write_to_everybody(tmp_path: Path) -> None:
    async with people_at(tmp_path, demo=True) as people:
        await people.joins()
        headers = await people.enters()
        answers = [await ask(people, headers, f"p{number}@example.org") for number in range(11)]
        assert [answer.status_code for answer in answers] == [202] * 10 + [429]
