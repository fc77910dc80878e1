"""When a service is away: a French 503, at once, and nothing else falls."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.support.town import Portal, Town, portal


def assert_unavailable(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.json()["slug"]) == (503, "unavailable")
    assert answer.headers["retry-after"] == "2"
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-request-id"]


async def test_a_service_that_is_away_is_said_so_and_the_others_go_on(tmp_path: Path) -> None:
    async with portal(tmp_path, down=("discussion",)) as door:
        bearer = door.town.signs_in()
        door.town.says("dossiers", "GET /api/demandes", body={"items": []})
        assert_unavailable(await door.client.get("/api/notifications", headers=bearer))
        assert (await door.client.get("/api/demandes", headers=bearer)).status_code == 200


async def test_without_identity_the_catalogue_stays_open_and_nobody_is_taken_for_somebody_else(
    tmp_path: Path,
) -> None:
    async with portal(tmp_path, down=("identity",)) as door:
        door.town.says("dossiers", "GET /api/demarches", body={"items": []})
        door.town.says("dossiers", "POST /api/demandes", 201, {})
        cookie = {"Cookie": "guichet=some-token", "Sec-Fetch-Site": "same-origin"}
        assert (await door.client.get("/api/demarches", headers=cookie)).status_code == 200
        assert door.town.last.principal.kind == "anonymous"
        assert_unavailable(await door.client.post("/api/demandes", json={}, headers=cookie))
        assert_unavailable(await door.client.get("/api/demandes", headers=cookie))
        assert_unavailable(await door.client.get("/api/demandes", headers={"Authorization": "Bearer t"}))
        assert_unavailable(await door.client.post("/api/sessions", json={}))
        assert (await door.client.post("/api/demandes", json={})).status_code == 201


@pytest.mark.asyncio(loop_scope="module")
async def test_an_answer_that_breaks_off_is_no_answer(door: Portal, town: Town) -> None:
    town.says("dossiers", "GET /api/demarches", body=b"{}", Content_Length="100")
    assert_unavailable(await door.client.get("/api/demarches"))


@pytest.mark.asyncio(loop_scope="module")
async def test_a_stream_that_breaks_off_is_cut_and_not_completed(door: Portal, town: Town) -> None:
    town.streams("identity", "GET /audit/events", b"x" * 10, Content_Length="1000000")
    bearer = town.signs_in("auditeur")
    with pytest.raises(httpx.RemoteProtocolError):
        await door.client.get("/api/audit/identity/events", headers=bearer)
    assert (await door.client.get("/livez")).status_code == 200
