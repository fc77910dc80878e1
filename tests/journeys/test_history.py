"""What an auditor does: filter, travel back, verify, rebuild; and what is kept of his own visits."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from console.demo.portal import Portal
from tests.support.residents import Resident, files, opens_discussion, writes
from tests.support.stack import SERVICES, Stack

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def auditor(stack: Stack) -> Portal:
    """Somebody who may read everything, and is seen doing it."""
    return stack.agent("auditeur")


@pytest.fixture(scope="module")
def decided(stack: Stack, camille: Resident) -> dict[str, Any]:
    """A demande that was decided; `before` is the instant before that."""
    agent, filed = stack.agent("instructeur"), files(camille.portal)
    desk = f"/api/backoffice/demandes/{filed['id']}"
    agent.post(f"{desk}/status", {"status": "en_instruction"})
    opens_discussion(agent, filed["id"])
    writes(camille.portal, filed["id"], "Voici.")
    before = agent.get(desk)["updated_at"]
    agent.post(f"{desk}/status", {"status": "acceptee"})
    return filed | {"before": before}


def events(auditor: Portal, service: str, **wanted: Any) -> list[dict[str, Any]]:
    """What a filter finds."""
    found: list[dict[str, Any]] = auditor.get(f"/api/audit/{service}/events", params=wanted)
    return found


def test_filters_by_type_take_the_bare_name_and_the_full_one(auditor: Portal, decided: dict[str, Any]) -> None:
    bare = events(auditor, "dossiers", type="DemandeStatusChanged", limit=1000)
    full = events(auditor, "dossiers", type="fr.guichet.dossiers.DemandeStatusChanged.v1", limit=1000)
    assert bare == full
    assert len(bare) >= 2
    assert {event["type"] for event in bare} == {"fr.guichet.dossiers.DemandeStatusChanged.v1"}
    assert events(auditor, "dossiers", type="DemandeStatus") == []


def test_filters_by_stream_actor_and_correlation_find_that_and_nothing_else(
    stack: Stack, auditor: Portal, decided: dict[str, Any], camille: Resident
) -> None:
    stream = f"dossiers.demande-{decided['id']}"
    story = events(auditor, "dossiers", stream=stream)
    assert [event["streamversion"] for event in story] == list(range(1, len(story) + 1))
    actor = f"account:{camille.id}"
    mine = events(auditor, "dossiers", actor=actor, limit=1000)
    assert {event["actor"] for event in mine} == {actor}
    one = story[-1]["correlationid"]
    assert {event["subject"] for event in events(auditor, "dossiers", correlation=one)} == {stream}
    assert events(auditor, "dossiers", stream="discussion.discussion-" + decided["id"]) == []


def test_since_and_until_cut_where_they_say(auditor: Portal, decided: dict[str, Any]) -> None:
    stream = f"dossiers.demande-{decided['id']}"
    story = events(auditor, "dossiers", stream=stream)
    last = story[-1]["time"]
    assert [event["id"] for event in events(auditor, "dossiers", stream=stream, since=last)] == [story[-1]["id"]]
    early = events(auditor, "dossiers", stream=stream, until=decided["before"])
    assert [event["id"] for event in early] == [event["id"] for event in story[:-1]]
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    assert events(auditor, "dossiers", since=tomorrow) == []


def test_pages_follow_each_other_and_ndjson_goes_to_the_end(auditor: Portal, decided: dict[str, Any]) -> None:
    for service in SERVICES:
        answer = auditor.call("GET", f"/api/audit/{service}/events", headers={"Accept": "application/x-ndjson"})
        assert answer.headers["content-type"].startswith("application/x-ndjson")
        lines = [json.loads(line) for line in answer.content.splitlines()]
        paged: list[dict[str, Any]] = []
        while page := events(auditor, service, after=paged[-1]["sequence"] if paged else 0, limit=25):
            paged += page
        assert paged[: len(lines)] == lines
        sequences = [int(event["sequence"]) for event in lines]
        assert sequences == sorted(set(sequences))


def test_an_event_is_a_cloudevent(auditor: Portal, decided: dict[str, Any]) -> None:
    answer = auditor.call("GET", "/api/audit/dossiers/events", params={"limit": 5})
    assert answer.headers["content-type"].startswith("application/cloudevents-batch+json")
    for event in answer.body:
        assert event["specversion"] == "1.0"
        assert event["source"] == "/guichet/dossiers"
        assert {"id", "type", "subject", "time", "datacontenttype", "data"} <= set(event)
        assert {"sequence", "streamversion", "correlationid", "actor", "chain"} <= set(event)


def test_a_stream_can_be_seen_as_it_was(auditor: Portal, decided: dict[str, Any], camille: Resident) -> None:
    path = f"/api/audit/dossiers/streams/dossiers.demande-{decided['id']}"
    now = auditor.get(path)
    then = auditor.get(path, params={"at": decided["before"]})
    assert (now["state"]["status"], then["state"]["status"]) == ("acceptee", "en_instruction")
    assert auditor.get(path, params={"version": then["version"]}) == then
    assert auditor.get(path, params={"version": 1})["state"]["status"] == "deposee"
    assert now["verified"]
    assert camille.email in json.dumps(now["events"][0]["data"])
    for missing in ({"version": 0}, {"at": "2000-01-01T00:00:00Z"}):
        assert auditor.call("GET", path, params=missing, expect=404).body["slug"] == "not-found"


def test_the_timeline_tells_causes_before_effects(auditor: Portal, decided: dict[str, Any]) -> None:
    items = auditor.get(f"/api/audit/demandes/{decided['id']}/timeline")["items"]
    rank = {event["id"]: place for place, event in enumerate(items)}
    for place, event in enumerate(items):
        cause = event.get("causationid")
        assert cause not in rank or rank[cause] < place
    bare = [event["type"].split(".")[-2] for event in items]
    assert bare.index("DemandeSubmitted") < bare.index("DiscussionOpened") < bare.index("MessagePosted")


def test_every_chain_holds_and_every_read_model_can_be_built_again(auditor: Portal, decided: dict[str, Any]) -> None:
    for service in SERVICES:
        report = auditor.call("POST", f"/api/audit/{service}/verification", expect=(200, 202)).body
        assert (report["ok"], report["faults"]) == (True, [])
        assert auditor.get(f"/api/audit/{service}/verification/{report['id']}")["done"]
        auditor.call("GET", f"/api/audit/{service}/replays/{report['id']}", expect=404)
        for projection in auditor.get(f"/api/audit/{service}/projections")["items"]:
            body = {"projection": projection["name"]}
            replay = auditor.call("POST", f"/api/audit/{service}/replays", json=body, expect=(200, 202)).body
            assert (replay["done"], replay["identical"], replay["differences"]) == (True, True, []), projection


def test_what_an_auditor_reads_is_recorded(stack: Stack, auditor: Portal, decided: dict[str, Any]) -> None:
    who = f"account:{auditor.get('/api/me')['id']}"
    mark = f"lecture-{decided['id']}"
    for path in (
        "/api/audit/dossiers/events?limit=1",
        f"/api/audit/dossiers/streams/dossiers.demande-{decided['id']}",
        f"/api/audit/demandes/{decided['id']}/timeline",
    ):
        auditor.call("GET", path, headers={"X-Request-Id": mark})
    with closing(sqlite3.connect(f"file:{stack.data}/dossiers/state.db?mode=ro", uri=True)) as db:
        rows = db.execute("SELECT actor, what FROM consultation WHERE correlation=? ORDER BY rowid", (mark,)).fetchall()
    assert [row[0] for row in rows] == [who] * 3
    assert [row[1].split("?")[0].removeprefix("GET ") for row in rows] == [
        "/audit/events",
        f"/audit/streams/dossiers.demande-{decided['id']}",
        "/audit/timeline",
    ]
    assert decided["id"] in rows[2][1]
