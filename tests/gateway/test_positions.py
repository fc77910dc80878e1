"""A person sees what he just did: positions are remembered by session, by cookie, and as the client says."""

from __future__ import annotations

import pytest

from gateway.callers import Caller
from gateway.cookies import Cookies
from gateway.heads import Head
from gateway.positions import Positions
from tests.support.town import Portal, Town

pytestmark = pytest.mark.asyncio(loop_scope="module")
HEADER = "guichet-position"


def writes(town: Town) -> None:
    town.says("dossiers", "POST /api/demandes", 201, {}, Guichet_Position="dossiers=12.11")
    town.says("discussion", "POST /api/demandes/d1/discussion/messages", 201, {}, Guichet_Position="discussion=5.5")
    town.says("dossiers", "GET /api/demandes", body={})
    town.says("dossiers", "GET /api/demarches", body={})


async def test_a_session_carries_its_positions_to_every_service(door: Portal, town: Town) -> None:
    writes(town)
    bearer, other = town.signs_in(), town.signs_in()
    answer = await door.client.post("/api/demandes", json={}, headers=bearer)
    assert answer.headers[HEADER] == "dossiers=12.11"
    assert "set-cookie" not in answer.headers
    await door.client.post("/api/demandes/d1/discussion/messages", json={}, headers=bearer)
    assert town.last.headers[HEADER] == "dossiers=12.11"
    await door.client.get("/api/demandes", headers=bearer)
    assert town.last.headers[HEADER] == "discussion=5.5,dossiers=12.11"
    await door.client.get("/api/demandes", headers=other)
    assert HEADER not in town.last.headers


async def test_what_the_client_says_is_merged_and_the_later_mark_wins(door: Portal, town: Town) -> None:
    writes(town)
    bearer = town.signs_in()
    await door.client.post("/api/demandes", json={}, headers=bearer)
    for said, sent in (
        ("dossiers=9.9,files=2.2", "dossiers=12.11,files=2.2"),
        ("dossiers=40.39", "dossiers=40.39"),
        ("nonsense; dossiers=x", "dossiers=12.11"),
    ):
        await door.client.get("/api/demandes", headers=bearer | {"Guichet-Position": said})
        assert town.last.headers[HEADER] == sent


async def test_an_anonymous_client_is_remembered_by_nothing_but_what_it_says(door: Portal, town: Town) -> None:
    writes(town)
    answer = await door.client.post("/api/demandes", json={})
    assert "set-cookie" not in answer.headers
    await door.client.get("/api/demarches")
    assert HEADER not in town.last.headers
    await door.client.get("/api/demarches", headers={"Guichet-Position": answer.headers[HEADER]})
    assert town.last.headers[HEADER] == "dossiers=12.11"


async def test_a_browser_keeps_its_positions_in_a_cookie(door: Portal, town: Town) -> None:
    writes(town)
    browser = {"Sec-Fetch-Site": "same-origin"}
    answer = await door.client.post("/api/demandes", json={}, headers=browser)
    name, *flags = answer.headers["set-cookie"].split("; ")
    assert name == "guichet-position=dossiers=12.11"
    assert flags == ["Path=/", "HttpOnly", "SameSite=Lax", "Max-Age=3600"]
    kept = {"Cookie": "guichet-position=discussion=3.3&dossiers=9.9"}
    answer = await door.client.post("/api/demandes", json={}, headers=browser | kept)
    assert town.last.headers[HEADER] == "discussion=3.3,dossiers=9.9"
    assert answer.headers["set-cookie"].startswith("guichet-position=discussion=3.3&dossiers=12.11; ")


async def test_remembered_sessions_are_bounded_and_the_oldest_go_first() -> None:
    positions = Positions(Cookies(secure=False), remembered=2)
    head = Head("GET", "/", b"/", b"", {}, "request-1", "::1", "http")
    for n in range(3):
        positions.after(Caller("::1", f"t{n}", f"k{n}"), f"dossiers={n}.{n}")
    seen = [positions.before(head, Caller("::1", f"t{n}", f"k{n}")) for n in range(3)]
    assert seen == ["", "dossiers=1.1", "dossiers=2.2"]
