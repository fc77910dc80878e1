"""Bodies that are broken or mean no good, at every command: refused in French, never a 5xx, and nothing happens.

Every call carries a version that is never the current one, so that a body which passes is refused all the same.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from console.demo.portal import Portal
from gateway.routes import SMALL, Who
from tests.support import malice
from tests.support.commands import ADMITTED, ALWAYS_ANSWERED, COMMANDS, FULL, GUESSES
from tests.support.refusals import faults_of
from tests.support.residents import moves_in
from tests.support.scene import NEVER_CURRENT, Scene
from tests.support.stack import SERVICES, elsewhere

pytestmark = pytest.mark.journey

JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def hasty(scene: Scene) -> Portal:
    """Somebody who may be locked out afterwards."""
    return moves_in(scene.stack).portal


@pytest.fixture(scope="module")
def before(scene: Scene, hasty: Portal) -> dict[str, int]:
    """How many facts there were."""
    return scene.stack.settled()


@pytest.fixture(autouse=True)
def nothing_happens(scene: Scene, before: dict[str, int]) -> Iterator[None]:
    """No service records anything."""
    yield
    assert {service: scene.stack.facts(service) for service in SERVICES} == before


def send(portal: Portal, method: str, path: str, content: bytes, **headers: str) -> httpx.Response:
    """One call from an address of its own: the limits by address are not what is tried here."""
    sent = portal._headers | elsewhere() | {"If-Match": NEVER_CURRENT} | headers
    return portal.client.request(method, path, content=content, headers=sent)


@pytest.mark.parametrize("route", COMMANDS, ids=lambda route: f"{route.method} {route.path}")
def test_a_body_that_is_none_is_refused(scene: Scene, route: Any) -> None:
    portal, path = scene.callers[ADMITTED[route.who]], scene.path(route.path)
    wrong: dict[str, list[str]] = {}
    for what, content in malice.BODIES.items():
        answer = send(portal, route.method, path, content, **JSON)
        wrong[what] = faults_of(answer)
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "x", "application/json;"):
        answer = send(portal, route.method, path, b'{"text": 1}', **{"Content-Type": kind})
        wrong[kind] = faults_of(answer)
    assert {what: said for what, said in wrong.items() if said} == {}


@pytest.mark.parametrize("path", sorted(FULL), ids=str)
def test_a_field_that_is_no_good_is_refused(scene: Scene, hasty: Portal, path: str) -> None:
    route = next(one for one in COMMANDS if one.path == path)
    portal = hasty if path in GUESSES else scene.callers[ADMITTED[route.who]]
    wrong: list[Any] = []
    for variant in variants(FULL[path], few=path in GUESSES):
        answer = send(portal, route.method, scene.path(path), malice.encoded(variant), **JSON)
        limited = route.limit is not None
        if answer.status_code != ALWAYS_ANSWERED.get(path) and (said := faults_of(answer, limited=limited)):
            wrong.append((str(variant)[:80], said))
    assert wrong == []


def variants(body: dict[str, Any], *, few: bool) -> list[dict[str, Any]]:
    """A body, each of its fields replaced by what it is not; by some of that only when there are many fields."""
    chosen, places = random.Random(7), list(malice.leaves(body))
    count = 2 if few or len(places) > 50 else 6 if len(places) > 20 else len(malice.VALUES)
    changed = [malice.replaced(body, place, value) for place in places for value in chosen.sample(malice.VALUES, count)]
    return [*changed, body | {"inattendu": 1}, *(malice.without(body, name) for name in body)]


def test_answers_to_a_form_that_are_no_good_are_refused(scene: Scene) -> None:
    for variant in variants(scene.form, few=False):
        answer = send(scene.callers["owner"], "POST", "/api/demandes", malice.encoded(variant), **JSON)
        assert faults_of(answer) == [], str(variant)[:200]


@pytest.mark.parametrize("route", COMMANDS, ids=lambda route: f"{route.method} {route.path}")
def test_a_body_that_is_too_long_is_refused_before_it_is_read(scene: Scene, route: Any) -> None:
    portal, path = scene.callers[ADMITTED[route.who]], scene.path(route.path)
    if route.body > SMALL:
        return
    long = b'{"text": "' + b"x" * 300_000 + b'"}'
    whole = send(portal, route.method, path, long, **JSON)
    assert (whole.status_code, whole.json()["slug"]) == (413, "too-large")
    assert faults_of(whole) == []

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(long), 10_000):
            yield long[start : start + 10_000]

    headers = portal._headers | JSON | {"If-Match": NEVER_CURRENT}
    streamed = portal.client.request(route.method, path, content=pieces(), headers=headers)
    assert (streamed.status_code, streamed.json()["slug"]) == (413, "too-large")


def test_a_stranger_learns_nothing_from_his_own_mistakes(scene: Scene) -> None:
    for route in COMMANDS:
        if route.who in (Who.PUBLIC, Who.ANYONE):
            continue
        answers = [
            send(scene.callers["anonymous"], route.method, scene.path(route.path), content, **JSON)
            for content in (b"", b"{", b"[]", malice.encoded(FULL.get(route.path, {})))
        ]
        assert {answer.status_code for answer in answers} == {401}
        assert len({answer.content for answer in answers}) == 1
