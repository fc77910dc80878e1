"""Signing up: the form, its question, and what a stranger can learn from the answer (nothing)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from kernel.clock import FrozenClock
from tests.support.people import PASSWORD, People, people_at


def slug(answer: httpx.Response) -> str:
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return str(answer.json()["slug"])


def visible(answer: httpx.Response) -> tuple[int, bytes, list[tuple[str, str]]]:
    """All that a caller sees, but for the id of the request."""
    return answer.status_code, answer.content, [h for h in answer.headers.multi_items() if h[0] != "x-request-id"]


async def facts(people: People) -> list[str]:
    return [fact["type"].split(".")[3] for fact in await people.feed()]


async def test_a_form_filled_in_well_has_the_activation_mailed(people: People) -> None:
    answer = await people.sign_up()
    assert (answer.status_code, answer.json()) == (202, {"status": "activation-sent"})
    created, chosen, mailed = await people.feed()
    assert chosen["data"] == {"account": created["data"]["account"], "how": "chosen"}
    assert created["data"] | {"account": "", "lookup": ""} == {
        "account": "",
        "terms_version": "2026-11",
        "email": "ada@example.org",
        "first_name": "Ada",
        "last_name": "Martin",
        "lookup": "",
    }
    assert mailed["data"]["account"] == created["data"]["account"]
    assert mailed["data"]["invited"] is False
    assert len(mailed["data"]["token"]) == 43


async def test_other_services_see_neither_the_token_nor_the_person(people: People) -> None:
    await people.sign_up()
    answer = await people.desk.client.get("/feed", headers=people.desk.as_service("discussion", "feed"))
    shown = answer.text
    assert "AccountCreated" in shown
    for personal in ("ada@", "example.org", "martin", '"ada"'):
        assert personal not in shown.lower()
    assert (await people.mailed())[0] not in shown


async def test_an_auditor_reads_neither_the_token_nor_the_hash(people: People) -> None:
    await people.joins()
    auditor = people.desk.as_account("auditor", "auditeur")
    events = await people.get("/audit/events", auditor)
    assert "ada@example.org" in events.text
    stream = next(event["subject"] for event in events.json() if "PasswordChanged" in event["type"])
    state = await people.get(f"/audit/streams/{stream}", auditor)
    assert state.json()["state"]["status"] == "active"
    assert state.json()["state"]["password_hash"] == "secret"
    assert "argon2" not in events.text + state.text
    assert (await people.mailed())[0] not in events.text + state.text


async def test_nothing_personal_lies_on_the_disk_in_clear(tmp_path: Path) -> None:
    async with people_at(tmp_path) as people:
        await people.joins()
        token = (await people.mailed())[0]
        session = (await people.sign_in()).json()["token"]
    for path in (tmp_path / "identity").glob("*.db*"):
        content = path.read_bytes()
        for secret in ("ada@example.org", "Martin", "argon2", PASSWORD, token, session):
            assert secret.encode() not in content, f"{secret} in {path.name}"


async def test_a_question_serves_once(people: People) -> None:
    question = await people.question()
    assert (await people.sign_up(security_question=question)).status_code == 202
    again = await people.sign_up("b@example.org", security_question=question)
    assert slug(again) == "wrong-answer"
    assert again.json()["errors"][0]["pointer"] == "/security_question/answer"


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"password": "motdepasse2026!"}, "weak-password"),
        ({"password": "court"}, "weak-password"),
        ({"terms_version": "1999"}, "terms-not-accepted"),
        ({"email": "ada"}, "invalid-request"),
        ({"first_name": "https://example.org"}, "invalid-request"),
        ({"last_name": 12}, "invalid-request"),
        ({"email": "a" * 400}, "invalid-request"),
        ({"surprise": True}, "invalid-request"),
    ],
)
async def test_a_question_is_spent_even_when_another_field_is_refused(
    people: People, change: dict[str, Any], refusal: str
) -> None:
    question = await people.question()
    assert slug(await people.sign_up(security_question=question, **change)) == refusal
    assert slug(await people.sign_up(security_question=question)) == "wrong-answer"
    assert await people.feed() == []


async def test_a_wrong_answer_spends_the_question_too(people: People) -> None:
    question = await people.question()
    wrong = question | {"answer": str(int(question["answer"]) + 1)}
    assert slug(await people.sign_up(security_question=wrong)) == "wrong-answer"
    assert slug(await people.sign_up(security_question=question)) == "wrong-answer"


async def test_a_spent_question_stays_spent_after_a_restart(tmp_path: Path) -> None:
    async with people_at(tmp_path) as people:
        question = await people.question()
        await people.sign_up(security_question=question, password="court")
    async with people_at(tmp_path) as people:
        assert slug(await people.sign_up(security_question=question)) == "wrong-answer"


async def test_a_question_lives_ten_minutes(tmp_path: Path, clock: FrozenClock) -> None:
    async with people_at(tmp_path, clock=clock) as people:
        early, late = await people.question(), await people.question()
        clock.advance(minutes=9)
        assert (await people.sign_up(security_question=early)).status_code == 202
        clock.advance(minutes=1)
        assert slug(await people.sign_up(security_question=late)) == "wrong-answer"


async def test_the_answer_may_be_a_json_number(people: People) -> None:
    question: dict[str, Any] = await people.question()
    question["answer"] = int(question["answer"])
    assert (await people.sign_up(security_question=question)).status_code == 202


async def test_a_question_of_ones_own_making_is_none(people: People) -> None:
    honest = await people.question()
    for id in ("", "x", honest["id"][:-4] + "AAAA", "AAAA" + honest["id"][4:], honest["id"] * 2, "é" * 64):
        assert slug(await people.sign_up(security_question={"id": id, "answer": "1"})) in (
            "wrong-answer",
            "invalid-request",
        )
    assert (await people.sign_up(security_question=honest)).status_code == 202


async def test_the_id_of_a_question_does_not_tell_its_answer(people: People) -> None:
    ids = [(await people.get("/api/security-question")).json()["id"] for _ in range(50)]
    assert len({id[16:] for id in ids}) == 50


async def test_checks_come_in_an_order_that_people_can_follow(people: People) -> None:
    wrong: dict[str, Any] = {"email": "ada", "password": "court", "terms_version": "1999"}
    answer = await people.sign_up(**wrong, security_question={"id": "x", "answer": "1"})
    assert slug(answer) == "wrong-answer"
    assert slug(await people.sign_up(**wrong)) == "terms-not-accepted"
    assert slug(await people.sign_up(email="ada", password="court")) == "weak-password"
    both = await people.sign_up(email="ada", last_name="www.example.org")
    assert [error["pointer"] for error in both.json()["errors"]] == ["/email", "/last_name"]


async def test_an_address_that_has_an_account_is_answered_like_any_other(people: People) -> None:
    await people.joins("ada@example.org")
    known, unknown = await people.sign_up("Ada@Example.org"), await people.sign_up("bob@example.org")
    assert visible(known) == visible(unknown)
    assert (await facts(people))[-4:] == ["SignUpAttempted", "AccountCreated", "PasswordChanged", "ActivationRequested"]
    weak = [await people.sign_up(email, password="court") for email in ("ada@example.org", "eve@example.org")]
    assert visible(weak[0]) == visible(weak[1])


async def test_no_precondition_tells_whether_an_address_is_known(people: People) -> None:
    await people.joins("ada@example.org")
    for version in ("0", "1", "4", "5"):
        headers = people.desk.as_anonymous() | {"If-Match": f'"{version}"'}
        for email in ("ada@example.org", "bob@example.org"):
            assert (await people.post("/api/accounts", await people.form(email), headers)).status_code == 202


async def test_a_repeated_form_answers_the_same_and_mails_once(people: People) -> None:
    form = await people.form()
    headers = people.desk.as_anonymous() | {"Idempotency-Key": "once"}
    first, again = [await people.post("/api/accounts", form, headers) for _ in range(2)]
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert len(await people.mailed()) == 1
    other = await people.post("/api/accounts", form | {"last_name": "Roy"}, headers)
    assert slug(other) == "idempotency-mismatch"


async def test_a_repeated_warning_is_one_warning_and_looks_like_a_repeated_sign_up(people: People) -> None:
    await people.joins("ada@example.org")
    answers = {}
    for email in ("ada@example.org", "bob@example.org"):
        answers[email] = [visible(await people.sign_up(email, key="once")) for _ in range(2)]
    assert answers["ada@example.org"] == answers["bob@example.org"]
    assert (await facts(people)).count("SignUpAttempted") == 1


async def test_a_refused_form_may_be_sent_again_with_its_key(people: People) -> None:
    assert slug(await people.sign_up(key="once", password="court")) == "weak-password"
    assert (await people.sign_up(key="once")).status_code == 202


async def test_unactivated_accounts_of_one_address_coexist_and_the_first_activated_has_it(people: People) -> None:
    await people.sign_up("ada@example.org", password="le mot de passe de quelqu'un d'autre")
    await people.sign_up("ADA@example.org")
    stranger, mine = await people.mailed()
    assert (await people.activate(mine)).status_code == 200
    late = await people.activate(stranger, "le mot de passe de quelqu'un d'autre")
    assert slug(late) == "bad-token"
    assert (await people.sign_in()).status_code == 201


async def test_known_and_unknown_addresses_take_the_time_they_are_given(tmp_path: Path) -> None:
    async with people_at(tmp_path, quiet_answer_seconds=0.15) as people:
        await people.joins("ada@example.org")
        for email in ("ada@example.org", "bob@example.org"):
            answer = await people.sign_up(email)
            assert answer.elapsed.total_seconds() >= 0.15
