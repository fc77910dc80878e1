"""The HTTP edge of every service, met through a toy: problems, preconditions, idempotency, positions, health."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from kernel.errors import Kind
from kernel.http.problems import STATUSES
from tests.support.service import Desk, serving
from tests.support.toy import SERVICE

PROBLEM = "application/problem+json"


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with serving(SERVICE, tmp_path) as running:
        yield running


@pytest.fixture
async def one(desk: Desk) -> str:
    """A counter."""
    id: str = (await desk.client.post("/api/counters", headers=desk.as_account("a1"))).json()["id"]
    return id


def assert_problem(answer: httpx.Response, status: int, slug: str) -> dict[str, Any]:
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM), answer.text
    body: dict[str, Any] = answer.json()
    assert (body["type"], body["slug"], body["status"]) == (f"urn:guichet:problem:{slug}", slug, status)
    assert body["title"]
    assert body["detail"].endswith(".")
    assert "x-request-id" in answer.headers
    return body


@pytest.mark.parametrize("kind", list(Kind))
async def test_every_kind_of_refusal_is_a_problem(desk: Desk, kind: Kind) -> None:
    answer = await desk.client.get(f"/api/refusals/{kind}", headers=desk.as_account("a1"))
    assert assert_problem(answer, STATUSES[kind], f"for-{kind}")["detail"] == "Non, pour telle raison."
    assert answer.headers.get("retry-after") == ("7" if kind is Kind.UNAVAILABLE else None)


async def test_a_missing_page_and_a_wrong_method_are_problems(desk: Desk) -> None:
    assert_problem(await desk.client.get("/nowhere"), 404, "not-found")
    assert_problem(await desk.client.get("/api/counters/"), 404, "not-found")
    wrong = await desk.client.delete("/api/counters", headers=desk.as_account("a1"))
    assert_problem(wrong, 405, "method-not-allowed")
    assert wrong.headers["allow"] in ("GET", "POST", "GET, POST")
    assert_problem(await desk.client.request("BREW", "/api/counters"), 405, "method-not-allowed")


async def test_a_bug_is_a_problem_that_tells_nothing(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    headers = desk.as_account("a1") | {"X-Request-Id": "a-known-request"}
    answer = await desk.client.get("/api/bug", headers=headers)
    assert_problem(answer, 500, "internal")
    assert "jean.dupont" not in answer.text
    assert answer.headers["x-request-id"] == "a-known-request"
    assert "jean.dupont" not in "".join(record.getMessage() for record in caplog.records)


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Basic x"}, {"Authorization": "Bearer"}, {"Authorization": "Bearer a.b.c"}],
    ids=repr,
)
@pytest.mark.parametrize("path", ["/api/counters", "/feed", "/parked", "/audit/events", "/internal/counters/x"])
async def test_nothing_is_said_to_whom_nobody_vouches_for(desk: Desk, path: str, headers: dict[str, str]) -> None:
    assert_problem(await desk.client.get(path, headers=headers), 401, "unauthenticated")


async def test_internal_doors_do_not_show(desk: Desk) -> None:
    for headers in (desk.as_account("a1", "administrateur"), desk.as_anonymous(), desk.as_service("files", "feed")):
        assert_problem(await desk.client.get("/internal/counters/x", headers=headers), 404, "not-found")
    answer = await desk.client.get("/internal/counters/x", headers=desk.as_service("files", "read"))
    assert answer.json() == {"asked_by": "files"}
    for path in ("/feed", "/parked"):
        for headers in (desk.as_account("a1", "auditeur"), desk.as_service("files", "read")):
            assert_problem(await desk.client.get(path, headers=headers), 404, "not-found")


async def test_an_account_is_demanded_where_one_is_needed(desk: Desk) -> None:
    assert_problem(await desk.client.post("/api/counters", headers=desk.as_anonymous()), 401, "unauthenticated")
    assert_problem(await desk.client.post("/api/counters", headers=desk.as_tracking("d")), 401, "unauthenticated")


async def test_a_version_is_an_etag_and_a_precondition(desk: Desk, one: str) -> None:
    who = desk.as_account("a1")
    path = f"/api/counters/{one}/additions"
    first = await desk.client.post(path, json={"amount": 1}, headers=who | {"If-Match": '"1"'})
    assert (first.status_code, first.headers["etag"]) == (200, '"2"')
    seen = await desk.client.get(f"/api/counters/{one}", headers=who)
    assert (seen.headers["etag"], seen.json()["total"]) == ('"2"', 1)
    stale = await desk.client.post(path, json={"amount": 1}, headers=who | {"If-Match": '"1"'})
    assert_problem(stale, 412, "stale-version")
    for current in ('W/"2"', "*"):
        assert (
            await desk.client.post(path, json={"amount": 0}, headers=who | {"If-Match": current})
        ).status_code == 200
    for wrong in ("2", '"x"', '""', '"1", "2"', '"99999999999999999999"'):
        answer = await desk.client.post(path, json={"amount": 1}, headers=who | {"If-Match": wrong})
        body = assert_problem(answer, 422, "invalid-request")
        assert body["errors"][0]["pointer"] == "/headers/If-Match"


async def test_the_same_key_is_the_same_command(desk: Desk, one: str) -> None:
    who = desk.as_account("a1") | {"Idempotency-Key": "k-1"}
    path = f"/api/counters/{one}/additions"
    first = await desk.client.post(path, json={"amount": 5}, headers=who)
    await desk.client.post(path, json={"amount": 7}, headers=desk.as_account("a1"))
    again = await desk.client.post(path, json={"amount": 5}, headers=who)
    assert (again.status_code, again.json(), again.headers["etag"]) == (200, first.json(), '"2"')
    assert again.headers["guichet-position"] == first.headers["guichet-position"]
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    seen = await desk.client.get(f"/api/counters/{one}", headers=who)
    assert seen.json()["total"] == 12
    assert_problem(await desk.client.post(path, json={"amount": 6}, headers=who), 422, "idempotency-mismatch")
    # Of another person it is another command, and credentials are no part of what is asked.
    other = await desk.client.post(path, json={"amount": 6}, headers=desk.as_account("b2") | {"Idempotency-Key": "k-1"})
    assert other.status_code == 200
    typed = await desk.client.post(path, json={"amount": 5, "password": "again"}, headers=who)
    assert typed.headers["idempotency-replayed"] == "true"


async def test_the_body_counts_whatever_its_media_type_is_called(desk: Desk, one: str) -> None:
    path = f"/api/counters/{one}/additions"
    for number, media_type in enumerate(("application/json", "application/vnd.guichet+json", "APPLICATION/JSON; x=y")):
        who = desk.as_account("a1") | {"Idempotency-Key": f"k-{number}", "Content-Type": media_type}
        answer = await desk.client.post(path, content=b'{"amount": 5}', headers=who)
        assert answer.status_code == 200
        again = await desk.client.post(path, content=b'{ "amount" : 5 }', headers=who)
        assert again.headers["idempotency-replayed"] == "true"
        assert_problem(await desk.client.post(path, content=b'{"amount": 6}', headers=who), 422, "idempotency-mismatch")


@pytest.mark.parametrize("key", ["", " ", "a b", "é", "x" * 256, "a\tb"])
async def test_a_malformed_key_is_refused(desk: Desk, one: str, key: str) -> None:
    headers = [*desk.as_account("a1").items(), ("Idempotency-Key", key.encode("latin-1"))]
    answer = await desk.client.post(f"/api/counters/{one}/additions", json={"amount": 1}, headers=headers)  # type: ignore[arg-type]
    assert_problem(answer, 422, "invalid-request")


async def test_who_writes_reads_what_he_wrote(desk: Desk, one: str) -> None:
    for number in range(20):
        path = f"/api/counters/{one}/additions"
        wrote = await desk.client.post(path, json={"amount": 1}, headers=desk.as_account("a1"))
        seen = await desk.client.get(
            f"/api/counters/{one}",
            headers=desk.as_account("a1") | {"Guichet-Position": wrote.headers["guichet-position"]},
        )
        assert seen.json()["total"] == number + 1
        assert "guichet-stale" not in seen.headers


async def test_a_position_that_does_not_come_is_waited_for_and_then_said(
    desk: Desk, one: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kernel.http.deps.PATIENCE", 0.05)
    who = desk.as_account("a1")
    late = await desk.client.get("/api/counters", headers=who | {"Guichet-Position": "toy=999999.5"})
    assert (late.status_code, late.headers["guichet-stale"]) == (200, "true")
    for vector in ("toy=1.1", "other=999.999", "nonsense", "toy=-1.0,,=", "toy=1.1" * 1000, "\x7f"):
        soon = await desk.client.get("/api/counters", headers=who | {"Guichet-Position": vector})
        assert soon.status_code == 200
        assert "guichet-stale" not in soon.headers


async def test_a_write_that_is_not_shown_yet_succeeds_and_says_so(
    desk: Desk, one: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kernel.runtime.runtime.PATIENCE", 0.05)
    async with desk.run.projectors["totals"].paused():
        answer = await desk.client.post(
            f"/api/counters/{one}/additions", json={"amount": 1}, headers=desk.as_account("a1")
        )
    assert (answer.status_code, answer.headers["guichet-stale"]) == (200, "true")


MALFORMED = {
    "nothing": b"",
    "no JSON": b"{",
    "not UTF-8": b'{"amount": "\xff"}',
    "a list": b"[1]",
    "null": b"null",
    "a text": b'"x"',
    "an unknown field": b'{"amount": 1, "more": 2}',
    "a field named by a lone surrogate": b'{"amount": 1, "\\ud800": 2}',
    "a field named with NUL and slashes": b'{"amount": 1, "\\u0000/~": 2}',
    "a huge number": b'{"amount": 1' + b"0" * 400 + b"}",
    "a number beyond what Python reads": b'{"amount": 1' + b"0" * 5000 + b"}",
    "no number": b'{"amount": NaN}',
    "infinity": b'{"amount": 1e999}',
    "deeply nested": b'{"amount": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "nested as deep as Python goes": b'{"amount": ' + b"[" * 900 + b"]" * 900 + b"}",
}


@pytest.mark.parametrize("name", MALFORMED)
async def test_a_malformed_body_is_the_clients_mistake(desk: Desk, one: str, name: str) -> None:
    answer = await desk.client.post(
        f"/api/counters/{one}/additions",
        content=MALFORMED[name],
        headers=desk.as_account("a1") | {"Content-Type": "application/json"},
    )
    body = assert_problem(answer, 422, "invalid-request")
    for error in body.get("errors", []):
        assert error["detail"].endswith(".")


ODD: list[Any] = ["\x00", "\ud800", "a\udfffb", "\u202e", "é" * 10_000, {"\ud800": 1}, ["\ud800"], 2**70, -1e308, 1e400]


@pytest.mark.parametrize("value", ODD, ids=lambda value: ascii(value)[:20])
async def test_no_text_and_no_number_is_our_mistake(desk: Desk, one: str, value: Any) -> None:
    who = desk.as_account("a1") | {"Content-Type": "application/json"}
    for path, field in (("/api/anything", "value"), (f"/api/counters/{one}/label", "label")):
        method = "POST" if field == "value" else "PUT"
        content = json.dumps({field: value}).encode()
        answer = await desk.client.request(method, path, content=content, headers=who)
        unstorable = any(word in content for word in (b"\\ud800", b"\\udfff", b"Infinity"))
        assert answer.status_code in ((422,) if unstorable else (200, 204, 422)), answer.text
    assert (await desk.client.get(f"/api/counters/{one}", headers=who)).status_code == 200
    assert (await desk.client.get("/api/counters", headers=who)).status_code == 200


async def test_a_deep_value_is_no_mistake_of_ours(desk: Desk) -> None:
    who = desk.as_account("a1") | {"Content-Type": "application/json"}
    for depth in (50, 150, 199, 250, 500, 900, 990, 5000):
        content = b'{"value": ' + b"[" * depth + b"]" * depth + b"}"
        answer = await desk.client.post("/api/anything", content=content, headers=who)
        assert answer.status_code in (200, 422)


@pytest.mark.parametrize(
    "query",
    [
        "cursor=%00",
        "cursor=é",
        "cursor=" + "A" * 401,
        "cursor=W10",
        "cursor=WzFlOTk5XQ",
        "cursor=eyJhIjoxfQ",
        "cursor=WyJcdWQ4MDAiXQ",
        "limit=0",
        "limit=101",
        "limit=x",
        "limit=" + "9" * 5000,
    ],
)
async def test_a_page_that_does_not_exist_is_refused(desk: Desk, query: str) -> None:
    answer = await desk.client.get(f"/api/counters?{query}", headers=desk.as_account("a1"))
    assert_problem(answer, 422, "invalid-request")


async def test_odd_addresses_are_not_found(desk: Desk) -> None:
    for path in ("%00", "%ff", "%ED%A0%80", "a" * 5000, "..%2f..", "é", "%"):
        answer = await desk.client.get(f"/api/counters/{path}", headers=desk.as_account("a1"))
        assert answer.status_code == 404


async def test_lists_go_on_where_they_stopped(desk: Desk) -> None:
    who = desk.as_account("a1")
    made = {(await desk.client.post("/api/counters", headers=who)).json()["id"] for _ in range(7)}
    found: list[str] = []
    following: str | None = ""
    while following is not None:
        query = f"?limit=3&cursor={following}" if following else "?limit=3"
        body = (await desk.client.get(f"/api/counters{query}", headers=who)).json()
        found += [item["id"] for item in body["items"]]
        following = body["next"]
    assert found == sorted(made)


async def test_a_request_keeps_its_id_and_gets_one(desk: Desk, one: str) -> None:
    for given in ("abcdefgh", "A_b-" * 16):
        answer = await desk.client.get("/livez", headers={"X-Request-Id": given})
        assert answer.headers["x-request-id"] == given
    made = set()
    for wrong in ("short", "x" * 65, "with space", "é" * 8, "<script>", ""):
        headers = [("X-Request-Id", wrong.encode("latin-1"))]
        answer = await desk.client.get("/livez", headers=headers)  # type: ignore[arg-type]
        made.add(answer.headers["x-request-id"])
    assert len(made) == 6
    assert all(len(id) >= 8 for id in made)
    who = desk.as_account("a1") | {"X-Request-Id": "this-one", "traceparent": "00-" + "a" * 32 + "-" + "b" * 16 + "-01"}
    await desk.client.post(f"/api/counters/{one}/additions", json={"amount": 1}, headers=who)
    fact = (await desk.run.store.scan(0)).facts[-1]
    assert (fact.meta.correlation, fact.meta.traceparent) == ("this-one", who["traceparent"])


async def test_a_traceparent_that_is_none_is_left_out(desk: Desk, one: str) -> None:
    who = desk.as_account("a1") | {"traceparent": "jean.dupont@example.org"}
    await desk.client.post(f"/api/counters/{one}/additions", json={"amount": 1}, headers=who)
    assert (await desk.run.store.scan(0)).facts[-1].meta.traceparent == ""


async def test_health_and_figures_need_no_credential(desk: Desk, one: str) -> None:
    assert (await desk.client.get("/livez")).json() == {"status": "ok"}
    ready = await desk.client.get("/readyz")
    assert (ready.status_code, ready.json()) == (200, {"status": "ok", "bus": None})
    desk.run.ready = False
    assert (await desk.client.get("/readyz")).status_code == 503
    await desk.client.request("BREW", "/api/counters")
    figures = (await desk.client.get("/metrics")).text
    assert 'guichet_requests_total{method="POST",route="/api/counters",status="201"} 1.0' in figures
    assert 'guichet_position{name="projection/totals",source="toy"} 1.0' in figures
    assert 'guichet_held_facts{kind="parked"} 0.0' in figures
    assert "BREW" not in figures


async def test_the_log_of_a_request_names_no_person(desk: Desk, caplog: pytest.LogCaptureFixture, one: str) -> None:
    with caplog.at_level(logging.INFO):
        await desk.client.get(f"/api/counters/{one}?email=jean.dupont@example.org", headers=desk.as_account("a1"))
    lines = [record.getMessage() for record in caplog.records if record.name.startswith(("guichet", "kernel"))]
    assert lines[-1].startswith("GET /api/counters/{id} 200")
    assert "jean" not in "".join(lines)
