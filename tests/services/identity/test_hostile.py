"""Whatever arrives, the answer is a problem in French and never an error of ours."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from tests.support.people import PASSWORD, People

FIELDS = {
    "POST /api/accounts": ("email", "password", "first_name", "last_name", "terms_version", "security_question"),
    "POST /api/accounts/activation": ("token", "password"),
    "POST /api/accounts/activation/resend": ("email",),
    "POST /api/sessions": ("email", "password", "code"),
    "POST /api/tracking-sessions": ("email", "tracking_number"),
    "PATCH /api/me": ("first_name", "last_name", "phone", "postal_address"),
    "DELETE /api/me": ("password",),
    "POST /api/me/terms": ("version",),
    "POST /api/me/password": ("current", "password"),
    "POST /api/me/email": ("email", "password"),
    "POST /api/me/email/confirmation": ("token",),
    "POST /api/me/second-factor": ("anything",),
    "POST /api/me/second-factor/confirmation": ("code",),
    "DELETE /api/me/second-factor": ("password", "code"),
    "POST /api/password-resets": ("email",),
    "POST /api/password-resets/confirmation": ("token", "password"),
    "POST /api/backoffice/agents": ("email", "first_name", "last_name", "role", "services"),
    "PUT /api/backoffice/agents/0000000000000000": ("services",),
    "POST /internal/sessions/verify": ("token",),
    "POST /internal/agents": ("email", "first_name", "last_name", "role", "services"),
}
GOOD: dict[str, Any] = {
    "password": PASSWORD,
    "current": PASSWORD,
    "version": "2026-11",
    "code": "123456",
    "first_name": "Ada",
    "last_name": "Martin",
    "terms_version": "2026-11",
    "tracking_number": "0000-0000-0000-0000",
    "role": "auditeur",
    "services": [],
}
EXTRAS: list[dict[str, str]] = [{}, {"Idempotency-Key": "k"}, {"If-Match": '"1"'}]
BODIES = [
    b"",
    b"null",
    b"[]",
    b'"x"',
    b"{",
    b"\xff\xfe\x00",
    b'{"email":"\\ud800","password":"\\udfff","token":"\\ud800"}',
    b'{"\\ud800":1}',
    b'{"security_question":{"id":"\\ud800","answer":"\\ud800"}}',
    b'{"security_question":{"id":1e999,"answer":' + b"9" * 5000 + b"}}",
    b'{"security_question":[[[]]]}',
    b"[" * 200_000,
    b'{"email":' * 50_000,
    b'{"email":1e400}',
    b'{"email":NaN}',
    b'{"email":"a","email":"b"}',
    b'{"email":"' + b"a" * 500_000 + b'"}',
]
VALUES: list[Any] = [
    None,
    True,
    0,
    -1.5,
    "",
    " ",
    "\x00",
    "a\x00@example.org",
    "\u202eada",
    "x" * 100_000,
    "é" * 300,
    [],
    {},
    [["x"]],
    {"id": None, "answer": None},
    {"id": "x" * 100_000, "answer": "x" * 100_000},
    "'; DROP TABLE session; --",
    "%s%n{0}{{",
]


async def headers_for(people: People, path: str) -> dict[str, str]:
    """Headers of whoever may make that call."""
    if path.startswith("/internal/sessions"):
        return people.desk.as_service("gateway", "read")
    if path.startswith("/internal"):
        return people.desk.as_service("console", "operate")
    if path.startswith("/api/backoffice"):
        return people.desk.as_account("0" * 16, "administrateur")
    if path.startswith("/api/me"):
        await people.joins()
        return await people.enters()
    return people.desk.as_anonymous()


def limited(path: str) -> bool:
    """Whether refusals add up: these calls try a password or a code, and soon only say « plus tard »."""
    return path.startswith("/api/me") or path == "/api/sessions"


@pytest.mark.parametrize("call", FIELDS)
async def test_no_body_makes_us_stumble(people: People, call: str) -> None:
    method, path = call.split()
    headers = await headers_for(people, path)
    for body in BODIES:
        for media_type in ("application/json", "text/plain", "application/json; charset=utf-16", ""):
            answer = await people.desk.client.request(
                method, path, content=body, headers=headers | {"Content-Type": media_type}
            )
            assert answer.status_code < 500, (body[:60], media_type, answer.text)


@pytest.mark.parametrize("call", FIELDS)
async def test_no_value_of_a_field_makes_us_stumble(people: People, call: str) -> None:
    method, path = call.split()
    known = await headers_for(people, path)
    for number, (extra, name, value) in enumerate(itertools.product(EXTRAS, FIELDS[call], VALUES)):
        headers = known | {"Content-Type": "application/json"} | extra
        # Another address and token each time, else the limits answer before anything is read.
        good = {
            "email": f"p{number}@example.org",
            "token": f"{number:043}",
            "security_question": await people.question(),
        }
        body = {field: good.get(field, GOOD.get(field)) for field in FIELDS[call]} | {name: value}
        answer = await people.desk.client.request(method, path, content=json.dumps(body), headers=headers)
        unavailable = path == "/api/tracking-sessions" and answer.status_code == 503  # nobody plays dossiers here
        assert answer.status_code not in (401, 429) or limited(path), (name, value, answer.text)
        assert answer.status_code < 500 or unavailable, (name, value, answer.text)
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json"
            assert "Traceback" not in answer.text


@pytest.mark.parametrize("path", ["/api/sessions/%00", "/api/sessions/%ED%A0%80", "/api/sessions/" + "x" * 5000])
async def test_no_path_makes_us_stumble(people: People, path: str) -> None:
    answer = await people.desk.client.delete(path, headers=people.desk.as_account("0" * 16))
    assert answer.status_code == 404
