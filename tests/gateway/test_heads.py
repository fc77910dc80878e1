"""What does not enter: ambiguous messages, crooked paths, floods. Spoken over a bare socket."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import urlsplit

import pytest

from gateway import protocol
from tests.support.town import Portal, Town

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def says(door: Portal, *parts: bytes) -> tuple[int, dict[str, str], bytes]:
    """Send bytes; the status, headers and body that come back before the connection ends."""
    parts_of_url = urlsplit(door.url)
    reader, writer = await asyncio.open_connection(parts_of_url.hostname, parts_of_url.port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
        lines = head.decode().split("\r\n")
        pairs = [line.partition(": ") for line in lines[1:] if line]
        headers = {name.lower(): value for name, _, value in pairs}
        body = await asyncio.wait_for(reader.readexactly(int(headers.get("content-length", "0"))), 5)
        return int(lines[0].split()[1]), headers, body
    finally:
        writer.close()


async def slug(door: Portal, *parts: bytes) -> tuple[int, Any]:
    status, headers, body = await says(door, *parts)
    assert headers["x-request-id"]
    assert headers["content-type"] == "application/problem+json"
    return status, json.loads(body)["slug"]


def request(path: str, *headers: str, method: str = "GET", body: bytes = b"") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: h", *headers, "", ""]).encode("latin-1") + body


@pytest.mark.parametrize(
    "path",
    [
        "/api/demarches/../me",
        "/api/demarches/%2e%2e/me",
        "/api/./demarches",
        "/api/demarches/..",
        "/api//demarches",
        "//api/demarches",
        "/api/demarches/a%2fb",
        "/api/demarches/a%2Fb",
        "/api/demarches/a%5cb",
        "/api/demarches/a\\b",
        "/api/demarches/a%00",
        "/api/demarches/a%0d%0aX:%20y",
        "/api/demarches/%252e%252e",
        "/api/demarches/%c0%ae%c0%ae/%2f",
        "/api/demarches/a%20b",
        "/api/demarches/a%7f",
    ],
)
async def test_a_crooked_path_does_not_exist(door: Portal, town: Town, path: str) -> None:
    assert await slug(door, request(path)) == (404, "not-found")
    assert town.heard == []


@pytest.mark.parametrize(
    "headers",
    [
        ["Content-Length: 4", "Transfer-Encoding: chunked"],
        ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"],
        ["Transfer-Encoding: chunked, identity"],
        ["Transfer-Encoding: gzip, chunked"],
        ["Transfer-Encoding: xchunked"],
        ["Content-Length: 4", "Content-Length: 5"],
        ["Content-Length: -1"],
        ["Content-Length: 4x"],
        ["Content-Length: +4"],
        ["Content-Length: 99999999999999999999"],
        ["Authorization: Bearer a", "Authorization: Bearer b"],
        ["Host: other"],
        ["Idempotency-Key: a", "Idempotency-Key: b"],
        ["X-Space : y"],
    ],
    ids=lambda headers: " | ".join(headers),
)
async def test_an_ambiguous_message_is_refused(door: Portal, town: Town, headers: list[str]) -> None:
    sent = request("/api/demandes", *headers, "Content-Type: application/json", method="POST", body=b"0\r\n\r\n")
    assert await slug(door, sent) == (400, "bad-request")
    assert town.heard == []


async def test_what_is_no_http_at_all_is_answered_in_our_words(door: Portal, town: Town) -> None:
    for sent in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 tls\r\n\r\n", b"HELLO\r\n\r\n"):
        assert await slug(door, sent) == (400, "bad-request")


async def test_headers_over_16_kb_are_refused(door: Portal, town: Town) -> None:
    town.says("dossiers", "GET /api/demarches", body={})
    fits = [f"X-H{n}: {'a' * 1000}" for n in range(15)]
    status, _, _ = await says(door, request("/api/demarches", *fits))
    assert status == 200
    too_many = [*fits, f"X-More: {'a' * 1500}"]
    assert await slug(door, request("/api/demarches", *too_many)) == (431, "headers-too-large")


async def test_a_head_that_never_ends_is_cut(door: Portal, town: Town) -> None:
    parts = [b"GET /api/demarches HTTP/1.1\r\nHost: h\r\nX-Long: ", *[b"a" * 4096] * 6]
    assert await slug(door, *parts) == (431, "headers-too-large")


async def test_a_head_that_never_comes_is_cut(door: Portal, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEAD_PATIENCE", 0.1)
    for sent in (b"", b"GET /livez HTTP/1.1\r\nHost: h\r\n", request("/livez") + b"GET /li"):
        parts = urlsplit(door.url)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        writer.write(sent)
        await asyncio.wait_for(reader.read(), 3)
        writer.close()


async def test_a_very_long_address_is_refused(door: Portal, town: Town) -> None:
    assert await slug(door, request("/api/demarches?q=" + "a" * 5000)) == (414, "uri-too-long")
    assert await slug(door, request("/api/demarches/" + "a" * 5000)) == (414, "uri-too-long")


async def test_two_requests_on_one_connection_are_answered_in_order(door: Portal, town: Town) -> None:
    parts = urlsplit(door.url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(request("/livez") + request("/nowhere", "Connection: close"))
    answers = await asyncio.wait_for(reader.read(), 3)
    assert answers.index(b"200 OK") < answers.index(b"404 Not Found")
    writer.close()


async def test_a_websocket_is_not_opened(door: Portal, town: Town) -> None:
    upgrade = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: eA==")
    town.says("dossiers", "GET /api/demarches", body={})
    status, _, _ = await says(door, request("/api/demarches", *upgrade))
    assert status in (200, 400)
    assert "upgrade" not in (town.last.headers if town.heard else {})
