"""What is composed here from several services."""

from __future__ import annotations

import importlib
import random
from pathlib import Path
from typing import Any

import pytest

from gateway.labels import LABELS
from gateway.routes import SERVICES
from gateway.views import causal_order
from kernel.events import event_types
from tests.support.town import Portal, Town, portal

pytestmark = pytest.mark.asyncio(loop_scope="module")

ACCOUNT = {"id": "a1", "email": "ada@example.org", "roles": ["demandeur"]}
TIMELINE = "/api/audit/demandes/d1/timeline"


def event(id: str, source: str, sequence: int, second: int, cause: str = "") -> dict[str, Any]:
    return {
        "id": id,
        "source": f"/guichet/{source}",
        "type": f"fr.guichet.{source}.DemandeSubmitted.v1",
        "actor": "account:a1",
        "sequence": str(sequence),
        "time": f"2026-11-24T10:00:{second:02}.000000Z",
        "causationid": cause,
    }


async def test_me_tells_how_many_discussions_hold_something_unread(door: Portal, town: Town) -> None:
    bearer = town.signs_in()
    town.says("identity", "GET /api/me", body=ACCOUNT, ETag='"7"')
    items = [{"unread": 2}, {"unread": 0}, {"unread": 1}]
    town.says("discussion", "GET /api/notifications", body={"items": items, "next": None})
    answer = await door.client.get("/api/me", headers=bearer)
    assert answer.json() == ACCOUNT | {"unread_discussions": 2}
    assert (answer.headers["cache-control"], answer.headers["etag"]) == ("no-store", '"7"')
    assert {heard.principal.account for heard in town.heard} == {"0123456789abcdef"}
    assert len({heard.headers["x-request-id"] for heard in town.heard}) == 1


async def test_me_stands_when_the_discussions_do_not(tmp_path: Path) -> None:
    async with portal(tmp_path, down=("discussion",)) as door:
        door.town.says("identity", "GET /api/me", body=ACCOUNT)
        answer = await door.client.get("/api/me", headers=door.town.signs_in())
        assert answer.json() == ACCOUNT | {"unread_discussions": None}


async def test_a_refusal_of_identity_about_me_passes_as_it_came(door: Portal, town: Town) -> None:
    town.says("identity", "GET /api/me", 404, {"slug": "not-found"}, Content_Type="application/problem+json")
    answer = await door.client.get("/api/me", headers=town.signs_in())
    assert (answer.status_code, answer.json()) == (404, {"slug": "not-found"})
    assert answer.headers["content-type"] == "application/problem+json"


async def test_changing_me_goes_straight_to_identity(door: Portal, town: Town) -> None:
    town.says("identity", "PATCH /api/me", body=ACCOUNT)
    assert (await door.client.patch("/api/me", json={}, headers=town.signs_in())).json() == ACCOUNT


def tell(town: Town, **events: list[dict[str, Any]]) -> None:
    for service in SERVICES:
        town.says(service, "GET /audit/timeline", body=events.get(service, []))


async def test_a_timeline_is_one_story_of_every_service(door: Portal, town: Town) -> None:
    tell(
        town,
        dossiers=[event("a", "dossiers", 4, 1), event("d", "dossiers", 9, 5)],
        discussion=[event("b", "discussion", 7, 2, "a")],
        notifier=[event("c", "notifier", 3, 3, "b")],
    )
    answer = await door.client.get(TIMELINE, headers=town.signs_in("auditeur"))
    assert [item["id"] for item in answer.json()["items"]] == list("abcd")
    assert answer.json()["items"][0]["label"] == "Demande déposée"
    assert answer.json()["items"][1]["label"] == "DemandeSubmitted"  # no such event of discussion
    assert {heard.query for heard in town.heard} == {"route=d1"}
    assert {heard.service for heard in town.heard} == set(SERVICES)


async def test_every_event_there_is_has_a_label() -> None:
    for service in SERVICES:
        importlib.import_module(f"services.{service}.events")
    assert {f"{service}.{cls.wire_name}" for service in SERVICES for cls in event_types(service)} == set(LABELS)


async def test_a_timeline_with_a_hole_is_not_told(door: Portal, town: Town) -> None:
    tell(town, dossiers=[event("a", "dossiers", 4, 1)])
    town.says("notifier", "GET /audit/timeline", 500, {})
    answer = await door.client.get(TIMELINE, headers=town.signs_in("auditeur"))
    assert (answer.status_code, answer.json()["slug"]) == (503, "unavailable")


async def test_a_demande_nobody_knows_has_no_timeline(door: Portal, town: Town) -> None:
    tell(town)
    answer = await door.client.get(TIMELINE, headers=town.signs_in("auditeur"))
    assert answer.status_code == 404


async def test_an_effect_follows_its_cause_whatever_the_clocks_say() -> None:
    story = [
        event("filed", "dossiers", 1, 30),
        event("mailed", "notifier", 1, 10, "filed"),
        event("mailed-again", "notifier", 2, 11, "mailed"),
        event("opened", "discussion", 1, 40),
        event("asked", "discussion", 2, 39),
        event("stray", "files", 1, 5, "an-event-of-another-demande"),
    ]
    wanted = ["stray", "filed", "mailed", "mailed-again", "opened", "asked"]
    for seed in range(20):
        shuffled = random.Random(seed).sample(story, len(story))
        assert [each["id"] for each in causal_order(shuffled)] == wanted


async def test_a_forged_circle_of_causes_hides_nothing() -> None:
    circle = [event("a", "dossiers", 1, 1, "b"), event("b", "notifier", 1, 2, "a"), event("c", "files", 1, 3, "c")]
    assert sorted(each["id"] for each in causal_order(circle)) == ["a", "b", "c"]


async def test_ready_means_every_service_is_and_says_which_is_not(tmp_path: Path) -> None:
    async with portal(tmp_path) as door:
        answer = await door.client.get("/readyz")
        assert (answer.status_code, answer.json()["status"]) == (200, "ok")
        assert answer.json()["components"] == dict.fromkeys(SERVICES, "ok")
    async with portal(tmp_path, down=("files",), nats_url="nats://127.0.0.1:1") as door:
        door.town.not_ready.add("notifier")
        answer = await door.client.get("/readyz")
        assert (answer.status_code, answer.json()["status"]) == (503, "starting")
        down = {name for name, state in answer.json()["components"].items() if state == "down"}
        assert down == {"files", "notifier", "nats"}
        assert (await door.client.get("/livez")).json() == {"status": "ok"}


async def test_figures_are_for_those_inside(door: Portal, town: Town) -> None:
    town.says("dossiers", "GET /api/demarches/aide", body={})
    await door.client.get("/api/demarches/aide")
    await door.client.get("/no/such/place")
    answer = await door.client.get("/metrics")
    assert 'guichet_requests_total{method="GET",route="/api/demarches/{slug}",status="200"}' in answer.text
    assert 'route="unmatched",status="404"' in answer.text
    assert "no/such" not in answer.text
    for name in ("X-Forwarded-For", "Forwarded"):
        assert (await door.client.get("/metrics", headers={name: "9.9.9.9"})).status_code == 404
