"""Addresses, queries, headers and uploads that mean no good: refused in words, never a 5xx."""

from __future__ import annotations

import base64
import json
import socket
from collections.abc import Iterator
from itertools import product
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from console.demo.command import PIECES
from console.demo.portal import Portal
from gateway.table import ROUTES
from tests.support.commands import ADMITTED
from tests.support.refusals import faults_of
from tests.support.scene import Scene
from tests.support.stack import SERVICES, Stack, elsewhere

pytestmark = pytest.mark.journey


def cursor(value: Any) -> str:
    """A cursor as the API would make it, around something else."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


CURSORS = (
    *("", "x", "===", "%00", "%ff", "x" * 401, "%C3%A9"),
    *map(cursor, ([], {}, [None], [1], ["a"], [10**30, "a"], ["a", 10**30], ["\ud800", "a"], ["a"] * 50, ["a\0", "b"])),
    *map(cursor, ([True, False], [[1], "a"], [1.5, "a"], "a", 1, None)),
)
NUMBERS = (
    *("0", "-1", "101", "1000000", "9" * 30, "1.5", "1e3", "x", "", "%00", "+1", "%205", "true"),
    *("-9223372036854775809", "9223372036854775808", "%EF%BC%91"),
)
DATES = (
    *("x", "", "2026-13-45", "0000-00-00", "0001-01-01", "9999-12-31", "2026-11-24T25:00:00Z", "0001-01-01T00:00:00"),
    *("0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00", "1", "1e10", "-1", "99999999999999", "NaN", "inf"),
    *("2026-11-24T10:00:00.123456789Z", "2026-11-24T10:00:00%2B99:99", "%00"),
)
TEXTS = (
    *("", "%00", "%ff", "%ED%A0%80", "x" * 3000, "%C3%A9", "%27", "%25", "*", "%22" * 50, "[", "(", "%5C", "-"),
    *("%E2%80%AE", "AND%20OR%20NOT", "NEAR(", "%22x", "a%0D%0Ab"),
)
QUERIES = [route for route in ROUTES if route.method == "GET" and route.path.startswith("/api/")]


def queries(scene: Scene, contract: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """A caller who may ask, and what he asks: every parameter of the contract, and every id, out of shape."""
    for route in QUERIES:
        known = contract["paths"].get(route.path, {}).get("get", {}).get("parameters", ())
        named = [parameter["name"] for parameter in known if parameter["in"] == "query"]
        who, path = ADMITTED[route.who], scene.path(route.path)
        for name, value in product(named, (*TEXTS, *NUMBERS, *DATES, *CURSORS)):
            yield who, f"{path}?{name}={value}"
        if route.path.endswith("}"):
            yield from ((who, f"{path.rpartition('/')[0]}/{value or '~'}") for value in TEXTS)
    yield "auditeur", f"{scene.path('/api/audit/{service}/streams/{stream}')}?at=2026-01-01T00:00:00Z&version=1"
    yield from (("auditeur", f"/api/audit/dossiers/streams/dossiers.{value}") for value in TEXTS)
    yield "owner", "/api/demandes?" + "&".join("a=1" for _ in range(900))
    yield "owner", "/api/demandes?" + "a" * 5_000


def test_a_query_that_is_no_good_is_refused_or_finds_nothing(stack: Stack, scene: Scene) -> None:
    wrong, count = {}, 0
    for who, asked in queries(scene, stack.portal().get("/api/openapi.json")):
        portal = scene.callers[who]
        answer = portal.client.get(asked, headers=portal._headers | elsewhere())
        count += 1
        if answer.status_code != 200 and (said := faults_of(answer)):
            wrong[asked[:120]] = said
    assert wrong == {}
    assert count > 2_000


@pytest.mark.parametrize("name", ["limit", "cursor"])
def test_a_limit_or_a_cursor_that_is_none_is_refused(scene: Scene, name: str) -> None:
    values = ("0", "-1", "101", "x", "") if name == "limit" else CURSORS[1:4]
    for path, value in product(("/api/demandes", "/api/backoffice/demandes", "/api/notifications"), values):
        portal = scene.callers["agent" if "backoffice" in path else "owner"]
        refused = portal.call("GET", f"{path}?{name}={value}", expect=422).body
        assert (refused["slug"], refused["errors"][0]["pointer"]) == ("invalid-request", f"/{name}")


def raw(stack: Stack, request: bytes) -> bytes:
    """What the gateway answers to bytes that no client library would send."""
    where = urlsplit(stack.urls["gateway"])
    with socket.create_connection((where.hostname, where.port), timeout=10) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while part := connection.recv(65_536):
            answer += part
        return answer


REQUESTS = {
    "a header of 20 kB": (b"GET /api/terms HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 20_000 + b"\r\n\r\n", 431),
    "headers without end": (b"GET /api/terms HTTP/1.1\r\n" + b"X: a\r\n" * 3_700, 431),
    "500 headers": (
        b"GET /api/terms HTTP/1.1\r\nHost: x\r\n" + b"X: aaaaaaaaaaaaaaaaaaaaaaaa\r\n" * 800 + b"\r\n",
        431,
    ),
    "an address of 10 kB": (b"GET /" + b"a" * 10_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
    "two lengths": (b"POST /api/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400),
    "a length and chunks": (
        b"POST /api/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    "a negative length": (b"POST /api/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400),
    "a huge length": (b"POST /api/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999\r\n\r\n", 413),
    "no HTTP": (b"bonjour\r\n\r\n", 400),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64, 400),
    "a NUL in a header": (b"GET /api/terms HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n", 400),
    "two tokens": (b"GET /api/me HTTP/1.1\r\nHost: x\r\nAuthorization: a\r\nAuthorization: b\r\n\r\n", 400),
    "a path that climbs": (b"GET /api/../internal/agents HTTP/1.1\r\nHost: x\r\n\r\n", 404),
    "a path with a hidden slash": (b"GET /api/demandes/..%2f..%2finternal HTTP/1.1\r\nHost: x\r\n\r\n", 404),
    "a path with a hidden NUL": (b"GET /api/demandes/a%00b HTTP/1.1\r\nHost: x\r\n\r\n", 404),
    "a path encoded twice": (b"GET /api/demandes/%252e%252e HTTP/1.1\r\nHost: x\r\n\r\n", 404),
    "a double slash": (b"GET //api/terms HTTP/1.1\r\nHost: x\r\n\r\n", 404),
    "another method": (b"BREW /api/terms HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "a known method that is not taken": (b"DELETE /api/terms HTTP/1.1\r\nHost: x\r\n\r\n", 405),
}


@pytest.mark.parametrize("what", REQUESTS)
def test_a_request_that_is_none_is_refused_in_words(stack: Stack, what: str) -> None:
    request, status = REQUESTS[what]
    head, _, body = raw(stack, request).partition(b"\r\n\r\n")
    assert head.split(b" ", 2)[1] == str(status).encode(), head
    assert b"content-type: application/problem+json" in head.lower()
    assert json.loads(body)["status"] == status


@pytest.mark.parametrize("name", ["Idempotency-Key", "If-Match"])
@pytest.mark.parametrize("value", [b"", b"\xff", b"a b", b"x" * 300, b'"', b'"a"', b'"1", "2"', b"1", b'W/"x"'])
def test_a_precondition_or_a_key_that_is_none_is_refused_or_harmless(scene: Scene, name: str, value: bytes) -> None:
    before, portal = scene.stack.facts("dossiers"), scene.callers["agent"]
    path = f"/api/backoffice/demandes/{scene.demande}/status"
    headers = {b"Authorization": portal._headers["Authorization"].encode(), name.encode(): value}
    answer = portal.client.post(path, json={"status": "deposee"}, headers=headers)
    assert faults_of(answer) == []
    assert scene.stack.facts("dossiers") == before


def multipart(boundary: str, *parts: tuple[str, bytes]) -> bytes:
    """A multipart body written by hand."""
    lines = [f"--{boundary}\r\n{head}\r\n\r\n".encode() + content + b"\r\n" for head, content in parts]
    return b"".join(lines) + f"--{boundary}--\r\n".encode()


FILE = 'Content-Disposition: form-data; name="file"; filename="{}"\r\nContent-Type: {}'
PDF = (PIECES / "attestation.pdf").read_bytes()
UPLOADS: dict[str, tuple[str, bytes]] = {
    "no multipart": ("application/pdf", PDF),
    "no boundary": ("multipart/form-data", PDF),
    "another boundary": ("multipart/form-data; boundary=a", multipart("b", (FILE.format("a.pdf", "a/b"), PDF))),
    "cut short": ("multipart/form-data; boundary=a", multipart("a", (FILE.format("a.pdf", "a/b"), PDF))[:300]),
    "no field": ("multipart/form-data; boundary=a", multipart("a")),
    "another field": (
        "multipart/form-data; boundary=a",
        multipart("a", ('Content-Disposition: form-data; name="x"; filename="a.pdf"', PDF)),
    ),
    "a text for a file": (
        "multipart/form-data; boundary=a",
        multipart("a", ('Content-Disposition: form-data; name="file"', b"bonjour")),
    ),
    "an empty file": (
        "multipart/form-data; boundary=a",
        multipart("a", (FILE.format("a.pdf", "application/pdf"), b"")),
    ),
    "2,000 fields": (
        "multipart/form-data; boundary=a",
        multipart("a", *((f'Content-Disposition: form-data; name="f{n}"', b"x") for n in range(2_000))),
    ),
    "a document that does not exist": (
        "multipart/form-data; boundary=a",
        multipart(
            "a",
            (FILE.format("a.pdf", "application/pdf"), PDF),
            ('Content-Disposition: form-data; name="requested_document"', b"../../x"),
        ),
    ),
    "a program": (
        "multipart/form-data; boundary=a",
        multipart("a", (FILE.format("a.pdf", "application/pdf"), b"MZ" + b"\0" * 400)),
    ),
    "a long name that is none": (
        "multipart/form-data; boundary=a",
        multipart("a", (FILE.format("../" * 3_000 + "\x01\x02.exe", "x" * 500), b"#!/bin/sh")),
    ),
    "headers without end": ("multipart/form-data; boundary=a", b"--a\r\n" + b"X: y\r\n" * 20_000),
}


@pytest.mark.parametrize("what", UPLOADS)
def test_an_upload_that_is_none_is_refused(scene: Scene, what: str) -> None:
    kind, content = UPLOADS[what]
    portal = scene.callers["owner"]
    headers = portal._headers | {"Content-Type": kind}
    answer = portal.client.post(f"/api/demandes/{scene.demande}/files", content=content, headers=headers)
    assert faults_of(answer) == []


def test_an_upload_that_is_too_large_is_refused_whole_or_streamed(scene: Scene) -> None:
    portal, path = scene.callers["owner"], f"/api/demandes/{scene.demande}/files"
    for size in (5_242_881, 6_000_000, 20_000_000):
        answer = portal.client.post(path, headers=portal._headers, files={"file": ("a.pdf", b"x" * size, "a/b")})
        assert (answer.status_code, answer.json()["slug"]) == (413, "too-large"), size
        assert faults_of(answer) == []


def test_after_all_this_every_service_is_well(stack: Stack, scene: Scene) -> None:
    for name in (*SERVICES, "gateway"):
        assert httpx.get(f"{stack.urls[name]}/readyz", timeout=10).status_code == 200
    auditor: Portal = scene.callers["auditeur"]
    for service in SERVICES:
        report = auditor.call("POST", f"/api/audit/{service}/verification", expect=(200, 202)).body
        assert report["ok"], report["faults"]
