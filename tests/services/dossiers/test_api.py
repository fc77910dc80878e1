"""The whole dossiers service: the answer, and the facts behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from services.dossiers.catalogue import shipped
from services.dossiers.main import SERVICE
from tests.support.service import Desk, serving

CONTACT = {"email": "Ada@Example.org", "first_name": "Ada", "last_name": "Martin", "postal_address": "1 rue des Lilas"}
ASSOCIATION = {"kind": "association", "name": "Fanfare des villages", "identifier": "73282932000074"}


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with serving(SERVICE, tmp_path) as running:
        yield running


async def answers_of(desk: Desk, slug: str) -> dict[str, Any]:
    demarche = (await desk.client.get(f"/api/demarches/{slug}", headers=desk.as_anonymous())).json()
    return {field["name"]: field["example"] for field in demarche["fields"] if field["example"] is not None}


async def filed(desk: Desk, headers: dict[str, str], **changes: Any) -> Any:
    body = {
        "demarche": "subvention-association",
        "on_behalf_of": ASSOCIATION,
        "contact": CONTACT,
        "answers": await answers_of(desk, "subvention-association"),
        "terms_version": "2026-11",
    } | changes
    return await desk.client.post("/api/demandes", json=body, headers=headers)


async def test_the_catalogue_shows_what_is_shipped(desk: Desk) -> None:
    answer = await desk.client.get("/api/demarches", headers=desk.as_anonymous())
    assert {item["slug"] for item in answer.json()["items"]} == {definition.slug for definition in shipped()}


async def test_a_demande_is_filed_without_an_account_and_found_by_its_tracking_number(desk: Desk) -> None:
    answer = await filed(desk, desk.as_anonymous())
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert body["status"] == "deposee"
    assert answer.headers["etag"] == '"1"'
    typed = body["tracking_number"].lower().replace("-", " ")
    found = await desk.client.post(
        "/internal/tracking",
        json={"email": "ada@example.ORG", "tracking_number": typed},
        headers=desk.as_service("identity", "read"),
    )
    assert found.json() == {"demande": body["id"]}


async def test_a_repeated_filing_answers_the_same_demande(desk: Desk) -> None:
    headers = desk.as_account("a1") | {"Idempotency-Key": "once"}
    first, again = await filed(desk, headers), await filed(desk, headers)
    assert again.status_code == 201
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    other = await filed(desk, headers, on_behalf_of={**ASSOCIATION, "name": "Autre"})
    assert (other.status_code, other.json()["slug"]) == (422, "idempotency-mismatch")


async def test_an_agent_takes_and_decides_and_the_applicant_reads_why(desk: Desk) -> None:
    id = (await filed(desk, desk.as_account("a1"))).json()["id"]
    agent = desk.as_account("i1", "instructeur", services=("vie-associative",), first_name="Jeanne", last_name="Roy")
    took = await desk.client.post(f"/api/backoffice/demandes/{id}/assignment", json={"agent": "me"}, headers=agent)
    assert took.json() == {"id": id, "assigned_to": "i1", "version": 2}
    stale = await desk.client.post(
        f"/api/backoffice/demandes/{id}/status", json={"status": "en_instruction"}, headers=agent | {"If-Match": '"1"'}
    )
    assert (stale.status_code, stale.json()["slug"]) == (412, "stale-version")
    for status, message in (("en_instruction", ""), ("refusee", "")):
        answer = await desk.client.post(
            f"/api/backoffice/demandes/{id}/status", json={"status": status, "message": message}, headers=agent
        )
    assert (answer.status_code, answer.json()["slug"]) == (422, "reason-required")
    decided = await desk.client.post(
        f"/api/backoffice/demandes/{id}/status", json={"status": "acceptee", "message": "Bravo"}, headers=agent
    )
    assert decided.json() == {"id": id, "status": "acceptee", "version": 4}
    seen = await desk.client.get(f"/api/demandes/{id}", headers=desk.as_account("a1"))
    assert seen.json()["decision"]["message"] == "Bravo"
    history = await desk.client.get(f"/api/demandes/{id}/history", headers=desk.as_account("a1"))
    kinds = [item["kind"] for item in history.json()["items"] if item["kind"] != "receipt"]
    assert kinds == ["submitted", "status", "status"]


async def test_somebody_elses_a_missing_and_a_malformed_demande_answer_alike(desk: Desk) -> None:
    id = (await filed(desk, desk.as_account("a1"))).json()["id"]
    answers = [
        await desk.client.get(f"/api/demandes/{which}", headers=desk.as_account("b2"))
        for which in (id, "0" * 16, "nimporte quoi")
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1
    nobody = await desk.client.get(f"/api/demandes/{id}", headers=desk.as_anonymous())
    assert nobody.status_code == 401


async def test_every_fault_of_a_form_is_told_at_once(desk: Desk) -> None:
    answer = await filed(desk, desk.as_anonymous(), answers={}, contact={"email": "nope"}, on_behalf_of={"kind": "x"})
    assert (answer.status_code, answer.json()["slug"]) == (422, "invalid-answers")
    pointers = {error["pointer"] for error in answer.json()["errors"]}
    assert {"/contact/email", "/contact/first_name", "/on_behalf_of/kind"} <= pointers
    assert any(pointer.startswith("/answers/") for pointer in pointers)
