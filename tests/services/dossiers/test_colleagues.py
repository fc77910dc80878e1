"""Work handed to a colleague: identity says who he is, and whether he belongs to the service."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.responses import JSONResponse

from services.dossiers.main import SERVICE
from tests.support.service import Desk, serving
from tests.support.town import free_socket, listening

DESK = "/api/backoffice/demandes"
AGENTS = {
    "0123456789abcdef": {"first_name": "Jeanne", "last_name": "Roy", "services": ["vie-associative"]},
    "0123456789abcdeg": {"first_name": "Luc", "last_name": "Petit", "services": ["habitat"]},
}
COLLEAGUE, STRANGER = AGENTS


def identity() -> FastAPI:
    """The one internal door this needs."""
    app = FastAPI()

    @app.get("/internal/agents/{id}")
    async def one(id: str) -> JSONResponse:
        known = AGENTS.get(id)
        return JSONResponse({"id": id, **known} if known else {"slug": "not-found"}, 200 if known else 404)

    return app


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    door = free_socket()
    url = f"http://127.0.0.1:{door.getsockname()[1]}"
    async with listening(identity(), door), serving(SERVICE, tmp_path, identity_url=url) as running:
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


async def post(desk: Desk, path: str, **body: Any) -> httpx.Response:
    headers = desk.as_account("i1", "instructeur", services=("vie-associative",))
    return await desk.client.post(f"{DESK}/{path}", json=body, headers=headers)


async def test_a_demande_is_handed_to_a_colleague_and_the_list_names_him(desk: Desk) -> None:
    id = await filed(desk)
    answer = await post(desk, f"{id}/assignment", agent=COLLEAGUE)
    assert answer.json()["assigned_to"] == COLLEAGUE
    headers = desk.as_account("i1", "instructeur", services=("vie-associative",))
    (row,) = (await desk.client.get(DESK, params={"assigned": COLLEAGUE}, headers=headers)).json()["items"]
    assert (row["assigned_to"], row["assigned_name"]) == (COLLEAGUE, "Jeanne Roy")


@pytest.mark.parametrize("agent", [STRANGER, "0123456789abcdeh", "nobody", ""])
async def test_nobody_outside_the_service_is_given_a_demande(desk: Desk, agent: str) -> None:
    answer = await post(desk, f"{await filed(desk)}/assignment", agent=agent)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/agent")


async def test_a_batch_is_handed_over_and_given_back_to_whom_it_came_from(desk: Desk) -> None:
    mine, free = await filed(desk), await filed(desk)
    await post(desk, f"{mine}/assignment", agent="me")
    answer = (await post(desk, "batch", ids=[mine, free], action="assign", agent=COLLEAGUE)).json()
    assert {item["status"] for item in answer["items"]} == {200}
    assert answer["undo"] == [
        {"ids": [mine], "action": "assign", "agent": "i1"},
        {"ids": [free], "action": "assign", "agent": None},
    ]
    refused = (await post(desk, "batch", ids=[free], action="assign", agent=STRANGER)).json()
    assert [(item["status"], item["slug"]) for item in refused["items"]] == [(422, "invalid-request")]
