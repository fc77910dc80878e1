"""Following a demande live, through the real bus: who is told what, how one comes back, when it ends."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

import httpx
import pytest

from console.demo.portal import Portal
from tests.support.residents import Resident, files, files_without_account, follows, moves_in, opens_discussion, writes
from tests.support.stack import Stack, wait_for

pytestmark = pytest.mark.journey
EVENTS = {"Accept": "text/event-stream"}


@dataclass
class Heard:
    """What a follower was told so far: pairs of an id and a kind."""

    status: int = 0
    first: str = ""
    changes: list[tuple[str, str]] = field(default_factory=list)
    raw: list[str] = field(default_factory=list)
    over: bool = False

    @property
    def kinds(self) -> list[str]:
        return [kind for _, kind in self.changes]


def read(response: httpx.Response, heard: Heard) -> None:
    id = ""
    try:
        for line in response.iter_lines():
            heard.raw.append(line)
            name, _, value = line.partition(": ")
            if name == "id":
                id = value
                heard.first = heard.first or value
            elif name == "data":
                heard.changes.append((id, json.loads(value)["kind"]))
    except (httpx.HTTPError, httpx.StreamError):
        pass
    heard.over = True


def told_messages(heard: Heard, number: int) -> bool:
    return heard.kinds.count("message") == number


@contextmanager
def following(portal: Portal, demande: str, **headers: str) -> Iterator[Heard]:
    """Somebody follows, in the background; the block begins once he is admitted."""
    heard = Heard()
    with (
        httpx.Client(base_url=portal.url, timeout=30) as client,
        client.stream("GET", f"/api/demandes/{demande}/live", headers=portal._headers | EVENTS | headers) as response,
    ):
        heard.status = response.status_code
        reader = threading.Thread(target=read, args=(response, heard), daemon=True)
        reader.start()
        if response.status_code == 200:
            wait_for("the first id", lambda: heard.first)
        yield heard


def status_of(portal: Portal, demande: str) -> int:
    with (
        httpx.Client(base_url=portal.url, timeout=30) as client,
        client.stream("GET", f"/api/demandes/{demande}/live", headers=portal._headers | EVENTS) as response,
    ):
        return response.status_code


@pytest.fixture
def resident(stack: Stack) -> Resident:
    return moves_in(stack)


def test_both_sides_are_told_what_changes_and_nothing_of_what_is_said(stack: Stack, resident: Resident) -> None:
    agent, id = stack.agent("instructeur"), files(resident.portal)["id"]
    with following(resident.portal, id) as applicant, following(agent, id) as service:
        agent.post(f"/api/backoffice/demandes/{id}/assignment", {"agent": "me"})
        agent.post(f"/api/backoffice/demandes/{id}/status", {"status": "en_instruction"})
        opens_discussion(agent, id, body="Un secret bien gardé.")
        writes(resident.portal, id, "Une réponse discrète.")
        wait_for("both messages", lambda: applicant.kinds.count("message") == 2)
        wait_for("both messages", lambda: service.kinds.count("message") == 2)
    assert [kind for kind in applicant.kinds if kind != "history"] == [
        "status",
        "discussion",
        "discussion",
        *2 * ["message"],
    ]
    assert "desk" in service.kinds
    told = "\n".join(applicant.raw + service.raw)
    assert "secret" not in told
    assert "discrète" not in told
    assert set(told.split()) & {resident.email, resident.id} == set()


def test_what_is_told_can_be_read_at_once(stack: Stack, resident: Resident) -> None:
    agent, id = stack.agent("instructeur"), files(resident.portal)["id"]
    opens_discussion(agent, id)
    with following(resident.portal, id) as heard:
        for number in range(1, 6):
            writes(agent, id, f"Message {number}")
            wait_for("a message", partial(told_messages, heard, number))
            shown = resident.portal.get(f"/api/demandes/{id}/discussion")["messages"]
            assert shown[-1]["body"] == f"Message {number}"


def test_whoever_comes_back_is_told_what_he_missed(stack: Stack, resident: Resident) -> None:
    agent, id = stack.agent("instructeur"), files(resident.portal)["id"]
    opens_discussion(agent, id)
    with following(resident.portal, id) as heard:
        writes(agent, id)
        wait_for("a message", lambda: "message" in heard.kinds)
    last, at = heard.changes[-1][0], time.time()
    writes(agent, id)
    writes(agent, id)
    with following(resident.portal, id, **{"Last-Event-ID": last}) as again:
        wait_for("what was missed", lambda: again.kinds == ["message", "message"])
    with following(resident.portal, id, **{"Last-Event-ID": "deadbeef-12"}) as stranger:
        wait_for("a loss", lambda: stranger.kinds == ["missed"])
    with (
        httpx.Client(base_url=stack.urls["gateway"], timeout=30) as client,
        client.stream(
            "GET", f"/api/demandes/{id}/live?since={at:.3f}", headers=resident.portal._headers | EVENTS
        ) as response,
    ):
        since = Heard()
        threading.Thread(target=read, args=(response, since), daemon=True).start()
        wait_for("what changed since", lambda: since.kinds == ["message", "message"])


def test_others_learn_nothing_and_a_tracking_number_follows_its_own(stack: Stack, resident: Resident) -> None:
    filed, email = files_without_account(stack.portal())
    tracking = follows(stack.portal(), email, filed["tracking_number"])
    other = files(resident.portal)["id"]
    assert status_of(tracking, filed["id"]) == 200
    for portal, id, expected in (
        (tracking, other, 404),
        (resident.portal, filed["id"], 404),
        (stack.agent("instructeur2"), filed["id"], 404),
        (stack.agent("auditeur"), filed["id"], 404),
        (stack.portal(), filed["id"], 401),
    ):
        assert status_of(portal, id) == expected
    answer = resident.portal.call("GET", f"/api/demandes/{other}/live", expect=406)
    assert answer.body["slug"] == "not-acceptable"
    head = httpx.head(f"{stack.urls['gateway']}/api/demandes/{other}/live", headers=resident.portal._headers | EVENTS)
    assert (head.status_code, head.headers["content-type"].partition(";")[0]) == (200, "text/event-stream")


def test_one_session_follows_four_times_at_most(stack: Stack, resident: Resident) -> None:
    id = files(resident.portal)["id"]
    with (
        following(resident.portal, id),
        following(resident.portal, id),
        following(resident.portal, id),
        following(resident.portal, id),
    ):
        refused = resident.portal.call("GET", f"/api/demandes/{id}/live", headers=EVENTS, expect=429)
        assert refused.body["slug"] == "rate-limited"
        assert int(refused.headers["retry-after"]) > 0
    wait_for("room", lambda: status_of(resident.portal, id) == 200)


def test_signing_out_ends_what_the_session_follows(stack: Stack, resident: Resident) -> None:
    id = files(resident.portal)["id"]
    with following(resident.portal, id) as heard:
        resident.portal.call("DELETE", "/api/sessions/current", expect=204)
        wait_for("the end", lambda: heard.over, within=5)
    assert heard.kinds == []
