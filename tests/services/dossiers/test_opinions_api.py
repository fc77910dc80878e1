"""Opinions through the API: who may ask, read, answer; what the applicant never sees."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kernel.clock import FrozenClock
from services.dossiers.events import OpinionDelayed
from services.dossiers.main import SERVICE
from services.dossiers.reactions.opinions import remind_experts
from services.identity.events import AccountActivated, AccountCreated, RoleGranted
from tests.services.dossiers.test_colleagues import filed, identity
from tests.support.foreign import tell
from tests.support.service import Desk, serving
from tests.support.town import free_socket, listening

EXPERT, STRANGER = "0123456789abcdeg", "0123456789abcdez"
ASKER = "0123456789abcdef"
DESK = "/api/backoffice"


@pytest.fixture
async def desk(tmp_path: Path, now: FrozenClock) -> AsyncIterator[Desk]:
    door = free_socket()
    url = f"http://127.0.0.1:{door.getsockname()[1]}"
    async with listening(identity(), door), serving(SERVICE, tmp_path, clock=now, identity_url=url) as running:
        yield running


def asker(desk: Desk) -> dict[str, str]:
    name = {"first_name": "Jeanne", "last_name": "Roy"}
    return desk.as_account(ASKER, "instructeur", services=("vie-associative",), **name)


def expert(desk: Desk, account: str = EXPERT) -> dict[str, str]:
    return desk.as_account(account, "instructeur", services=("habitat",), first_name="Luc", last_name="Petit")


async def ask(desk: Desk, id: str, expect: int = 201, **changes: Any) -> Any:
    body = {"agent": EXPERT, "question": "Est-ce utile ?", "due": "2026-12-10"} | changes
    answer = await desk.client.post(f"{DESK}/demandes/{id}/opinions", json=body, headers=asker(desk))
    assert answer.status_code == expect, answer.text
    return answer.json()


async def give(desk: Desk, opinion: str, expect: int = 200, headers: dict[str, str] | None = None) -> Any:
    body = {"verdict": "reserve", "text": "Sous conditions."}
    answer = await desk.client.post(f"{DESK}/opinions/{opinion}", json=body, headers=headers or expert(desk))
    assert answer.status_code == expect, answer.text
    return answer.json()


async def get(desk: Desk, path: str, headers: dict[str, str], expect: int = 200, **query: str) -> Any:
    # What the gateway remembers: one reads what was just done.
    seen = {"Guichet-Position": f"dossiers={desk.run.store.head}.{desk.run.store.public_head}"}
    answer = await desk.client.get(path, params=query, headers=headers | seen)
    assert answer.status_code == expect, answer.text
    return answer.json()


async def test_the_expert_reads_that_demande_until_he_has_answered(desk: Desk) -> None:
    id, other = await filed(desk), await filed(desk)
    await desk.client.post(f"{DESK}/demandes/{id}/notes", json={"text": "Entre nous."}, headers=asker(desk))
    await get(desk, f"{DESK}/demandes/{id}", expert(desk), 404)
    opinion = (await ask(desk, id))["id"]
    seen = await get(desk, f"{DESK}/demandes/{id}", expert(desk))
    assert (seen["access"], seen["allowed"], seen["notes"], seen["labels"]) == ("expert", [], [], [])
    assert seen["answers"]
    assert not {entry["kind"] for entry in seen["history"]} & {"note", "opinion", "assigned", "label"}
    assert [one["question"] for one in seen["opinions"]] == ["Est-ce utile ?"]
    for path in (f"demandes/{other}", f"demandes/{id}/readers"):
        await get(desk, f"{DESK}/{path}", expert(desk), 404)
    for call, body in (
        ("status", {"status": "en_instruction"}),
        ("notes", {"text": "x"}),
        ("assignment", {"agent": "me"}),
    ):
        answer = await desk.client.post(f"{DESK}/demandes/{id}/{call}", json=body, headers=expert(desk))
        assert answer.status_code == 404, call
    assert (await get(desk, f"{DESK}/demandes", expert(desk)))["items"] == []
    assert (await give(desk, opinion))["status"] == "given"
    await get(desk, f"{DESK}/demandes/{id}", expert(desk), 404)


async def test_the_service_sees_the_answer_and_the_applicant_nothing_of_it(desk: Desk) -> None:
    id = await filed(desk)
    opinion = (await ask(desk, id))["id"]
    await give(desk, opinion)
    seen = await get(desk, f"{DESK}/demandes/{id}", asker(desk))
    (one,) = seen["opinions"]
    assert (one["status"], one["verdict"], one["text"]) == ("given", "reserve", "Sous conditions.")
    assert (one["expert"], one["asked_by"]["name"]) == ({"id": EXPERT, "name": "Luc Petit"}, "Jeanne Roy")
    told = [entry["label"] for entry in seen["history"] if entry["kind"] == "opinion"]
    assert told == ["Avis demandé à Luc Petit, avant le 10\xa0décembre 2026", "Avis réservé"]
    applicant = desk.as_account("a1")
    shown = await get(desk, f"/api/demandes/{id}", applicant)
    past = await get(desk, f"/api/demandes/{id}/history", applicant)
    for word in ("opinion", "Luc Petit", "Est-ce utile", "Sous conditions", "avis"):
        assert word not in str(shown), word
        assert word not in str(past), word


async def test_what_is_awaited_comes_first_in_the_experts_list(desk: Desk) -> None:
    ids = [await filed(desk) for _ in range(4)]
    asked = [
        (await ask(desk, id, due=due))["id"]
        for id, due in zip(ids, ("2026-12-03", "2026-12-02", "2026-12-09", "2026-12-08"), strict=True)
    ]
    await give(desk, asked[0])
    await desk.client.post(f"{DESK}/demandes/{ids[1]}/status", json={"status": "sans_suite"}, headers=asker(desk))
    listed = await get(desk, f"{DESK}/opinions", expert(desk))
    assert [item["id"] for item in listed["items"]] == [asked[3], asked[2], asked[1], asked[0]]
    assert [item["status"] for item in listed["items"]] == ["pending", "pending", "lapsed", "given"]
    assert listed["items"][0]["demande"]["id"] == ids[3]
    assert listed["items"][0]["service"]["slug"] == "vie-associative"
    for status, number in (("pending", 2), ("lapsed", 1), ("given", 1), ("withdrawn", 0)):
        assert len((await get(desk, f"{DESK}/opinions", expert(desk), status=status))["items"]) == number
    page, found = await get(desk, f"{DESK}/opinions", expert(desk), limit="3"), []
    found += page["items"]
    found += (await get(desk, f"{DESK}/opinions", expert(desk), limit="3", cursor=page["next"]))["items"]
    assert [item["id"] for item in found] == [item["id"] for item in listed["items"]]
    assert (await get(desk, f"{DESK}/opinions", asker(desk)))["items"] == []
    await get(desk, f"{DESK}/opinions", desk.as_account("a1"), 404)
    await give(desk, asked[1], 409)
    await get(desk, f"{DESK}/demandes/{ids[1]}", expert(desk), 404)


async def test_only_the_expert_answers_and_only_the_service_withdraws(desk: Desk) -> None:
    id = await filed(desk)
    opinion = (await ask(desk, id))["id"]
    for headers in (asker(desk), expert(desk, STRANGER), desk.as_account(EXPERT), desk.as_account("a1")):
        await give(desk, opinion, 404, headers)
    for other in ("x", "0" * 16):
        await give(desk, other, 404)
    path = f"{DESK}/opinions/{opinion}"
    assert (await desk.client.delete(path, headers=expert(desk))).status_code == 404
    stale = await desk.client.delete(path, headers=asker(desk) | {"If-Match": '"9"'})
    assert (stale.status_code, stale.json()["slug"]) == (412, "stale-version")
    answer = await desk.client.delete(path, headers=asker(desk) | {"If-Match": '"1"'})
    assert (answer.status_code, answer.json()["status"]) == (200, "withdrawn")
    await get(desk, f"{DESK}/demandes/{id}", expert(desk), 404)
    await give(desk, opinion, 409)
    assert (await ask(desk, id))["version"] == 3


async def test_an_expert_is_named_by_his_address_too(desk: Desk) -> None:
    id = await filed(desk)
    known = {"terms_version": "1", "first_name": "Luc", "last_name": "Petit", "lookup": "0"}
    created = AccountCreated.model_validate({"account": EXPERT, "email": "luc@cd.example.org", **known})
    granted = RoleGranted(account=EXPERT, role="instructeur", services=("habitat",))
    await tell(desk.run, "agents", created, granted, AccountActivated(account=EXPERT))
    for agent in ("x@y", "inconnu@cd.example.org", STRANGER, "a b", "é" * 300, ASKER):
        assert (await ask(desk, id, 422, agent=agent))["errors"][0]["pointer"] == "/agent"
    await ask(desk, id, agent="LUC@cd.example.org")
    seen = await get(desk, f"{DESK}/demandes/{id}", asker(desk))
    assert seen["opinions"][0]["expert"]["name"] == "Luc Petit"


async def test_a_request_sent_again_with_its_key_asks_once(desk: Desk) -> None:
    id = await filed(desk)
    body = {"agent": EXPERT, "question": "Est-ce utile ?", "due": "2026-12-10"}
    headers = asker(desk) | {"Idempotency-Key": "une-seule-fois"}
    first, second = [
        await desk.client.post(f"{DESK}/demandes/{id}/opinions", json=body, headers=headers) for _ in range(2)
    ]
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert second.headers["idempotency-replayed"] == "true"


async def test_the_expert_is_reminded_once_when_the_day_is_over(desk: Desk, now: FrozenClock) -> None:
    id, over = await filed(desk), await filed(desk)
    for demande in (id, over):
        await ask(desk, demande)
    await desk.client.post(f"{DESK}/demandes/{over}/status", json={"status": "sans_suite"}, headers=asker(desk))
    await remind_experts(desk.run)
    assert await reminders(desk) == []
    now.at += timedelta(days=17)
    await remind_experts(desk.run)
    await remind_experts(desk.run)
    assert await reminders(desk) == [id]
    seen = (await get(desk, f"{DESK}/opinions", expert(desk)))["items"]
    assert [(item["status"], item["late"]) for item in seen] == [("pending", True), ("lapsed", False)]


async def reminders(desk: Desk) -> list[str]:
    found = (await desk.run.store.scan(0, 500)).facts
    return [fact.event.demande for fact in found if isinstance(fact.event, OpinionDelayed)]
