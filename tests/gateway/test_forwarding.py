"""What crosses the gateway, and what does not."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from gateway.headers import CSP
from tests.support.town import Portal, Town

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_public_call_reaches_its_service_as_an_anonymous_person(door: Portal, town: Town) -> None:
    town.says("dossiers", "GET /api/demarches", body={"items": []})
    answer = await door.client.get("/api/demarches?limit=3")
    assert (answer.status_code, answer.json()) == (200, {"items": []})
    who = town.last.principal
    assert (who.kind, who.ip, town.last.query) == ("anonymous", "127.0.0.1", "limit=3")
    assert who.actor.startswith("anonymous:")
    assert len(who.actor) == len("anonymous:") + 16


async def test_an_account_arrives_with_its_roles_and_its_session(door: Portal, town: Town) -> None:
    bearer = town.signs_in("instructeur", services=["aides"])
    token = bearer["Authorization"].removeprefix("Bearer ")
    town.says("dossiers", "GET /api/backoffice/demandes", body={"items": []})
    answer = await door.client.get("/api/backoffice/demandes", headers=bearer)
    assert answer.status_code == 200
    who = town.last.principal
    assert (who.actor, who.account, who.session) == ("account:0123456789abcdef", "0123456789abcdef", f"sid-{token}")
    assert who.roles == {"demandeur", "instructeur"}
    assert who.services == {"aides"}
    assert (who.email, who.first_name, who.last_name) == ("ada@example.org", "Ada", "Martin")


async def test_a_tracking_session_arrives_with_its_demande(door: Portal, town: Town) -> None:
    bearer = town.tracks("d1")
    town.says("dossiers", "GET /api/demandes/d1", body={})
    await door.client.get("/api/demandes/d1", headers=bearer)
    who = town.last.principal
    assert (who.actor, who.kind, who.demande, who.account) == ("tracking:d1", "tracking", "d1", None)


async def test_a_tracking_session_files_a_new_demande_as_a_visitor(door: Portal, town: Town) -> None:
    bearer = town.tracks("d1")
    town.says("dossiers", "POST /api/demandes", 201, {})
    await door.client.post("/api/demandes", json={}, headers=bearer)
    assert town.last.principal.kind == "anonymous"


async def test_only_a_few_request_headers_cross(door: Portal, town: Town) -> None:
    bearer = town.signs_in()
    town.says("dossiers", "PATCH /api/demandes/d1/answers", body={})
    kept = {"Idempotency-Key": "k1", "If-Match": '"3"', "Accept-Language": "fr"}
    stripped = {
        "Cookie": "a=b",
        "X-Forwarded-For": "9.9.9.9",
        "X-User-Id": "root",
        "Forwarded": "for=9.9.9.9",
        "Proxy-Authorization": "Basic eA==",
        "TE": "trailers",
        "Range-Unit": "x",
    }
    await door.client.patch("/api/demandes/d1/answers", json={"a": 1}, headers=bearer | kept | stripped)
    heard = town.last.headers
    assert {name: heard[name.lower()] for name in kept} == kept
    assert not {name.lower() for name in stripped} & set(heard)
    assert heard["authorization"] != bearer["Authorization"]
    assert (heard["content-type"], town.last.body) == ("application/json", b'{"a":1}')


async def test_every_answer_carries_a_request_id_and_the_service_sees_the_same(door: Portal, town: Town) -> None:
    town.says("dossiers", "GET /api/demarches", body={})
    answer = await door.client.get("/api/demarches", headers={"X-Request-Id": "my-request-1"})
    assert answer.headers["x-request-id"] == town.last.headers["x-request-id"] == "my-request-1"
    answer = await door.client.get("/api/demarches", headers={"X-Request-Id": "no good!"})
    assert answer.headers["x-request-id"] == town.last.headers["x-request-id"] != "no good!"
    for path in ("/nowhere", "/api/me", "/livez", "/static/guichet.css"):
        assert len((await door.client.get(path)).headers.get_list("x-request-id")) == 1


async def test_the_trace_context_crosses_and_a_new_one_is_made_when_it_is_malformed(door: Portal, town: Town) -> None:
    town.says("dossiers", "GET /api/demarches", body={})
    given = f"00-{'a' * 32}-{'b' * 16}-01"
    await door.client.get("/api/demarches", headers={"traceparent": given})
    assert town.last.headers["traceparent"] == given
    await door.client.get("/api/demarches", headers={"traceparent": "00-0-0-0"})
    assert len(town.last.headers["traceparent"]) == 55


async def test_what_a_service_may_not_say_to_a_browser_is_dropped(door: Portal, town: Town) -> None:
    town.says(
        "dossiers",
        "GET /api/demarches",
        body={},
        Set_Cookie="a=b",
        Server="inside",
        Guichet_Stale="true",
        ETag='"4"',
        Connection="x-a",
    )
    answer = await door.client.get("/api/demarches")
    assert "set-cookie" not in answer.headers
    assert "server" not in answer.headers
    assert (answer.headers["guichet-stale"], answer.headers["etag"]) == ("true", '"4"')


async def test_answers_carry_the_security_headers_and_personal_ones_are_never_kept(door: Portal, town: Town) -> None:
    town.says("dossiers", "GET /api/demarches", body={}, Cache_Control="max-age=60")
    town.says("dossiers", "GET /api/demandes", body={}, Cache_Control="max-age=60")
    public = await door.client.get("/api/demarches")
    personal = await door.client.get("/api/demandes", headers=town.signs_in())
    for answer in (public, personal, await door.client.get("/nowhere")):
        assert answer.headers["content-security-policy"] == CSP
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert public.headers["cache-control"] == "max-age=60"
    assert personal.headers["cache-control"] == "no-store"


async def test_a_stricter_policy_of_a_service_stands(door: Portal, town: Town) -> None:
    policy = "sandbox; default-src 'none'"
    town.says(
        "files", "GET /api/files/f1", body=b"%PDF", Content_Security_Policy=policy, Content_Type="application/pdf"
    )
    answer = await door.client.get("/api/files/f1", headers=town.signs_in())
    assert (answer.content, answer.headers["content-type"]) == (b"%PDF", "application/pdf")
    assert answer.headers.get_list("content-security-policy") == [policy]


async def test_statuses_and_problems_of_a_service_pass_untouched(door: Portal, town: Town) -> None:
    said = {"type": "urn:guichet:problem:no-discussion", "slug": "no-discussion", "status": 409}
    town.says(
        "discussion", "POST /api/demandes/d1/discussion/messages", 409, said, Content_Type="application/problem+json"
    )
    town.says("discussion", "POST /api/demandes/d1/discussion/read", 204)
    bearer = town.signs_in()
    refused = await door.client.post("/api/demandes/d1/discussion/messages", json={}, headers=bearer)
    assert (refused.status_code, refused.json()) == (409, said)
    assert refused.headers["content-type"] == "application/problem+json"
    read = await door.client.post("/api/demandes/d1/discussion/read", json={"up_to": "m"}, headers=bearer)
    assert (read.status_code, read.content) == (204, b"")


async def test_redirects_are_handed_to_the_client_and_not_followed(door: Portal, town: Town) -> None:
    town.says("dossiers", "GET /api/demarches", 302, Location="http://127.0.0.1:1/secret")
    answer = await door.client.get("/api/demarches")
    assert (answer.status_code, len(town.heard)) == (302, 1)


async def test_head_answers_like_get_without_a_body(door: Portal, town: Town) -> None:
    town.says("dossiers", "GET /api/demarches", body={"items": []})
    answer = await door.client.head("/api/demarches")
    assert (answer.status_code, answer.content, answer.headers["content-length"]) == (200, b"", "12")
    assert town.last.method == "GET"


async def test_audit_calls_reach_the_named_service_under_its_own_path(door: Portal, town: Town) -> None:
    bearer = town.signs_in("auditeur")
    town.says("discussion", "GET /audit/streams/discussion.discussion-9x", body={"verified": True})
    answer = await door.client.get("/api/audit/discussion/streams/discussion.discussion-9x?version=2", headers=bearer)
    assert answer.json() == {"verified": True}
    assert (town.last.service, town.last.query) == ("discussion", "version=2")
    assert (await door.client.get("/api/audit/gateway/events", headers=bearer)).status_code == 404
    assert (await door.client.get("/api/audit/console/events", headers=bearer)).status_code == 404


async def test_a_long_answer_streams_through(door: Portal, town: Town) -> None:
    line = b'{"a":1}\n' * 4000
    town.streams("identity", "GET /audit/events", *[line] * 20, Content_Type="application/x-ndjson")
    bearer = town.signs_in("auditeur")
    async with door.client.stream("GET", "/api/audit/identity/events", headers=bearer) as answer:
        assert answer.headers["content-type"] == "application/x-ndjson"
        assert len(await answer.aread()) == 20 * len(line)


async def test_a_client_that_leaves_in_the_middle_frees_the_service(door: Portal, town: Town) -> None:
    town.streams("identity", "GET /audit/events", *[b"x" * 1000] * 1000, pause=0.02)
    bearer = town.signs_in("auditeur")
    async with door.client.stream("GET", "/api/audit/identity/events", headers=bearer) as answer:
        await anext(answer.aiter_raw())
    for _ in range(200):
        if town.departures:
            break
        await asyncio.sleep(0.02)
    assert town.departures == 1


async def test_an_upload_streams_through_with_its_length(door: Portal, town: Town) -> None:
    town.says("files", "POST /api/demandes/d1/files", 201, {"id": "f1"})
    content = b"\x89PNG" + b"\0" * 5_000_000
    answer = await door.client.post(
        "/api/demandes/d1/files", files={"file": ("a.png", content)}, headers=town.signs_in()
    )
    assert answer.status_code == 201
    assert town.last.body.count(content) == 1
    assert int(town.last.headers["content-length"]) == len(town.last.body)


async def test_percent_encoded_segments_reach_the_service_as_the_same_text(door: Portal, town: Town) -> None:
    town.says("dossiers", "GET /api/demarches/aide à l'élève?", body={})
    answer = await door.client.get("/api/demarches/aide%20%C3%A0%20l%27%C3%A9l%C3%A8ve%3F")
    assert answer.status_code == 404  # a space is refused in paths
    town.says("dossiers", "GET /api/demarches/élève?", body={})
    answer = await door.client.get("/api/demarches/%C3%A9l%C3%A8ve%3F")
    assert answer.status_code == 200
    assert town.last.path == "/api/demarches/élève?"


async def test_internal_doors_do_not_exist_outside(door: Portal, town: Town) -> None:
    bearer = town.signs_in("administrateur", "auditeur", "instructeur")
    for path in (
        "/internal/sessions/verify",
        "/internal/demandes/d1",
        "/feed",
        "/parked",
        "/openapi.json",
        "/audit/events",
    ):
        assert (await door.client.get(path, headers=bearer)).status_code == 404
    assert town.heard == []


async def test_plain_httpx_may_keep_its_connection(door: Portal, town: Town) -> None:
    town.says("dossiers", "GET /api/demarches", body={})
    async with httpx.AsyncClient(base_url=door.url, limits=httpx.Limits(max_connections=1)) as one:
        for _ in range(20):
            assert (await one.get("/api/demarches")).status_code == 200
