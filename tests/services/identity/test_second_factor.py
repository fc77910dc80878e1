"""Double authentification: codes over time, recovery codes, and the agents who need them."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from kernel.clock import FrozenClock
from services.identity.adapters.second_factor import code_at
from services.identity.demo import AGENTS
from services.identity.demo import PASSWORD as DEMO_PASSWORD
from tests.support.codes import secret_of
from tests.support.people import PASSWORD, People, people_at

RFC_6238 = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


@pytest.mark.parametrize(
    ("at", "code"),
    [(59, "287082"), (1_111_111_109, "081804"), (1_111_111_111, "050471"), (1_234_567_890, "005924")],
)
def test_codes_are_those_of_the_standard(at: int, code: str) -> None:
    assert code_at(RFC_6238, at // 30) == code


async def agent(people: People, role: str = "instructeur") -> str:
    """An agent who activated his account; his id."""
    body: dict[str, Any] = {"email": "jeanne@cd.example.org", "first_name": "Jeanne", "last_name": "Roy", "role": role}
    services = {"services": ["habitat"]} if role == "instructeur" else {}
    invited = await people.post("/internal/agents", body | services, people.desk.as_service("console", "operate"))
    assert invited.status_code == 201, invited.text
    assert (await people.activate((await people.mailed())[-1])).status_code == 200
    return str(invited.json()["id"])


async def test_an_application_is_enrolled_and_signing_in_takes_its_code(tmp_path: Path, clock: FrozenClock) -> None:
    async with people_at(tmp_path, clock=clock) as people:
        await people.joins()
        headers = await people.enters()
        prepared = await people.post("/api/me/second-factor", None, headers)
        assert prepared.headers["cache-control"] == "no-store"
        secret = prepared.json()["secret"]
        assert secret == secret_of(prepared.json()["otpauth_uri"])
        assert "Guichet:ada@example.org" in prepared.json()["otpauth_uri"]
        assert (await people.sign_in()).status_code == 201  # nothing is asked before it is proven
        confirmed = await people.confirms(headers, people.code(secret))
        assert confirmed.headers["cache-control"] == "no-store"
        codes = confirmed.json()["recovery_codes"]
        assert len(set(codes)) == 10
        assert all(re.fullmatch(r"[0-9A-Z]{5}-[0-9A-Z]{5}", code) for code in codes)
        assert (await people.get("/api/me", headers)).json()["second_factor"] == {"enabled": True, "required": False}
        required = await people.sign_in()
        assert (required.status_code, required.json()["slug"]) == (401, "second-factor-required")
        clock.advance(seconds=30)
        signed = await people.sign_in(code=people.code(secret))
        assert (signed.status_code, signed.json()["second_factor"]["enabled"]) == (201, True)


async def test_a_code_serves_once_and_no_earlier_one_after_it(tmp_path: Path, clock: FrozenClock) -> None:
    async with people_at(tmp_path, clock=clock) as people:
        await people.joins()
        secret, _ = await people.enrols(await people.enters())
        replayed = await people.sign_in(code=people.code(secret))
        assert (replayed.status_code, replayed.json()["slug"]) == (401, "bad-credentials")
        assert replayed.json()["errors"][0]["pointer"] == "/code"
        clock.advance(seconds=60)
        assert (await people.sign_in(code=people.code(secret))).status_code == 201
        assert (await people.sign_in(code=people.code(secret, steps=-1))).status_code == 401
        assert (await people.sign_in(code=people.code(secret, steps=1))).status_code == 201
        assert (await people.sign_in(code=people.code(secret, steps=2))).status_code == 401
    async with people_at(tmp_path, clock=clock) as people:
        assert (await people.sign_in(code=people.code(secret, steps=1))).status_code == 401


async def test_of_two_who_type_one_code_at_once_one_gets_in(tmp_path: Path, clock: FrozenClock) -> None:
    async with people_at(tmp_path, clock=clock) as people:
        await people.joins()
        secret, recovery = await people.enrols(await people.enters())
        clock.advance(seconds=60)
        for code in (people.code(secret), recovery[0]):
            answers = await asyncio.gather(*(people.sign_in(code=code) for _ in range(3)))
            assert sorted(answer.status_code for answer in answers) == [201, 401, 401]


async def test_a_recovery_code_opens_once_however_it_is_typed(people: People) -> None:
    await people.joins()
    _, codes = await people.enrols(await people.enters())
    typed = f" {codes[0].replace('-', ' ').lower().replace('0', 'o').replace('1', 'l')} "
    assert (await people.sign_in(code=typed)).status_code == 201
    assert (await people.sign_in(code=codes[0])).json()["slug"] == "bad-credentials"
    assert (await people.sign_in(code=codes[1])).status_code == 201
    used = [fact["data"] for fact in await people.feed() if ".RecoveryCodeUsed." in fact["type"]]
    assert [fact["left"] for fact in used] == [9, 8]


async def test_without_the_password_a_code_is_worth_nothing_and_nothing_is_told(people: People) -> None:
    await people.joins()
    await people.joins("bob@example.org")
    secret, codes = await people.enrols(await people.enters())
    answers = [
        await people.sign_in(password="faux", code=people.code(secret)),
        await people.sign_in(password="faux", code=codes[0]),
        await people.sign_in(password="faux"),
        await people.sign_in("bob@example.org", password="faux"),
        await people.sign_in("nobody@example.org", code="123456"),
    ]
    assert {(answer.status_code, answer.content) for answer in answers} == {(401, answers[0].content)}
    assert (await people.sign_in(code=codes[0])).status_code == 201


async def test_codes_are_guessed_no_faster_than_passwords(people: People) -> None:
    await people.joins()
    await people.enrols(await people.enters())
    answers = [(await people.sign_in(code=f"00000{number}")).status_code for number in range(6)]
    assert answers == [401] * 5 + [429]


async def test_asking_for_the_code_is_not_held_against_the_owner(people: People) -> None:
    await people.joins()
    _, codes = await people.enrols(await people.enters())
    assert [(await people.sign_in()).json()["slug"] for _ in range(12)] == ["second-factor-required"] * 12
    assert (await people.sign_in(code=codes[0])).status_code == 201


async def test_only_a_right_code_enrols_and_only_once(people: People) -> None:
    await people.joins()
    headers = await people.enters()
    assert (await people.confirms(headers, "123456")).json()["slug"] == "wrong-code"
    first = (await people.post("/api/me/second-factor", None, headers)).json()["secret"]
    secret = (await people.post("/api/me/second-factor", None, headers)).json()["secret"]
    stale = await people.confirms(headers, people.code(first))
    assert (stale.status_code, stale.json()["slug"]) == (422, "wrong-code")
    keyed = headers | {"Idempotency-Key": "k"}
    assert (await people.confirms(keyed, people.code(secret))).status_code == 200
    again = await people.confirms(keyed, people.code(secret, steps=1))
    assert (again.status_code, again.json()["slug"]) == (409, "second-factor-enabled")
    assert (await people.post("/api/me/second-factor", None, headers)).json()["slug"] == "second-factor-enabled"


async def test_a_secret_waits_half_an_hour_encrypted(tmp_path: Path, clock: FrozenClock) -> None:
    async with people_at(tmp_path, clock=clock) as people:
        await people.joins()
        headers = await people.enters()
        secret = (await people.post("/api/me/second-factor", None, headers)).json()["secret"]
        assert secret not in str(await people.desk.run.state.read("SELECT * FROM enrolment"))
        clock.advance(minutes=30)
        assert (await people.confirms(headers, people.code(secret))).json()["slug"] == "wrong-code"


async def test_enrolling_closes_the_other_sessions(people: People) -> None:
    await people.joins()
    other = (await people.sign_in()).json()["token"]
    mine = (await people.sign_in()).json()["token"]
    await people.enrols(await people.holding(mine))
    assert await people.verified(other) is None
    assert await people.verified(mine) is not None


async def renounce(people: People, headers: dict[str, str], password: str, code: str) -> httpx.Response:
    body = {"password": password, "code": code}
    return await people.desk.client.request("DELETE", "/api/me/second-factor", json=body, headers=headers)


async def test_doing_without_takes_the_password_and_a_code(tmp_path: Path, clock: FrozenClock) -> None:
    async with people_at(tmp_path, clock=clock) as people:
        await people.joins()
        headers = await people.enters()
        assert (await renounce(people, headers, PASSWORD, "123456")).json()["slug"] == "no-second-factor"
        secret, codes = await people.enrols(headers)
        assert (await renounce(people, headers, "faux", people.code(secret))).json()["slug"] == "wrong-password"
        wrong = await renounce(people, headers, PASSWORD, people.code(secret))
        assert (wrong.json()["slug"], wrong.json()["errors"][0]["pointer"]) == ("wrong-code", "/code")
        assert (await renounce(people, headers, PASSWORD, codes[3])).status_code == 204
        assert (await people.sign_in()).status_code == 201
        await people.enrols(headers)  # at once, within the step of the last code
        assert (await people.sign_in(code=codes[4])).status_code == 401


@pytest.mark.parametrize("role", ["instructeur", "administrateur", "auditeur"])
async def test_an_agents_roles_rest_until_he_has_a_second_factor(people: People, role: str) -> None:
    id = await agent(people, role)
    signed = (await people.sign_in("jeanne@cd.example.org")).json()
    assert signed["second_factor"] == {"enabled": False, "required": True}
    assert signed["account"]["roles"] == ["demandeur"]
    known = await people.verified(signed["token"])
    assert known is not None
    assert (known["roles"], known["services"]) == (["demandeur"], [])
    headers = await people.holding(signed["token"])
    assert (await people.get("/api/me", headers)).json()["roles"] == ["demandeur"]
    secret, codes = await people.enrols(headers)
    known = await people.verified(signed["token"])
    assert known is not None
    assert (known["account"], known["roles"]) == (id, ["demandeur", role])
    assert known["services"] == (["habitat"] if role == "instructeur" else [])
    entered = await people.sign_in("jeanne@cd.example.org", code=codes[0])
    assert entered.json()["account"]["roles"] == ["demandeur", role]
    headers = await people.holding(entered.json()["token"])
    assert (await renounce(people, headers, PASSWORD, codes[1])).status_code == 204
    known = await people.verified(entered.json()["token"])
    assert known is not None
    assert known["roles"] == ["demandeur"]
    assert secret


async def test_the_agents_of_the_demonstration_are_exempt_in_the_demonstration_only(tmp_path: Path) -> None:
    async with people_at(tmp_path, demo=True) as people:
        for one in AGENTS:
            signed = (await people.sign_in(one.email, DEMO_PASSWORD)).json()
            assert signed["account"]["roles"] == ["demandeur", one.role]
            assert signed["second_factor"] == {"enabled": False, "required": False}
            assert signed["terms_to_accept"] is None
        await agent(people)
        assert (await people.sign_in("jeanne@cd.example.org")).json()["account"]["roles"] == ["demandeur"]
    async with people_at(tmp_path) as people:
        for one in AGENTS:
            signed = (await people.sign_in(one.email, DEMO_PASSWORD)).json()
            assert signed["account"]["roles"] == ["demandeur"]
            assert signed["second_factor"] == {"enabled": False, "required": True}


async def test_an_auditor_reads_no_secret_and_no_code(people: People) -> None:
    id = await people.joins()
    secret, codes = await people.enrols(await people.enters())
    await people.sign_in(code=codes[0])
    auditor = people.desk.as_account("auditor", "auditeur")
    for path in (f"/audit/streams/identity.account-{id}", "/audit/events"):
        shown = (await people.get(path, auditor)).text
        assert "SecondFactorEnabled" in shown
        assert secret not in shown
        assert not any(code in shown for code in codes)
    state = (await people.get(f"/audit/streams/identity.account-{id}", auditor)).json()["state"]
    assert {state[name] for name in ("password_hash", "second_factor", "recovery_codes", "resets")} == {"secret"}


async def test_nobody_without_an_account_enrols(people: People) -> None:
    for headers in (people.desk.as_anonymous(), people.desk.as_tracking("0" * 16), people.desk.as_account("0" * 16)):
        assert (await people.post("/api/me/second-factor", None, headers)).status_code == 401
        assert (await people.confirms(headers, "123456")).status_code == 401
        assert (await renounce(people, headers, PASSWORD, "123456")).status_code == 401
