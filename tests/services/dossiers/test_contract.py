"""Every answer of the service has the shape that the contract gives it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from kernel.runtime.app import application
from services.dossiers.main import SERVICE
from services.identity.events import AccountActivated, AccountCreated, RoleGranted
from tests.services.dossiers.test_colleagues import STRANGER, identity
from tests.support.foreign import tell
from tests.support.service import Desk, serving
from tests.support.town import free_socket, listening

CONTACT = {"email": "ada@example.org", "first_name": "Ada", "last_name": "Martin"}
BEHALF = {"kind": "association", "name": "Fanfare des villages", "identifier": "73282932000074"}


class Witness:
    """Compares each answer with the document, and remembers which calls it saw."""

    def __init__(self) -> None:
        self.document = application(SERVICE).openapi()
        self.seen: set[str] = set()

    async def __call__(self, response: httpx.Response) -> None:
        method, path = response.request.method.lower(), response.request.url.path
        await response.aread()
        if response.status_code >= 400 or not path.startswith("/api/"):
            return
        template = next(each for each in self.document["paths"] if self.fits(each, path))
        answers = self.document["paths"][template][method]["responses"]
        assert str(response.status_code) in answers, f"{method} {template}: {response.status_code} is not described"
        content = answers[str(response.status_code)].get("content", {}).get("application/json")
        if content:
            validator = Draft202012Validator({**content["schema"], "components": self.document["components"]})
            faults = [f"{fault.json_path}: {fault.message}" for fault in validator.iter_errors(response.json())]
            assert not faults, f"{method} {template}: {faults[:5]}"
            self.seen.add(f"{method} {template}")

    @staticmethod
    def fits(template: str, path: str) -> bool:
        return re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path) is not None


@pytest.fixture
async def witness() -> Witness:
    return Witness()


@pytest.fixture
async def desk(tmp_path: Path, witness: Witness) -> AsyncIterator[Desk]:
    async with serving(SERVICE, tmp_path) as running:
        running.client.event_hooks["response"] = [witness]
        yield running


async def body(desk: Desk) -> dict[str, Any]:
    answer = await desk.client.get("/api/demarches/subvention-association", headers=desk.as_anonymous())
    answers = {field["name"]: field["example"] for field in answer.json()["fields"] if field["example"] is not None}
    about = {"demarche": "subvention-association", "on_behalf_of": BEHALF, "contact": CONTACT, "answers": answers}
    return about | {"terms_version": "2026-11"}


async def test_the_applicants_calls_answer_as_described(desk: Desk, witness: Witness) -> None:
    me, filing = desk.as_account("a1", email="ada@example.org"), await body(desk)
    client = desk.client
    await client.get("/api/demarches", headers=me)
    without = (await client.post("/api/demandes", json=filing, headers=desk.as_anonymous())).json()
    number = {"tracking_number": without["tracking_number"]}
    assert (await client.post("/api/demandes/attachment", json=number, headers=me)).status_code == 200
    draft = (await client.post("/api/demandes", json=filing | {"submit": False}, headers=me)).json()["id"]
    await client.get(f"/api/demandes/{draft}", headers=me)
    saved = await client.patch(f"/api/demandes/{draft}/answers", json={"answers": {}}, headers=me)
    assert saved.status_code == 200
    assert (await client.post(f"/api/demandes/{draft}/submission", headers=me)).status_code == 200
    await client.get(f"/api/demandes/{draft}", headers=me)
    await client.get(f"/api/demandes/{draft}/history", headers=me)
    assert (await client.post(f"/api/demandes/{draft}/duplicate", headers=me)).status_code == 201
    assert (await client.post(f"/api/demandes/{draft}/withdrawal", json={}, headers=me)).status_code == 200
    assert len((await client.get("/api/demandes", headers=me)).json()["items"]) == 3
    assert len(witness.seen) == 11


async def test_the_agents_calls_answer_as_described(desk: Desk, witness: Witness) -> None:
    agent = desk.as_account("i1", "instructeur", services=("vie-associative",))
    id = (await desk.client.post("/api/demandes", json=await body(desk), headers=desk.as_anonymous())).json()["id"]
    one = f"/api/backoffice/demandes/{id}"
    for path, sent in (
        ("assignment", {"agent": "me"}),
        ("notes", {"text": "Dossier complet."}),
        ("labels", {"add": ["urgent"]}),
        ("status", {"status": "en_instruction"}),
        ("status", {"status": "refusee", "message": "Hors délai."}),
    ):
        assert (await desk.client.post(f"{one}/{path}", json=sent, headers=agent)).status_code < 300
    assert (await desk.client.get(one, headers=agent)).json()["decision"]["author"]["last_name"] == "Martin"
    assert (await desk.client.get("/api/backoffice/demandes", headers=agent)).status_code == 200
    grouped = {"ids": [id, "0" * 16], "action": "label", "remove": ["urgent"]}
    assert (await desk.client.post("/api/backoffice/demandes/batch", json=grouped, headers=agent)).status_code == 200
    assert (await desk.client.get("/api/backoffice/statistics", headers=agent)).json()["filed"] == 1
    assert len(witness.seen) == 10


async def test_what_agents_ask_each_other_answers_as_described(tmp_path: Path, witness: Witness) -> None:
    door = free_socket()
    url = f"http://127.0.0.1:{door.getsockname()[1]}"
    async with listening(identity(), door), serving(SERVICE, tmp_path, identity_url=url) as desk:
        desk.client.event_hooks["response"] = [witness]
        agent = desk.as_account("i1", "instructeur", services=("vie-associative",))
        expert = desk.as_account(STRANGER, "instructeur", services=("habitat",))
        id = (await desk.client.post("/api/demandes", json=await body(desk), headers=desk.as_anonymous())).json()["id"]
        office, asked = "/api/backoffice", {"agent": STRANGER, "question": "Utile ?"}
        asked["due"] = (datetime.now(UTC) + timedelta(days=9)).date().isoformat()
        first, second = f"{office}/demandes/{id}/opinions", {"verdict": "favorable", "text": "Utile."}
        opinion = (await desk.client.post(first, json=asked, headers=agent)).json()["id"]
        await desk.client.get(f"{office}/demandes/{id}", headers=expert)
        assert (await desk.client.post(f"{office}/opinions/{opinion}", json=second, headers=expert)).status_code == 200
        opinion = (await desk.client.post(first, json=asked, headers=agent)).json()["id"]
        assert (await desk.client.delete(f"{office}/opinions/{opinion}", headers=agent)).status_code == 200
        assert len((await desk.client.get(f"{office}/opinions", headers=expert)).json()["items"]) == 2
        assert len((await desk.client.get(f"{office}/demandes/{id}", headers=agent)).json()["opinions"]) == 2
        assert (await desk.client.get(f"{office}/demandes/{id}/readers", headers=agent)).json()["items"]
        view = {"name": "Lundi", "filters": {"tab": "a_prendre", "alert": "urgent"}}
        await desk.client.put(f"{office}/views/lundi", json=view, headers=agent)
        assert (await desk.client.get(f"{office}/views", headers=agent)).json()["items"]
        person = AccountCreated(
            account="a9", terms_version="1", email="l@x.org", first_name="Luc", last_name="Roy", lookup="0"
        )
        granted = RoleGranted(account="a9", role="instructeur", services=("vie-associative",))
        await tell(desk.run, "agents", person, granted, AccountActivated(account="a9"))
        assert (await desk.client.get(f"{office}/colleagues", headers=agent)).json()["items"]
    assert len(witness.seen) == 11


async def test_the_administrators_calls_answer_as_described(desk: Desk, witness: Witness) -> None:
    chief = desk.as_account("c1", "administrateur")
    listed = await desk.client.get("/api/backoffice/demarches", headers=chief)
    slug = listed.json()["items"][0]["slug"]
    closed = await desk.client.post(f"/api/backoffice/demarches/{slug}/closure", headers=chief)
    assert closed.status_code == 200
    shown = (await desk.client.get(f"/api/demarches/{slug}", headers=chief)).json()
    del shown["open"]
    again = await desk.client.put(f"/api/backoffice/demarches/{slug}", json=shown, headers=chief)
    assert again.status_code == 200, again.text
    assert len(witness.seen) == 4


def test_every_call_says_what_it_answers(witness: Witness) -> None:
    silent = [
        f"{method} {path}"
        for path, operations in witness.document["paths"].items()
        for method, operation in operations.items()
        if path.startswith("/api/")
        and any(
            content.get("schema") in (None, {})
            for code, answer in operation["responses"].items()
            if code[0] == "2"
            for content in answer.get("content", {}).values()
        )
    ]
    assert not silent, silent
