"""Bodies: how large, how slow, and what happens when the client leaves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest

from gateway import visits
from gateway.routes import SMALL, UPLOAD
from tests.support.town import Portal, Town

pytestmark = pytest.mark.asyncio(loop_scope="module")
JSON = {"Content-Type": "application/json"}


async def pieces(total: int) -> AsyncIterator[bytes]:
    """A body without a declared length."""
    for start in range(0, total, 50_000):
        yield b"x" * min(50_000, total - start)


async def test_a_json_body_may_have_256_kb_and_no_more(door: Portal, town: Town) -> None:
    town.says("dossiers", "POST /api/demandes", 201, {})
    for declared in (True, False):
        for size, wanted in ((SMALL, 201), (SMALL + 1, 413)):
            content = b"x" * size if declared else pieces(size)
            answer = await door.client.post("/api/demandes", content=content, headers=JSON)
            assert answer.status_code == wanted
    assert (answer.json()["slug"], answer.json()["detail"]) == (
        "too-large",
        "L'envoi dépasse la taille autorisée (256 ko). Réduisez-le, puis recommencez.",
    )
    assert [len(heard.body) for heard in town.heard] == [SMALL, SMALL]


async def test_an_upload_may_have_5_mib_and_a_half_and_no_more(door: Portal, town: Town) -> None:
    town.says("files", "POST /api/demandes/d1/files", 201, {})
    bearer = town.signs_in()
    for declared in (True, False):
        for size, wanted in ((UPLOAD, 201), (UPLOAD + 1, 413)):
            content = b"x" * size if declared else pieces(size)
            answer = await door.client.post("/api/demandes/d1/files", content=content, headers=bearer)
            assert answer.status_code == wanted
    assert answer.json()["slug"] == "too-large"
    assert "5 Mo" in answer.json()["detail"]
    assert [len(heard.body) for heard in town.heard] == [UPLOAD, UPLOAD]


async def test_a_body_announced_far_too_large_is_refused_before_it_is_read(door: Portal, town: Town) -> None:
    parts = urlsplit(door.url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(b"POST /api/demandes HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 999999999\r\n\r\n")
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 3)
    assert b" 413 " in head.splitlines()[0]
    writer.close()


async def test_a_refused_upload_still_lets_its_client_hear_why(door: Portal, town: Town) -> None:
    content = b"x" * 20_000_000
    answer = await door.client.post("/api/demandes/d1/files", content=content, headers=town.signs_in())
    assert answer.status_code == 413
    answer = await door.client.post("/api/demandes/d1/files", content=content[:3_000_000])
    assert answer.status_code == 401


async def test_a_service_that_answers_before_the_end_of_an_upload_is_heard(door: Portal, town: Town) -> None:
    answer = await door.client.post("/api/demandes/d1/files", content=pieces(3_000_000), headers=town.signs_in())
    assert answer.status_code == 404


async def test_a_slow_body_is_given_up(door: Portal, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visits, "PATIENCE", 0.1)
    parts = urlsplit(door.url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(b"POST /api/demandes HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n{")
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 3)
    assert b" 408 " in head.splitlines()[0]
    writer.close()
    assert town.heard == []


@pytest.mark.parametrize("path", ["/api/demandes", "/api/demandes/d1/files"])
async def test_a_client_that_leaves_in_the_middle_of_its_body_changes_nothing(
    door: Portal, town: Town, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    bearer = town.signs_in()["Authorization"]
    parts = urlsplit(door.url)
    for _ in range(3):
        _, writer = await asyncio.open_connection(parts.hostname, parts.port)
        head = f"POST {path} HTTP/1.1\r\nHost: h\r\nAuthorization: {bearer}\r\nContent-Length: 100000\r\n\r\n"
        writer.write(head.encode() + b"x" * 70_000)
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.close()
        await writer.wait_closed()
    await asyncio.sleep(0.1)
    assert town.heard == []
    assert (await door.client.get("/livez")).status_code == 200
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []
