"""Whatever a client sends, the answer is a refusal in French, never an error of ours."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.discussion import DEMANDE, Talk

OPEN = f"/api/backoffice/demandes/{DEMANDE}/discussion"
POST = f"/api/demandes/{DEMANDE}/discussion/messages"
MARK = f"/api/demandes/{DEMANDE}/discussion/read"

BODIES: tuple[Any, ...] = (
    None,
    [],
    "texte",
    7,
    {},
    {"body": None},
    {"body": ["Bonjour"]},
    {"body": "x" * 10_001},
    {"body": "Bonjour", "attachments": ["f000000000000001"] * 11},
    {"body": "Bonjour", "attachments": [None]},
    {"body": "Bonjour", "attachments": ["x" * 41]},
    {"body": "Bonjour", "attachments": {"0": "f000000000000001"}},
    {"body": "Bonjour", "requested_documents": {str(n): "f000000000000001" for n in range(21)}},
    {"body": "Bonjour", "requested_documents": {"x" * 5000: "f000000000000001"}},
    {"body": "Bonjour", "requested_documents": ["f000000000000001"]},
    {"body": "Bonjour", "author": "service"},
    {"body": "Bonjour", "subject": 1},
    {"subject": "x" * 201, "body": "Bonjour"},
    {"subject": "Objet", "body": "Bonjour", "requested_documents": [{"label": "x" * 201}]},
    {"subject": "Objet", "body": "Bonjour", "requested_documents": [{"label": "x"}] * 21},
    {"subject": "Objet", "body": "Bonjour", "requested_documents": [{"label": "x", "required": "yes"}]},
    {"subject": "Objet", "body": "Bonjour", "requested_documents": [{"label": "x", "due": 1764547200}]},
    {"subject": "Objet", "body": "Bonjour", "requested_documents": [{"label": "x", "due": "2026-11-23"}]},
    {"subject": "Objet", "body": "Bonjour", "requested_documents": [{"label": "x", "due": "x" * 41}]},
    {"subject": "Objet", "body": "Bonjour", "requested_documents": [{"label": "x", "id": "choisi"}]},
    {"subject": "Objet", "body": "Bonjour", "requested_documents": [None]},
    {"up_to": None},
    {"up_to": ["m000000000000001"]},
    {"up_to": "x" * 5000},
)
RAW = (
    b"",
    b"{",
    b"\xff\xfe",
    b'{"body": "\\ud800"}',
    b'{"\\ud800": 1}',
    b'{"body": "a", "requested_documents": {"\\ud800": "b"}}',
    b'{"body": "a", "attachments": ["\\udfff"]}',
    b'{"subject": "\\ud800", "body": "a"}',
    b'{"up_to": "\\ud800"}',
    b'{"body": NaN}',
    b'{"body": 1' + b"0" * 5000 + b"}",
    b"[" * 100_000,
    b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
)


@pytest.mark.parametrize("url", [OPEN, POST, MARK])
async def test_a_body_of_the_wrong_shape_is_refused(talk: Talk, url: str) -> None:
    if url != OPEN:
        await talk.opens()
    headers = talk.agent if url == OPEN else talk.applicant
    for body in BODIES:
        answer = await talk.desk.client.post(url, json=body, headers=headers)
        assert (answer.status_code, answer.json()["slug"]) == (422, "invalid-request"), body
        assert answer.headers["content-type"] == "application/problem+json"
    for raw in RAW:
        for kind in ("application/json", "text/plain"):
            answer = await talk.desk.client.post(url, content=raw, headers=headers | {"Content-Type": kind})
            assert answer.status_code == 422, raw[:40]
    assert (await talk.reads(talk.agent)).headers["etag"] == ('"0"' if url == OPEN else '"2"')


@pytest.mark.parametrize(
    ("header", "values"),
    [
        ("Idempotency-Key", ("é".encode(), b"x" * 256, b"a b", b"")),
        ("If-Match", ("é".encode(), b"x" * 256, b'"', b'W/"a"', b'"99999999999999999999"', b"1", b"")),
    ],
)
async def test_a_malformed_header_is_refused(talk: Talk, header: str, values: tuple[bytes, ...]) -> None:
    for value in values:
        headers = [*((name.encode(), text.encode()) for name, text in talk.agent.items()), (header.encode(), value)]
        answer = await talk.desk.client.post(OPEN, json={"subject": "Objet", "body": "x"}, headers=headers)
        assert (answer.status_code, answer.json()["slug"]) == (422, "invalid-request"), value


@pytest.mark.parametrize("id", ["", "%00", "..%2F..", "x" * 3000, "%F0%9F%98%80", "dem000000000000I", "%ED%A0%80"])
async def test_an_id_of_any_shape_is_not_found(talk: Talk, id: str) -> None:
    for method, url in (("GET", "/api/demandes/{}/discussion"), ("POST", "/api/demandes/{}/discussion/messages")):
        body = {"body": "Bonjour"} if method == "POST" else None
        answer = await talk.desk.client.request(method, url.format(id), json=body, headers=talk.agent)
        assert answer.status_code == 404
    internal = await talk.desk.client.get(
        f"/internal/demandes/{id}/discussion", headers=talk.desk.as_service("files", "read")
    )
    assert internal.status_code == 404


CURSORS: tuple[Any, ...] = ([], {}, [1, 2], ["a"], ["a", "b", "c"], ["a", 10**40], [None, "b"])


def _cursor(keys: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(keys).encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    ["x", "é", "[]", *map(_cursor, CURSORS)],
)
async def test_a_cursor_nobody_gave_is_refused(talk: Talk, cursor: str) -> None:
    answer = await talk.desk.client.get("/api/notifications", params={"cursor": cursor}, headers=talk.applicant)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/cursor")


@pytest.mark.parametrize("limit", ["0", "101", "-1", "x", "1e3", str(10**30)])
async def test_a_limit_out_of_bounds_is_refused(talk: Talk, limit: str) -> None:
    answer = await talk.desk.client.get("/api/notifications", params={"limit": limit}, headers=talk.applicant)
    assert answer.status_code == 422


async def test_texts_are_cleaned_of_what_nobody_can_see(talk: Talk) -> None:
    opened = await talk.opens(
        subject=" Pièces\r\nBcc: tous@example.org\x00 ", body="Un\r\ndeux\x00\x1b[2Jtrois\ttab\rquatre"
    )
    assert opened.json()["subject"] == "Pièces Bcc: tous@example.org"
    assert opened.json()["messages"][0]["body"] == "Un\ndeux[2Jtrois\ttab\nquatre"


async def test_a_text_as_long_as_allowed_passes(talk: Talk) -> None:
    opened = await talk.opens(subject="é" * 200, body="😀\r\n" * 5_000)
    assert opened.status_code == 201
    assert len(opened.json()["messages"][0]["body"]) == 10_000


texts = st.text(st.characters(), max_size=20)  # lone surrogates included
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)
fields = st.fixed_dictionaries(
    {},
    optional={
        "subject": anything,
        "body": texts | anything,
        "attachments": st.lists(st.sampled_from(["f000000000000001", "s000000000000001"]) | texts) | anything,
        "requested_documents": anything,
        "up_to": anything,
    },
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=fields, url=st.sampled_from([OPEN, POST, MARK]))
async def test_no_body_makes_it_fail(talk: Talk, body: dict[str, Any], url: str) -> None:
    headers = {**(talk.agent if url == OPEN else talk.applicant), "Content-Type": "application/json"}
    answer = await talk.desk.client.post(url, content=json.dumps(body), headers=headers)
    assert answer.status_code in (201, 204, 409, 422)
