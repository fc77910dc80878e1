"""Operations on many demandes: a result for each, and the way back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.dossiers.main import SERVICE
from tests.support.service import Desk, serving

DESK = "/api/backoffice/demandes"


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with serving(SERVICE, tmp_path) as running:
        yield running


async def filed(desk: Desk) -> str:
    slug = "subvention-association"
    shown = (await desk.client.get(f"/api/demarches/{slug}", headers=desk.as_anonymous())).json()
    body = {
        "demarche": slug,
        "on_behalf_of": {"kind": "association", "name": "Fanfare", "identifier": "73282932000074"},
        "answers": {field["name"]: field["example"] for field in shown["fields"] if field["example"] is not None},
    }
    answer = await desk.client.post("/api/demandes", json=body, headers=desk.as_account("a1"))
    return str(answer.json()["id"])


async def batch(desk: Desk, key: str | None = None, **body: Any) -> httpx.Response:
    headers = desk.as_account("i1", "instructeur", services=("vie-associative",))
    return await desk.client.post(
        f"{DESK}/batch", json=body, headers=headers | ({"Idempotency-Key": key} if key else {})
    )


async def seen(desk: Desk, id: str) -> Any:
    headers = desk.as_account("i1", "instructeur", services=("vie-associative",))
    return (await desk.client.get(f"{DESK}/{id}", headers=headers)).json()


async def test_every_demande_has_its_own_result(desk: Desk) -> None:
    ids = [await filed(desk) for _ in range(2)]
    await batch(desk, ids=ids[:1], action="status", status="sans_suite")
    answer = await batch(desk, ids=[*ids, "0" * 16, "'; --", ids[1]], action="status", status="en_instruction")
    assert answer.status_code == 200
    items = {item["id"]: item for item in answer.json()["items"]}
    assert len(items) == len(answer.json()["items"]) == 4
    assert items[ids[0]] == {
        "id": ids[0],
        "status": 422,
        "slug": "reason-required",
        "detail": "Indiquez le motif de la réouverture.",
    }
    assert items[ids[1]]["status"] == 200
    assert items["0" * 16]["status"] == items["'; --"]["status"] == 404
    assert (await seen(desk, ids[1]))["status"] == "en_instruction"


async def test_each_action_is_undone_by_what_the_answer_says(desk: Desk) -> None:
    ids = [await filed(desk) for _ in range(2)]
    before = [await seen(desk, id) for id in ids]
    taken = (await batch(desk, ids=ids, action="assign", agent="me")).json()
    assert taken["undo"] == [{"ids": ids, "action": "assign", "agent": None}]
    tagged = (await batch(desk, ids=ids, action="label", add=["urgent"])).json()
    assert tagged["undo"] == [{"ids": ids, "action": "label", "add": [], "remove": ["urgent"]}]
    for undo in (*tagged["undo"], *taken["undo"]):
        assert {item["status"] for item in (await batch(desk, **undo)).json()["items"]} == {200}
    for id, old in zip(ids, before, strict=True):
        now = await seen(desk, id)
        assert (now["labels"], now["assigned_to"]) == (old["labels"], old["assigned_to"])
    started = (await batch(desk, ids=ids, action="status", status="en_instruction")).json()
    assert started["undo"] == [], "a demande that is being dealt with does not become a filed one again"
    decided = (await batch(desk, ids=ids, action="status", status="acceptee", message="Bravo.")).json()
    await batch(desk, **decided["undo"][0])
    assert (await seen(desk, ids[0]))["status"] == "en_instruction"


async def test_a_repeated_batch_does_nothing_twice(desk: Desk) -> None:
    ids = [await filed(desk) for _ in range(2)]
    first = await batch(desk, "once", ids=ids, action="label", add=["urgent"])
    again = await batch(desk, "once", ids=ids, action="label", add=["urgent"])
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    other = await batch(desk, "once", ids=ids, action="label", add=["autre"])
    assert (other.status_code, other.json()["slug"]) == (422, "idempotency-mismatch")
    assert (await seen(desk, ids[0]))["labels"] == ["urgent"]


@pytest.mark.parametrize(
    "body",
    [
        {"ids": [], "action": "assign", "agent": "me"},
        {"ids": ["x"] * 101, "action": "assign", "agent": "me"},
        {"ids": ["x"], "action": "erase"},
        {"ids": ["x"], "action": "assign"},
        {"ids": ["x"], "action": "assign", "agent": "me", "status": "acceptee"},
        {"ids": ["x" * 41], "action": "label", "add": ["a"]},
        {"ids": "x", "action": "status", "status": "acceptee"},
    ],
)
async def test_a_batch_that_makes_no_sense_is_refused_whole(desk: Desk, body: dict[str, Any]) -> None:
    answer = await batch(desk, **body)
    assert (answer.status_code, answer.json()["slug"]) == (422, "invalid-request")


async def test_nobody_else_has_batches(desk: Desk) -> None:
    id = await filed(desk)
    body = {"ids": [id], "action": "assign", "agent": "me"}
    answer = await desk.client.post(f"{DESK}/batch", json=body, headers=desk.as_account("a1"))
    assert answer.status_code == 404
    other = desk.as_account("i2", "instructeur", services=("habitat",))
    answer = await desk.client.post(f"{DESK}/batch", json=body, headers=other)
    assert [item["status"] for item in answer.json()["items"]] == [404]
