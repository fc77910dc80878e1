"""Agents: invited by the console, given roles, disabled at once; and those of the demonstration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from services.identity.demo import AGENTS
from services.identity.demo import PASSWORD as DEMO_PASSWORD
from tests.support.people import PASSWORD, People, people_at

JEANNE: dict[str, Any] = {
    "email": "jeanne@departement.example.org",
    "first_name": "Jeanne",
    "last_name": "Roy",
    "role": "instructeur",
    "services": ["habitat"],
}


def console(people: People) -> dict[str, str]:
    return people.desk.as_service("console", "operate")


async def add(people: People, key: str = "", **changes: Any) -> httpx.Response:
    headers = console(people) | ({"Idempotency-Key": key} if key else {})
    return await people.post("/internal/agents", JEANNE | changes, headers)


async def test_an_invited_agent_chooses_his_password_with_the_link(people: People) -> None:
    invited = await add(people)
    assert invited.status_code == 201, invited.text
    id = invited.json()["id"]
    assert invited.json() == {
        "id": id,
        "email": JEANNE["email"],
        "first_name": "Jeanne",
        "last_name": "Roy",
        "roles": ["demandeur", "instructeur"],
        "services": ["habitat"],
        "capacity": None,
        "status": "invited",
        "second_factor": False,
    }
    (mail,) = [fact["data"] for fact in await people.feed() if "ActivationRequested" in fact["type"]]
    assert mail["invited"] is True
    assert (await people.activate(mail["token"], "court")).json()["slug"] == "weak-password"
    assert (await people.activate(mail["token"], PASSWORD)).status_code == 200
    assert (await people.sign_in(JEANNE["email"])).status_code == 201


async def test_inviting_twice_sends_another_link_to_the_same_account(people: People) -> None:
    first, second = await add(people), await add(people, services=["habitat", "education"])
    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json()["id"] == first.json()["id"]
    assert second.json()["services"] == ["education", "habitat"]
    assert (await people.activate((await people.mailed())[1])).status_code == 200


async def test_a_repeated_invitation_answers_the_same(people: People) -> None:
    first, again = await add(people, key="k"), await add(people, key="k")
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotency-replayed"] == "true"
    assert len(await people.mailed()) == 1


async def test_who_has_an_account_is_given_the_role_and_another_session(people: People) -> None:
    id = await people.joins(JEANNE["email"])
    token = (await people.sign_in(JEANNE["email"])).json()["token"]
    granted = await add(people)
    assert (granted.status_code, granted.json()["id"], granted.json()["status"]) == (200, id, "active")
    assert await people.verified(token) is None
    token = (await people.sign_in(JEANNE["email"])).json()["token"]
    assert (await add(people)).status_code == 200  # nothing changed: the session stays
    assert await people.verified(token) is not None
    assert len(await people.mailed()) == 1


async def test_a_sign_up_that_proved_nothing_inherits_no_invitation(people: People) -> None:
    await people.sign_up(JEANNE["email"], password="le mot de passe d'un imposteur")
    assert (await add(people)).status_code == 201
    stranger, invitation = await people.mailed()
    assert (await people.activate(invitation)).status_code == 200
    assert (await people.activate(stranger, "le mot de passe d'un imposteur")).json()["slug"] == "bad-token"


async def test_a_disabled_agent_is_out_at_once(people: People) -> None:
    id = (await add(people)).json()["id"]
    await people.activate((await people.mailed())[0])
    tokens = [(await people.sign_in(JEANNE["email"])).json()["token"] for _ in range(2)]
    assert (await people.get(f"/internal/agents/{id}", people.desk.as_service("dossiers", "read"))).status_code == 200
    answer = await people.post(f"/internal/agents/{id}/disable", None, console(people))
    assert (answer.status_code, answer.json()) == (200, {"id": id, "status": "disabled"})
    assert [await people.verified(token) for token in tokens] == [None, None]
    assert (await people.sign_in(JEANNE["email"])).json()["slug"] == "bad-credentials"
    assert (await people.get(f"/internal/agents/{id}", people.desk.as_service("dossiers", "read"))).status_code == 404
    (listed,) = (await people.get("/internal/agents", console(people))).json()["items"]
    assert listed["status"] == "disabled"
    assert (await people.post(f"/internal/agents/{id}/disable", None, console(people))).status_code == 200
    assert (await add(people)).json()["slug"] == "account-disabled"


async def test_the_console_has_an_agent_enrol_again(people: People) -> None:
    id = (await add(people)).json()["id"]
    await people.activate((await people.mailed())[0])
    await people.enrols(await people.enters(JEANNE["email"]))
    answer = await people.post(f"/internal/agents/{id}/second-factor/reset", None, console(people))
    assert (answer.status_code, answer.json()) == (200, {"id": id, "second_factor": False})
    assert (await people.sign_in(JEANNE["email"])).json()["second_factor"] == {"enabled": False, "required": True}
    for headers in (people.desk.as_account("a", "administrateur"), people.desk.as_service("console", "read")):
        assert (await people.post(f"/internal/agents/{id}/second-factor/reset", None, headers)).status_code == 404


async def test_an_invitation_withdrawn_before_it_was_followed_opens_nothing(people: People) -> None:
    id = (await add(people)).json()["id"]
    await people.post(f"/internal/agents/{id}/disable", None, console(people))
    assert (await people.activate((await people.mailed())[0])).json()["slug"] == "bad-token"


async def test_other_services_know_an_active_instructeur_and_nobody_else(people: People) -> None:
    demandeur = await people.joins("ada@example.org")
    id = (await add(people)).json()["id"]
    reader = people.desk.as_service("discussion", "read")
    assert (await people.get(f"/internal/agents/{id}", reader)).status_code == 404
    await people.activate((await people.mailed())[-1])
    assert (await people.get(f"/internal/agents/{id}", reader)).json() == {
        "id": id,
        "first_name": "Jeanne",
        "last_name": "Roy",
        "services": ["habitat"],
        "capacity": None,
        "roles": ["demandeur", "instructeur"],
    }
    for other in (demandeur, "0" * 16, "nimporte quoi"):
        assert (await people.get(f"/internal/agents/{other}", reader)).status_code == 404


async def test_agents_are_listed_page_by_page(people: People) -> None:
    for number in range(5):
        assert (await add(people, email=f"agent{number}@example.org")).status_code == 201
    seen: list[str] = []
    cursor = ""
    while True:
        page = (await people.get(f"/internal/agents?limit=2{cursor}", console(people))).json()
        seen += [item["email"] for item in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert seen == [f"agent{number}@example.org" for number in range(5)]


async def test_only_the_console_runs_agents(people: People) -> None:
    id = (await add(people)).json()["id"]
    for headers in (
        people.desk.as_account("a", "administrateur"),
        people.desk.as_service("gateway", "operate"),
        people.desk.as_service("console", "read"),
    ):
        assert (await people.post("/internal/agents", JEANNE, headers)).status_code == 404
        assert (await people.get("/internal/agents", headers)).status_code == 404
        assert (await people.post(f"/internal/agents/{id}/disable", None, headers)).status_code == 404


async def test_a_demandeur_is_no_agent_to_disable(people: People) -> None:
    id = await people.joins()
    for other in (id, "0" * 16, "nimporte quoi"):
        assert (await people.post(f"/internal/agents/{other}/disable", None, console(people))).status_code == 404
    assert (await people.sign_in()).status_code == 201


@pytest.mark.parametrize(
    "changes",
    [
        {"services": []},
        {"role": "auditeur"},
        {"role": "demandeur", "services": []},
        {"services": ["Pas un Service"]},
        {"services": ["x"] * 51},
        {"email": "jeanne"},
        {"first_name": ""},
    ],
)
async def test_an_invitation_that_makes_no_sense_is_refused(people: People, changes: dict[str, Any]) -> None:
    answer = await add(people, **changes)
    assert (answer.status_code, answer.json()["slug"]) == (422, "invalid-request")
    assert await people.feed() == []


async def test_the_demonstration_has_its_agents_once(tmp_path: Path) -> None:
    for _ in range(2):
        async with people_at(tmp_path, demo=True) as people:
            for agent in AGENTS:
                answer = await people.sign_in(agent.email, DEMO_PASSWORD)
                assert answer.status_code == 201, agent.email
                assert answer.json()["account"]["roles"] == ["demandeur", agent.role]
                known = await people.verified(answer.json()["token"])
                assert known is not None
                assert known["services"] == list(agent.services)
            created = [fact for fact in await people.feed() if "AccountCreated" in fact["type"]]
            assert len(created) == len(AGENTS)


async def test_there_are_no_demo_agents_without_the_demonstration(people: People) -> None:
    assert (await people.sign_in("administrateur@demo.example.org", DEMO_PASSWORD)).status_code == 401
    assert (await people.get("/internal/agents", console(people))).json() == {"items": [], "next": None}
