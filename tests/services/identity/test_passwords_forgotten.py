"""« Mot de passe oublié », and choosing another password: links, sessions, and what a stranger can learn (nothing)."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from kernel.clock import FrozenClock
from tests.support.people import PASSWORD, People, people_at

NEW = "un tout autre mot de passe pour Ada"
RESETS = "/api/password-resets"


def visible(answer: httpx.Response) -> tuple[int, bytes, list[tuple[str, str]]]:
    """All that a caller sees, but for the id of the request."""
    return answer.status_code, answer.content, [h for h in answer.headers.multi_items() if h[0] != "x-request-id"]


async def ask(people: People, email: str = "ada@example.org", **headers: str) -> httpx.Response:
    return await people.post(RESETS, {"email": email}, people.desk.as_anonymous() | headers)


async def follow(people: People, token: str, password: str = NEW, **headers: str) -> httpx.Response:
    body = {"token": token, "password": password}
    return await people.post(f"{RESETS}/confirmation", body, people.desk.as_anonymous() | headers)


async def link(people: People) -> str:
    """Ask, and read the mail."""
    assert (await ask(people)).status_code == 202
    return (await people.links("PasswordResetRequested"))[-1]


async def changed(people: People) -> list[str]:
    """How passwords changed, in order."""
    return [fact["data"]["how"] for fact in await people.feed() if ".PasswordChanged." in fact["type"]]


async def test_the_link_of_the_mail_lets_one_choose_another_password(people: People) -> None:
    await people.joins()
    sessions = [(await people.sign_in()).json()["token"] for _ in range(2)]
    answer = await follow(people, await link(people))
    assert (answer.status_code, answer.content) == (204, b"")
    assert [await people.verified(token) for token in sessions] == [None, None]
    assert (await people.sign_in()).json()["slug"] == "bad-credentials"
    assert (await people.sign_in(password=NEW)).status_code == 201
    assert await changed(people) == ["chosen", "reset"]


async def test_the_answer_never_tells_whether_there_is_an_account(people: People) -> None:
    await people.joins("ada@example.org")
    await people.sign_up("waiting@example.org")
    gone = await people.joins("gone@example.org")
    headers = await people.enters("gone@example.org")
    await people.desk.client.request("DELETE", "/api/me", json={"password": PASSWORD}, headers=headers)
    assert gone
    addresses = ("Ada@Example.org", "nobody@example.org", "waiting@example.org", "gone@example.org", "no address", "")
    answers = [await ask(people, email) for email in addresses]
    assert {visible(answer)[:2] for answer in answers} == {(202, b'{"status":"reset-sent"}')}
    assert len({str(visible(answer)) for answer in answers}) == 1
    assert len(await people.links("PasswordResetRequested")) == 1
    for version in ("0", "4", "5"):
        tried = [await ask(people, email, **{"If-Match": f'"{version}"'}) for email in addresses[:2]]
        assert visible(tried[0]) == visible(tried[1])


async def test_every_answer_takes_the_time_it_is_given(tmp_path: Path) -> None:
    async with people_at(tmp_path, quiet_answer_seconds=0.15) as people:
        await people.joins("ada@example.org")
        for email in ("ada@example.org", "nobody@example.org", "no address"):
            assert (await ask(people, email)).elapsed.total_seconds() >= 0.15


async def test_mail_scanners_change_nothing(people: People) -> None:
    await people.joins()
    token = await link(people)
    for method in ("GET", "HEAD") * 3:
        answer = await people.desk.client.request(method, f"{RESETS}/confirmation", headers=people.desk.as_anonymous())
        assert answer.status_code in (404, 405)
    for body in ({}, {"token": token}, {"token": token, "password": ""}):
        assert (await people.post(f"{RESETS}/confirmation", body)).status_code == 422
    assert (await follow(people, token)).status_code == 204


async def test_a_link_works_once_and_another_one_not_after_it(people: People) -> None:
    await people.joins()
    first, second = await link(people), await link(people)
    assert (await follow(people, first)).status_code == 204
    answers = [await follow(people, token) for token in (first, second, "x" * 43, "")]
    assert {answer.json()["slug"] for answer in answers} == {"bad-token"}
    assert len({answer.content for answer in answers}) == 1


async def test_of_two_who_follow_a_link_at_once_one_wins(people: People) -> None:
    await people.joins()
    token = await link(people)
    answers = await asyncio.gather(*(follow(people, token, f"{NEW} {number}") for number in range(4)))
    assert sorted(answer.status_code for answer in answers) == [204, 422, 422, 422]
    (winner,) = [number for number, answer in enumerate(answers) if answer.status_code == 204]
    assert (await people.sign_in(password=f"{NEW} {winner}")).status_code == 201


async def test_a_link_lives_thirty_minutes(tmp_path: Path, clock: FrozenClock) -> None:
    async with people_at(tmp_path, clock=clock) as people:
        await people.joins()
        token = await link(people)
        clock.advance(minutes=30)
        assert (await follow(people, token)).json()["slug"] == "bad-token"


async def test_a_link_survives_a_restart_and_an_activation_link_is_none(tmp_path: Path) -> None:
    async with people_at(tmp_path) as people:
        await people.joins()
        token = await link(people)
        await people.sign_up("bob@example.org")
    async with people_at(tmp_path) as people:
        assert (await follow(people, (await people.mailed())[-1])).json()["slug"] == "bad-token"
        assert (await people.activate(token, NEW)).json()["slug"] == "bad-token"
        assert (await follow(people, token)).status_code == 204


@pytest.mark.parametrize("password", ["court", "motdepasse2026!", "adamartin2026", "x" * 200])
async def test_a_weak_password_is_refused_and_leaves_the_link_usable(people: People, password: str) -> None:
    await people.joins()
    token = await link(people)
    weak = await follow(people, token, password)
    assert (weak.status_code, weak.json()["slug"]) == (422, "weak-password")
    assert weak.json()["errors"][0]["pointer"] == "/password"
    assert (await follow(people, token)).status_code == 204


async def test_repeats_answer_the_same_and_mail_once(people: People) -> None:
    await people.joins()
    for email in ("ada@example.org", "nobody@example.org"):
        answers = [await ask(people, email, **{"Idempotency-Key": "once"}) for _ in range(2)]
        assert [answer.headers.get("idempotency-replayed") for answer in answers] == [None, "true"]
    (token,) = await people.links("PasswordResetRequested")
    first, again = [await follow(people, token, **{"Idempotency-Key": "k"}) for _ in range(2)]
    assert (again.status_code, again.headers["idempotency-replayed"]) == (204, "true")
    assert first.headers["etag"] == again.headers["etag"]
    assert await changed(people) == ["chosen", "reset"]


async def test_nobody_fills_a_mailbox_with_links(tmp_path: Path, clock: FrozenClock) -> None:
    async with people_at(tmp_path, clock=clock) as people:
        await people.joins()
        assert [(await ask(people)).status_code for _ in range(5)] == [202] * 5
        assert len(await people.links("PasswordResetRequested")) == 3
        clock.advance(minutes=61)
        await ask(people)
        assert len(await people.links("PasswordResetRequested")) == 4


async def test_the_demonstration_mails_whatever_is_asked_for_ten_times_a_minute(tmp_path: Path) -> None:
    async with people_at(tmp_path, demo=True) as people:
        await people.joins()
        assert [(await ask(people)).status_code for _ in range(11)] == [202] * 10 + [429]
        assert len(await people.links("PasswordResetRequested")) == 10


async def test_a_disabled_agent_gets_no_link(people: People) -> None:
    id = await people.joins()
    console = people.desk.as_service("console", "operate")
    token = await link(people)
    agent = {"email": "ada@example.org", "first_name": "Ada", "last_name": "Martin", "role": "auditeur"}
    assert (await people.post("/internal/agents", agent, console)).status_code == 200
    await people.post(f"/internal/agents/{id}/disable", None, console)
    assert (await follow(people, token)).json()["slug"] == "bad-token"
    await ask(people)
    assert len(await people.links("PasswordResetRequested")) == 1


async def test_a_reset_ends_the_wait_of_somebody_who_guessed_too_often(people: People) -> None:
    await people.joins()
    assert [(await people.sign_in(password="faux")).status_code for _ in range(6)] == [401] * 5 + [429]
    assert (await follow(people, await link(people))).status_code == 204
    assert (await people.sign_in(password=NEW)).status_code == 201


async def change(people: People, headers: dict[str, str], current: str = PASSWORD, new: str = NEW) -> httpx.Response:
    return await people.post("/api/me/password", {"current": current, "password": new}, headers)


async def test_the_owner_changes_his_password_and_keeps_this_session_only(people: People) -> None:
    await people.joins()
    mine, other = [(await people.sign_in()).json()["token"] for _ in range(2)]
    answer = await change(people, await people.holding(mine))
    assert (answer.status_code, answer.headers["etag"]) == (204, '"5"')
    assert await people.verified(mine) is not None
    assert await people.verified(other) is None
    assert (await people.sign_in()).status_code == 401
    assert (await people.sign_in(password=NEW)).status_code == 201
    assert await changed(people) == ["chosen", "changed"]


async def test_the_present_password_must_be_right_and_the_new_one_good(people: People) -> None:
    await people.joins()
    headers = await people.enters()
    wrong = await change(people, headers, current="faux")
    assert (wrong.status_code, wrong.json()["slug"]) == (422, "wrong-password")
    assert wrong.json()["errors"][0]["pointer"] == "/current"
    weak = await change(people, headers, new="court")
    assert (weak.json()["slug"], weak.json()["errors"][0]["pointer"]) == ("weak-password", "/password")
    assert (await people.sign_in()).status_code == 201


async def test_a_repeated_change_is_one_change(people: People) -> None:
    await people.joins()
    headers = await people.enters() | {"Idempotency-Key": "k"}
    first, again = await change(people, headers), await change(people, headers)
    assert (first.status_code, again.status_code) == (204, 204)
    assert again.headers["idempotency-replayed"] == "true"
    assert await changed(people) == ["chosen", "changed"]


async def test_a_changed_password_kills_the_links_that_were_mailed(people: People) -> None:
    await people.joins()
    token = await link(people)
    assert (await change(people, await people.enters())).status_code == 204
    assert (await follow(people, token)).json()["slug"] == "bad-token"


async def test_nobody_without_an_account_has_a_password(people: People) -> None:
    strangers: list[dict[str, Any]] = [
        people.desk.as_anonymous(),
        people.desk.as_tracking("0" * 16),
        people.desk.as_account("0" * 16),
    ]
    for headers in strangers:
        assert (await change(people, headers)).status_code == 401
