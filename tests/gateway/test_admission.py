"""Who may call what: every call of the table, by everybody."""

from __future__ import annotations

import re

import pytest

from gateway.contract.outline import is_api
from gateway.matching import Table
from gateway.routes import HERE, Route, Who
from gateway.table import ROUTES
from tests.support.town import Portal, Town

pytestmark = pytest.mark.asyncio(loop_scope="module")

ADMITS = {
    "visitor": {Who.PUBLIC, Who.ANYONE},
    "tracking": {Who.PUBLIC, Who.ANYONE, Who.MINE},
    "demandeur": {Who.PUBLIC, Who.ANYONE, Who.MINE, Who.ACCOUNT},
    "instructeur": {Who.PUBLIC, Who.ANYONE, Who.MINE, Who.ACCOUNT, Who.INSTRUCTEUR},
    "administrateur": {Who.PUBLIC, Who.ANYONE, Who.MINE, Who.ACCOUNT, Who.ADMINISTRATEUR},
    "auditeur": {Who.PUBLIC, Who.ANYONE, Who.MINE, Who.ACCOUNT, Who.AUDITEUR},
}
CALLS = [route for route in ROUTES if is_api(route)]


def address(route: Route) -> str:
    """A concrete path of a route."""
    return re.sub(r"\{\w+\}", "0123456789abcdef", route.path.replace("{service}", "identity"))


def credential(town: Town, who: str) -> dict[str, str]:
    if who == "visitor":
        return {}
    if who == "tracking":
        return town.tracks("0123456789abcdef")
    return town.signs_in(*([] if who == "demandeur" else [who]))


@pytest.mark.parametrize("who", ADMITS)
async def test_the_table_admits_exactly_those_it_names(door: Portal, town: Town, who: str) -> None:
    headers = credential(town, who)
    for route in CALLS:
        if route.service == HERE and route.who is Who.PUBLIC:
            continue
        town.heard.clear()
        answer = await door.client.request(route.method, address(route), headers=headers)
        case = f"{who}: {route.method} {route.path} → {answer.status_code}"
        if route.who in ADMITS[who]:
            # The service decides from here on; who comes back from a provider without having left is told so here.
            assert town.heard or (route.path.endswith("connect/callback") and answer.status_code == 422), case
        else:
            assert not town.heard, case
            hidden = route.who in (Who.INSTRUCTEUR, Who.ADMINISTRATEUR)
            refused = (404, "not-found") if hidden else (403, "forbidden")
            wanted = (401, "unauthenticated") if who == "visitor" else refused
            assert (answer.status_code, answer.json()["slug"]) == wanted, case


async def test_a_bearer_token_that_opens_nothing_is_refused_even_on_public_calls(door: Portal, town: Town) -> None:
    for authorization in ("Bearer unknown", "Bearer", "Basic YTpi", "Bearer " + "x" * 600, "Bearer é"):
        for path in ("/api/demarches", "/api/me"):
            headers = {b"Authorization": authorization.encode("latin-1")}
            answer = await door.client.get(path, headers=headers)
            assert (answer.status_code, answer.json()["slug"]) == (401, "unauthenticated")
            assert answer.headers["www-authenticate"] == "Bearer"
    assert town.heard == []


async def test_a_bearer_token_wins_over_a_cookie(door: Portal, town: Town) -> None:
    bearer, other = town.signs_in(account="aaaaaaaaaaaaaaaa"), town.signs_in(account="bbbbbbbbbbbbbbbb")
    cookie = {"Cookie": "guichet=" + other["Authorization"].removeprefix("Bearer ")}
    town.says("dossiers", "GET /api/demandes", body={})
    await door.client.get("/api/demandes", headers=bearer | cookie)
    assert town.last.principal.account == "aaaaaaaaaaaaaaaa"
    await door.client.get("/api/demandes", headers=cookie)
    assert town.last.principal.account == "bbbbbbbbbbbbbbbb"
    answer = await door.client.get("/api/demandes", headers={"Authorization": "Bearer unknown"} | cookie)
    assert answer.status_code == 401


async def test_a_cookie_that_opens_nothing_is_cleared_and_ignored(door: Portal, town: Town) -> None:
    town.says("dossiers", "GET /api/demarches", body={})
    answer = await door.client.get("/api/demarches", headers={"Cookie": "guichet=unknown"})
    assert answer.status_code == 200
    assert answer.headers["set-cookie"].startswith("guichet=; ")
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert town.last.principal.kind == "anonymous"
    answer = await door.client.get("/api/demandes", headers={"Cookie": "guichet=unknown"})
    assert answer.status_code == 401
    assert "Max-Age=0" in answer.headers["set-cookie"]


async def test_problems_have_their_public_shape(door: Portal, town: Town) -> None:
    answer = await door.client.get("/api/me")
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body.pop("title")
    assert body.pop("detail")
    assert body == {"type": "urn:guichet:problem:unauthenticated", "status": 401, "slug": "unauthenticated"}


async def test_what_is_not_in_the_table_does_not_exist(door: Portal, town: Town) -> None:
    bearer = town.signs_in("administrateur")
    for path in ("/api", "/api/", "/api/nothing", "/api/demandes/", "/api/demandes/a/b/c", "/admin", "/.env"):
        answer = await door.client.get(path, headers=bearer)
        assert (answer.status_code, answer.json()["slug"]) == (404, "not-found"), path


async def test_a_known_path_says_which_methods_it_takes(door: Portal, town: Town) -> None:
    answer = await door.client.put("/api/demandes")
    assert (answer.status_code, answer.json()["slug"]) == (405, "method-not-allowed")
    assert answer.headers["allow"] == "GET, HEAD, POST"


async def test_the_table_refuses_a_line_twice() -> None:
    with pytest.raises(ValueError, match="twice"):
        Table([*ROUTES, ROUTES[0]])


async def test_every_line_that_leads_nowhere_else_is_answered_here(door: Portal) -> None:
    here = {(route.method, route.path) for route in ROUTES if route.service == HERE}
    assert here == set(door.gateway.door._handlers)
