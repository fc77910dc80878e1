"""Cookies and cross-site requests: what a browser sends by itself, and what it must prove."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from gateway.cookies import Cookies
from gateway.csrf import Csrf
from gateway.heads import Head
from kernel.clock import FrozenClock, rfc3339
from tests.support.town import Portal, Town, portal

pytestmark = pytest.mark.asyncio(loop_scope="module")


def cookie_of(town: Town) -> dict[str, str]:
    return {"Cookie": "guichet=" + town.signs_in()["Authorization"].removeprefix("Bearer ")}


async def withdraw(door: Portal, headers: dict[str, str]) -> httpx.Response:
    door.town.says("dossiers", "POST /api/demandes/d1/withdrawal", 200, {})
    return await door.client.post("/api/demandes/d1/withdrawal", json={}, headers=headers)


@pytest.mark.parametrize("proof", ["sec-fetch-site", "origin", "public-origin", "host"])
async def test_a_request_from_our_own_pages_passes(door: Portal, town: Town, proof: str) -> None:
    headers = {
        "sec-fetch-site": {"Sec-Fetch-Site": "same-origin"},
        "origin": {"Origin": door.url},
        "public-origin": {"Origin": door.url, "Host": "elsewhere:1"},
        "host": {"Origin": "http://localhost:9", "Host": "localhost:9"},
    }[proof]
    assert (await withdraw(door, cookie_of(town) | headers)).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1"},
        {"Origin": "null"},
        {"Origin": "http://evil.example"},
        {"Origin": "https://127.0.0.1"},
        {"Referer": "http://127.0.0.1/"},
    ],
    ids=str,
)
async def test_a_request_that_a_cookie_authenticates_must_prove_where_it_comes_from(
    door: Portal, town: Town, headers: dict[str, str]
) -> None:
    answer = await withdraw(door, cookie_of(town) | headers)
    assert (answer.status_code, answer.json()["slug"]) == (403, "forbidden")
    assert town.heard == []


async def test_reading_needs_no_proof(door: Portal, town: Town) -> None:
    town.says("dossiers", "GET /api/demandes", body={})
    headers = cookie_of(town) | {"Sec-Fetch-Site": "cross-site"}
    assert (await door.client.get("/api/demandes", headers=headers)).status_code == 200


async def test_bearer_tokens_and_callers_without_cookie_are_exempt(door: Portal, town: Town) -> None:
    foreign = {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert (await withdraw(door, town.signs_in() | foreign)).status_code == 200
    town.says("identity", "POST /api/sessions", 401, {})
    assert (await door.client.post("/api/sessions", json={})).status_code == 401
    assert (await door.client.post("/api/sessions", json={}, headers=cookie_of(town))).status_code == 401
    answer = await door.client.post("/api/sessions", json={}, headers=cookie_of(town) | foreign)
    assert answer.status_code == 403


async def test_signing_in_sets_the_cookie_and_signing_out_clears_it(door: Portal, town: Town) -> None:
    ends = rfc3339(datetime.now(UTC) + timedelta(hours=8))
    opened = {"token": "tok-1", "expires_at": ends}
    for path in ("/api/sessions", "/api/tracking-sessions"):
        town.says("identity", f"POST {path}", 201, opened)
        stale = {"Cookie": "guichet=unknown"}
        answer = await door.client.post(path, json={"email": "a@example.org"}, headers=stale)
        assert len(answer.headers.get_list("set-cookie")) == 1
        assert answer.json() == opened
        name, *flags = answer.headers["set-cookie"].split("; ")
        assert name == "guichet=tok-1"
        assert flags[:3] == ["Path=/", "HttpOnly", "SameSite=Lax"]
        assert 28_700 < int(flags[3].removeprefix("Max-Age=")) <= 28_800
    door.client.cookies.clear()
    town.says("identity", "POST /api/sessions", 401, {"slug": "bad-credentials"})
    assert "set-cookie" not in (await door.client.post("/api/sessions", json={})).headers
    town.says("identity", "DELETE /api/sessions/current", 204)
    answer = await door.client.delete("/api/sessions/current", headers=town.signs_in())
    assert answer.headers["set-cookie"].startswith("guichet=; ")
    assert "Max-Age=0" in answer.headers["set-cookie"]


async def test_on_https_cookies_belong_to_this_host_alone(tmp_path: Path) -> None:
    async with portal(tmp_path, public_url="https://demandes.example.org") as door:
        ends = rfc3339(datetime.now(UTC) + timedelta(hours=8))
        door.town.says("identity", "POST /api/sessions", 201, {"token": "tok-1", "expires_at": ends})
        answer = await door.client.post("/api/sessions", json={})
        assert answer.headers["set-cookie"].startswith("__Host-guichet=tok-1; Path=/; HttpOnly; SameSite=Lax; Secure")
        assert answer.headers["strict-transport-security"].startswith("max-age=31536000")
        door.town.says("dossiers", "GET /api/demandes", body={})
        token = door.town.signs_in()["Authorization"].removeprefix("Bearer ")
        for name, wanted in (("guichet", 401), ("__Host-guichet", 200)):
            answer = await door.client.get("/api/demandes", headers={"Cookie": f"{name}={token}"})
            assert answer.status_code == wanted
        origin = {"Origin": "https://demandes.example.org", "Cookie": f"__Host-guichet={token}"}
        assert (await withdraw(door, origin)).status_code == 200


def head(**headers: str) -> Head:
    raw = {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
    return Head("POST", "/", b"/", b"", raw, "request-1", "::1", "http")


async def test_a_form_token_opens_only_the_browser_it_was_shown_to() -> None:
    from gateway.refusals import Refusal

    csrf = Csrf("http://a", b"k" * 32)
    token = csrf.form_token("visitor-1")
    csrf.check_form(head(), "visitor-1", token)
    for binding, given in (
        ("visitor-2", token),
        ("visitor-1", ""),
        ("visitor-1", "é"),
        (None, token),
        ("", csrf.form_token("")),
    ):
        with pytest.raises(Refusal):
            csrf.check_form(head(), binding, given)
    with pytest.raises(Refusal):
        csrf.check_form(head(sec_fetch_site="cross-site"), "visitor-1", token)
    assert Csrf("http://a", b"l" * 32).form_token("visitor-1") != token


async def test_a_session_cookie_lives_as_long_as_its_session() -> None:
    clock = FrozenClock(datetime(2026, 11, 24, tzinfo=UTC))
    cookies = Cookies(secure=False, clock=clock)
    assert cookies.open_session("t", "2026-11-24T01:00:00Z").endswith("Max-Age=3600")
    assert cookies.open_session("t", "2026-11-23T01:00:00Z").endswith("Max-Age=0")
