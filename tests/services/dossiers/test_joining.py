"""A demande filed without an account joins the account of the same proven address."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

from services.discussion.main import SERVICE as DISCUSSION
from services.dossiers.events import DemandeJoined
from services.files.main import SERVICE as FILES
from services.files.projections import access as files_access
from tests.support.dossiers import DEMANDE, filing, submitted
from tests.support.foreign import tell
from tests.support.service import Desk, serving


async def joins(desk: Desk, number: str, account: str = "a1", email: str = "ada@example.org") -> httpx.Response:
    return await desk.client.post(
        "/api/demandes/attachment", json={"tracking_number": number}, headers=desk.as_account(account, email=email)
    )


async def filed(desk: Desk) -> dict[str, Any]:
    answer = await filing(desk, desk.as_anonymous())
    body: dict[str, Any] = answer.json()
    return body


async def test_the_owner_of_the_address_finds_it_in_his_account(desk: Desk) -> None:
    body = await filed(desk)
    answer = await joins(desk, body["tracking_number"].lower().replace("-", " "))
    assert answer.status_code == 200, answer.text
    assert (answer.json()["id"], answer.json()["reference"]) == (body["id"], body["reference"])
    mine = await desk.client.get("/api/demandes", headers=desk.as_account("a1"))
    assert [item["id"] for item in mine.json()["items"]] == [body["id"]]
    seen = await desk.client.get(f"/api/demandes/{body['id']}", headers=desk.as_account("a1"))
    assert seen.status_code == 200
    tracked = await desk.client.get(f"/api/demandes/{body['id']}", headers=desk.as_tracking(body["id"]))
    assert tracked.status_code == 200
    again = await joins(desk, body["tracking_number"])
    assert (again.status_code, again.json()["version"]) == (200, answer.json()["version"])
    inside = await desk.client.get(f"/internal/demandes/{body['id']}", headers=desk.as_service("files", "read"))
    assert inside.json()["owner"] == "a1"


async def test_every_mismatch_answers_alike(desk: Desk) -> None:
    body = await filed(desk)
    number = body["tracking_number"]
    await joins(desk, number, "a2")
    answers = [
        await joins(desk, number, "a1"),
        await joins(desk, number, "a1", email="zoe@example.org"),
        await joins(desk, "0000-0000-0000-0000"),
        await joins(desk, "é" * 80),
        await joins(desk, ""),
    ]
    assert {(answer.status_code, answer.json()["slug"]) for answer in answers} == {(422, "unknown-tracking")}
    assert len({answer.text for answer in answers}) == 1
    for headers in (desk.as_anonymous(), desk.as_tracking(body["id"])):
        answer = await desk.client.post("/api/demandes/attachment", json={"tracking_number": number}, headers=headers)
        assert answer.status_code == 401


async def test_discussion_and_files_follow_it(tmp_path: Path) -> None:
    joined = DemandeJoined(demande=DEMANDE, owner="a1")
    async with serving(DISCUSSION, tmp_path, dossiers_url="http://127.0.0.1:9") as desk:
        await tell(desk.run, "access", submitted(), joined)
        await tell(desk.run, "notifications", submitted(), joined)
        seen = await desk.client.get(f"/api/demandes/{DEMANDE}/discussion", headers=desk.as_account("a1"))
        assert seen.status_code == 200
        other = await desk.client.get(f"/api/demandes/{DEMANDE}/discussion", headers=desk.as_account("b2"))
        assert other.status_code == 404
    nowhere: dict[str, Any] = {"s3_url": "http://127.0.0.1:9", "s3_access_key": "k", "s3_secret_key": SecretStr("s")}
    async with serving(FILES, tmp_path, dossiers_url="http://127.0.0.1:9", **nowhere) as desk:
        await tell(desk.run, "access", submitted(), joined)
        row = await files_access.demande(await desk.run.view(files_access.projection), DEMANDE)
        assert row == {"owner": "a1", "service": "vie-associative"}
