"""A person sees what he just did: a hundred quick writes, each looked for in the very next read."""

from __future__ import annotations

from typing import Any

import pytest

from console.demo.portal import Answer, Portal
from tests.support.residents import Resident, files, moves_in, opens_discussion, writes
from tests.support.stack import Stack

pytestmark = pytest.mark.journey

ROUNDS = 100


@pytest.fixture(scope="module")
def camille(stack: Stack) -> Resident:
    """Somebody nobody else writes to."""
    return moves_in(stack)


@pytest.fixture
def talk(agent: Portal, camille: Resident) -> str:
    """A demande with an open discussion."""
    id = str(files(camille.portal)["id"])
    opens_discussion(agent, id)
    return id


def row(portal: Portal, path: str, id: str, **headers: str) -> Any:
    """The line of one demande in a list."""
    items = portal.get(path, params={"limit": 100}, headers=headers)["items"]
    return next(item for item in items if (item["id"] if "id" in item else item["demande"]["id"]) == id)


def fresh(answer: Answer) -> Any:
    """The body of an answer that is not behind."""
    assert "guichet-stale" not in answer.headers
    return answer.body


def test_what_an_agent_writes_is_in_his_next_read(agent: Portal, talk: str) -> None:
    path = f"/api/backoffice/demandes/{talk}"
    for n in range(ROUNDS):
        agent.post(f"{path}/notes", {"text": f"Note {n}"}, expect=201)
        assert fresh(agent.call("GET", path))["notes"][-1]["text"] == f"Note {n}"


def test_what_is_said_is_in_the_next_read_of_the_discussion(camille: Resident, talk: str) -> None:
    for n in range(ROUNDS):
        said = writes(camille.portal, talk, f"Message {n}")
        thread = fresh(camille.portal.call("GET", f"/api/demandes/{talk}/discussion"))
        assert thread["messages"][-1]["id"] == said["id"]


def test_a_profile_that_was_changed_reads_changed(camille: Resident) -> None:
    for n in range(ROUNDS):
        phone = f"+3361234{n:04d}"
        camille.portal.call("PATCH", "/api/me", json={"phone": phone})
        assert fresh(camille.portal.call("GET", "/api/me"))["phone"] == phone


def test_a_demande_that_was_filed_is_in_the_list(stack: Stack) -> None:
    resident = moves_in(stack)
    for _ in range(ROUNDS // 4):
        id = files(resident.portal)["id"]
        assert resident.portal.get("/api/demandes")["items"][0]["id"] == id


def test_across_services_both_sides_see_whose_turn_it_is(stack: Stack, agent: Portal) -> None:
    resident = moves_in(stack)
    id = files(resident.portal)["id"]
    opens_discussion(agent, id)
    for _ in range(ROUNDS // 2):
        said = writes(agent, id, "À vous.")
        assert row(agent, "/api/backoffice/demandes", id)["awaiting"] == "applicant"
        resident.portal.post(f"/api/demandes/{id}/discussion/read", {"up_to": said["id"]}, expect=204)
        assert row(resident.portal, "/api/demandes", id)["unread_messages"] == 0
        assert resident.portal.get("/api/me")["unread_discussions"] == 0


def test_across_people_a_position_that_is_handed_over_is_waited_for(
    agent: Portal, camille: Resident, talk: str
) -> None:
    path = f"/api/demandes/{talk}/discussion/messages"
    for n in range(ROUNDS // 2):
        said = agent.call("POST", path, json={"body": "Bonjour."}, expect=201)
        position = said.headers["guichet-position"]
        mine = row(camille.portal, "/api/demandes", talk, **{"Guichet-Position": position})
        assert mine["unread_messages"] == n + 2
        told = row(camille.portal, "/api/notifications", talk, **{"Guichet-Position": position})
        assert told["unread"] == n + 2


def test_a_position_nobody_has_reached_is_waited_for_a_second_and_said_to_be_stale(camille: Resident) -> None:
    far = {"Guichet-Position": "dossiers=999999999.999999999"}
    answer = camille.portal.call("GET", "/api/demandes", headers=far)
    assert answer.headers["guichet-stale"] == "true"
    assert answer.seconds < 3


def test_nonsense_as_a_position_is_ignored(camille: Resident) -> None:
    for position in ("", "x", "dossiers", "dossiers=-1.2", "a=1.1," * 300, "dossiers=1.1;discussion=9"):
        answer = camille.portal.call("GET", "/api/demandes", headers={"Guichet-Position": position})
        assert "guichet-stale" not in answer.headers
        assert answer.seconds < 1
