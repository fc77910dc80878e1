"""The authorisation matrix: every route of the gateway's table, every caller, through the door."""

from __future__ import annotations

from urllib.parse import unquote

import httpx
import pytest

from console.demo.portal import Portal
from gateway.table import ROUTES
from tests.support.matrix import CALLERS, Line, agrees, lines
from tests.support.scene import MISSING, NEVER_CURRENT, Scene
from tests.support.stack import SERVICES, Stack, elsewhere

pytestmark = pytest.mark.journey

ABOUT_ONE = [line for line in lines() if "{id}" in line.path or "{stream}" in line.path]
MALFORMED = ("x", "0", "U" * 16, "0" * 15, "0" * 17, "é" * 8, "%20" * 5, "a.b", "~", "-1", "1 OR 1=1", "z" * 300)
UNTOLD = {"x-request-id", "date"}


def ask(scene: Scene, line: Line, portal: Portal, path: str | None = None) -> httpx.Response:
    """One call, as a caller would make it who knows what to send."""
    headers = portal._headers | elsewhere()
    if line.method != "GET":
        headers["If-Match"] = NEVER_CURRENT
    if not line.path.startswith("/api/"):
        headers["Accept"] = "text/html"
    portal.client.cookies.clear()
    path = path or scene.path(line.path)
    arguments = scene.arguments(line.method, line.path)
    return portal.client.request(line.method, path, headers=headers, **arguments)


def last(scene: Scene, line: Line, real: str) -> str:
    """The id in an address."""
    if line.path.endswith("/{id}"):
        return real.rpartition("/")[2]
    return scene.filled["{stream}"] if "{stream}" in line.path else scene.demande


def test_every_route_is_in_the_table_and_the_table_knows_no_other() -> None:
    assert sorted(line.name for line in lines()) == sorted(f"{route.method} {route.path}" for route in ROUTES)


@pytest.mark.parametrize("line", lines(), ids=lambda line: line.name)
def test_each_caller_is_answered_as_the_table_says(scene: Scene, line: Line) -> None:
    answered = {}
    for caller in CALLERS:
        portal = scene.fresh(caller) if line.path == "/api/sessions/current" else scene.callers[caller]
        answer = ask(scene, line, portal)
        answered[caller] = answer.status_code
        if answer.status_code in (401, 403, 404) and line.path.startswith("/api/"):
            assert answer.headers["content-type"] == "application/problem+json"
            slug = {401: "unauthenticated", 403: "forbidden", 404: "not-found"}[answer.status_code]
            assert (answer.json()["slug"], answer.json()["type"]) == (slug, f"urn:guichet:problem:{slug}")
            assert "guichet-position" not in answer.headers
        assert ("www-authenticate" in answer.headers) == (answer.status_code == 401), caller
    wrong = {who: got for who, got in answered.items() if not agrees(got, line.answers[who])}
    assert wrong == {}


@pytest.mark.parametrize("line", ABOUT_ONE, ids=lambda line: line.name)
def test_what_is_anothers_what_is_missing_and_what_is_malformed_answer_alike(scene: Scene, line: Line) -> None:
    real = scene.path(line.path)
    id = last(scene, line, real)
    for caller in (who for who in CALLERS if line.answers[who] == "404"):
        portal = scene.callers[caller]
        # A browser is shown no page for an address that no page can have.
        others = (
            MALFORMED if line.path.startswith("/api/") else [other for other in MALFORMED if " " not in unquote(other)]
        )
        told = [ask(scene, line, portal, real.replace(id, other)) for other in (id, MISSING, *others)]
        for answer in told:
            assert answer.status_code == 404, answer.request.url
            assert answer.content == told[0].content, answer.request.url
            assert _telling(answer) == _telling(told[0]), answer.request.url
    for caller in (who for who in CALLERS if line.answers[who] in ("401", "403")):
        portal = scene.callers[caller]
        told = [ask(scene, line, portal, real.replace(id, other)) for other in (id, MISSING)]
        assert (told[0].status_code, told[0].content) == (told[1].status_code, told[1].content)


def _telling(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name not in UNTOLD}


def test_an_admitted_caller_finds_nothing_under_an_id_that_is_none(scene: Scene) -> None:
    for line in ABOUT_ONE:
        real = scene.path(line.path)
        id = last(scene, line, real)
        for caller in (who for who in CALLERS if line.answers[who] in ("200", "204", "412")):
            if line.path == "/api/sessions/{id}" or caller.startswith("tracking"):
                continue
            for other in (MISSING, *MALFORMED):
                answer = ask(scene, line, scene.callers[caller], real.replace(id, other))
                assert answer.status_code == 404, (caller, line.method, answer.request.url)


@pytest.mark.parametrize(
    "path", ["/feed", "/parked", "/resumption", "/rebuild", "/verify", "/jobs", "/internal/agents"]
)
def test_no_internal_door_shows_through_the_gateway(scene: Scene, path: str) -> None:
    prefixes = ("", "/api", "/api/audit/dossiers", "/api/audit", "/api/dossiers", "/dossiers")
    for portal in (scene.callers["anonymous"], scene.callers["auditeur"], scene.callers["administrateur"]):
        for address in (f"{prefix}{path}" for prefix in prefixes):
            for method in ("GET", "POST"):
                answer = portal.client.request(method, address, headers=portal._headers, json={})
                assert answer.status_code in (404, 405), address


def test_an_unknown_service_has_no_history(scene: Scene) -> None:
    auditor = scene.callers["auditeur"]
    for service in ("gateway", "dossier", "..", "DOSSIERS", "dossiers%2F..", "console"):
        for tail in ("events", "projections", "streams/x.y-z"):
            answer = auditor.client.get(f"/api/audit/{service}/{tail}", headers=auditor._headers)
            assert answer.status_code == 404
    for service in SERVICES:
        answer = auditor.client.get(f"/api/audit/{service}/streams/{service}.x-y", headers=auditor._headers)
        assert answer.status_code == 404


def test_the_services_themselves_let_nobody_in_without_a_pass(stack: Stack, scene: Scene) -> None:
    paths = {
        "identity": ("/api/me", "/api/sessions", "/api/terms", "/internal/agents"),
        "dossiers": (
            "/api/demarches",
            "/api/demandes",
            f"/internal/demandes/{scene.demande}",
            "/api/backoffice/demandes",
        ),
        "discussion": ("/api/notifications", f"/internal/demandes/{scene.demande}/discussion"),
        "files": (f"/api/files/{scene.file}", f"/internal/files/{scene.file}"),
        "notifier": ("/internal/notifications?about=x",),
    }
    everywhere = ("/feed", "/parked", "/audit/events", "/audit/projections", "/audit/timeline?route=x")
    for service, own in paths.items():
        for path in (*own, *everywhere):
            for headers in ({}, {"Authorization": f"Bearer {scene.owner.token}"}, {"Authorization": "Bearer a.b.c"}):
                answer = httpx.get(stack.urls[service] + path, headers=headers, timeout=10)
                assert answer.status_code == 401, (service, path)
