"""Agents through the API: an administrateur runs them, to everybody else there is nothing there."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.support.people import PASSWORD, People

AGENTS = "/api/backoffice/agents"
JEANNE: dict[str, Any] = {
    "email": "jeanne@departement.example.org",
    "first_name": "Jeanne",
    "last_name": "Roy",
    "role": "instructeur",
    "services": ["habitat"],
}
ADMIN = "admin0000000000x"


def admin(people: People) -> dict[str, str]:
    return people.desk.as_account(ADMIN, "administrateur")


async def call(people: People, method: str, path: str = "", body: Any = None, **headers: str) -> httpx.Response:
    return await people.desk.client.request(method, f"{AGENTS}{path}", json=body, headers=admin(people) | headers)


async def invited(people: People, **changes: Any) -> str:
    answer = await call(people, "POST", body=JEANNE | changes)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def at_work(people: People) -> tuple[str, str, list[str]]:
    """An instructeur with a second factor: his id, his session, his recovery codes."""
    id = await invited(people)
    await people.activate((await people.mailed())[-1])
    token = (await people.sign_in(JEANNE["email"])).json()["token"]
    _, codes = await people.enrols(await people.holding(token))
    return id, token, codes


async def test_an_administrateur_invites_and_lists(people: People) -> None:
    answer = await call(people, "POST", body=JEANNE)
    assert answer.status_code == 201
    assert answer.json() | {"id": ""} == {
        "id": "",
        "email": JEANNE["email"],
        "first_name": "Jeanne",
        "last_name": "Roy",
        "roles": ["demandeur", "instructeur"],
        "services": ["habitat"],
        "capacity": None,
        "status": "invited",
        "second_factor": False,
    }
    assert len(await people.mailed()) == 1
    listed = (await call(people, "GET")).json()
    assert listed == {"items": [answer.json()], "next": None}
    await people.activate((await people.mailed())[0])
    assert (await call(people, "GET")).json()["items"][0]["status"] == "active"


async def test_services_are_changed_and_take_effect_at_once(people: People) -> None:
    id, token, codes = await at_work(people)
    moved = await call(people, "PUT", f"/{id}", {"services": ["education", "habitat", "education"]})
    assert (moved.status_code, moved.json()["services"]) == (200, ["education", "habitat"])
    assert await people.verified(token) is None  # another role is another session
    token = (await people.sign_in(JEANNE["email"], code=codes[0])).json()["token"]
    known = await people.verified(token)
    assert known is not None
    assert known["services"] == ["education", "habitat"]
    same = await call(people, "PUT", f"/{id}", {"services": ["habitat", "education"]})
    assert (same.status_code, same.headers["etag"]) == (200, str(same.headers["etag"]))
    assert await people.verified(token) is not None


async def test_a_change_of_services_may_name_the_version_it_is_about(people: People) -> None:
    first = await call(people, "POST", body=JEANNE)
    id, version = first.json()["id"], first.headers["etag"]
    assert (
        await call(people, "PUT", f"/{id}", {"services": ["education"]}, **{"If-Match": version})
    ).status_code == 200
    late = await call(people, "PUT", f"/{id}", {"services": ["habitat"]}, **{"If-Match": version})
    assert (late.status_code, late.json()["slug"]) == (412, "stale-version")


async def test_only_an_instructeur_belongs_to_services(people: People) -> None:
    id = await invited(people, role="auditeur", services=[])
    answer = await call(people, "PUT", f"/{id}", {"services": ["habitat"]})
    assert (answer.status_code, answer.json()["slug"]) == (409, "not-an-instructeur")
    for services in ([], ["Pas un Service"], ["x"] * 51, "habitat", None):
        assert (await call(people, "PUT", f"/{id}", {"services": services})).status_code == 422


async def test_a_dismissed_agent_is_out_at_once(people: People) -> None:
    id, token, _ = await at_work(people)
    answer = await call(people, "DELETE", f"/{id}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert await people.verified(token) is None
    assert (await people.sign_in(JEANNE["email"])).json()["slug"] == "bad-credentials"
    assert (await call(people, "GET")).json()["items"][0]["status"] == "disabled"
    assert (await call(people, "DELETE", f"/{id}")).status_code == 204
    assert (await call(people, "PUT", f"/{id}", {"services": ["education"]})).json()["slug"] == "account-disabled"


async def test_who_lost_his_telephone_enrols_again(people: People) -> None:
    id, token, _ = await at_work(people)
    assert (await call(people, "DELETE", f"/{id}/second-factor")).status_code == 204
    assert await people.verified(token) is None
    signed = (await people.sign_in(JEANNE["email"])).json()
    assert signed["second_factor"] == {"enabled": False, "required": True}
    assert signed["account"]["roles"] == ["demandeur"]
    again = await call(people, "DELETE", f"/{id}/second-factor")
    assert (again.status_code, again.json()["slug"]) == (409, "no-second-factor")


async def test_nobody_dismisses_himself(people: People) -> None:
    for path in (f"/{ADMIN}", f"/{ADMIN}/second-factor"):
        answer = await call(people, "DELETE", path)
        assert (answer.status_code, answer.json()["slug"]) == (409, "own-account")


async def test_to_everybody_else_there_is_nothing_there(people: People) -> None:
    id = await invited(people)
    calls = [
        ("GET", "", None),
        ("POST", "", JEANNE),
        ("POST", "", {"nonsense": True}),
        ("PUT", f"/{id}", {"services": ["education"]}),
        ("PUT", f"/{id}", {}),
        ("DELETE", f"/{id}", None),
        ("DELETE", f"/{id}/second-factor", None),
    ]
    others = [people.desk.as_account("0" * 16, role) for role in ("demandeur", "instructeur", "auditeur")]
    for method, path, body in calls:
        for headers in others:
            answer = await people.desk.client.request(method, f"{AGENTS}{path}", json=body, headers=headers)
            assert (answer.status_code, answer.json()["slug"]) == (404, "not-found"), (method, path)
        for headers in (people.desk.as_anonymous(), people.desk.as_tracking("0" * 16)):
            answer = await people.desk.client.request(method, f"{AGENTS}{path}", json=body, headers=headers)
            assert answer.status_code == 401, (method, path)


async def test_a_demandeur_and_nobody_are_no_agents(people: People) -> None:
    id = await people.joins()
    for other in (id, "0" * 16, "nimporte quoi", "%00"):
        answers = [
            await call(people, "PUT", f"/{other}", {"services": ["habitat"]}),
            await call(people, "DELETE", f"/{other}"),
            await call(people, "DELETE", f"/{other}/second-factor"),
        ]
        assert {(answer.status_code, answer.content) for answer in answers} == {(404, answers[0].content)}
    assert (await people.sign_in(password=PASSWORD)).status_code == 201


@pytest.mark.parametrize("changes", [{"services": []}, {"role": "auditeur"}, {"role": "chef"}, {"email": "jeanne"}])
async def test_an_invitation_that_makes_no_sense_is_refused(people: People, changes: dict[str, Any]) -> None:
    answer = await call(people, "POST", body=JEANNE | changes)
    assert (answer.status_code, answer.json()["slug"]) == (422, "invalid-request")


async def test_a_repeated_invitation_is_one(people: People) -> None:
    answers = [await call(people, "POST", body=JEANNE, **{"Idempotency-Key": "k"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert len(await people.mailed()) == 1


async def test_an_agents_capacity_is_stated_and_told_to_whoever_asks_for_him(people: People) -> None:
    admin = people.desk.as_account("admin", "administrateur")
    body = {"email": "claire@example.org", "first_name": "Claire", "last_name": "Moreau", "role": "instructeur"}
    stated = body | {"services": ["education"], "capacity": " Cheffe  de service "}
    invited = (await people.post("/api/backoffice/agents", stated, admin)).json()
    assert invited["capacity"] == "Cheffe  de service"
    path = f"/api/backoffice/agents/{invited['id']}"
    for change, after in (
        ({"services": ["habitat"]}, "Cheffe  de service"),
        ({"services": ["habitat"], "capacity": "Directrice"}, "Directrice"),
        ({"services": ["habitat"], "capacity": ""}, None),
        ({"services": ["habitat"], "capacity": "Instructrice"}, "Instructrice"),
    ):
        answer = await people.desk.client.put(path, json=change, headers=admin)
        assert (answer.status_code, answer.json()["capacity"]) == (200, after)
    assert (await people.get("/api/backoffice/agents", admin)).json()["items"][0]["capacity"] == "Instructrice"
    for wrong in ("x" * 121, "voir https://example.org", "12", "a\x00b"):
        refused = await people.desk.client.put(path, json={"services": ["habitat"], "capacity": wrong}, headers=admin)
        assert refused.status_code == 422
        assert [fault["pointer"] for fault in refused.json()["errors"]] == ["/capacity"]
    await people.activate((await people.mailed())[-1])
    token = (await people.sign_in("claire@example.org")).json()["token"]
    assert (await people.verified(token) or {})["capacity"] == "Instructrice"
    known = await people.get(f"/internal/agents/{invited['id']}", people.desk.as_service("dossiers", "read"))
    assert known.json()["capacity"] == "Instructrice"
