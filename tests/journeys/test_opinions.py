"""An agent asks a colleague of another service for an opinion: mails, what each may read, what the auditor finds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from console.demo.portal import Portal
from tests.support.residents import GRANT, Resident, files
from tests.support.stack import Stack

pytestmark = pytest.mark.journey

OFFICE = "/api/backoffice"
EXPERT = "instructeur2@demo.example.org"


@pytest.fixture
def expert(stack: Stack) -> Portal:
    """An instructeur of habitat."""
    return stack.agent("instructeur2")


def test_an_opinion_is_asked_by_mail_given_and_kept_from_the_applicant(
    camille: Resident, agent: Portal, expert: Portal, stack: Stack
) -> None:
    filed = files(camille.portal)
    id, mailbox = filed["id"], stack.mailbox()
    assert GRANT not in str(expert.get(f"{OFFICE}/demandes"))
    known = [one["id"] for one in agent.get(f"{OFFICE}/colleagues", params={"scope": "all"})["items"]]
    assert expert.get("/api/me")["id"] in known
    due = (datetime.now(UTC) + timedelta(days=9)).date().isoformat()
    request = {"agent": EXPERT, "question": "Le quotient familial est-il le bon ?", "due": due}
    opinion = agent.call("POST", f"{OFFICE}/demandes/{id}/opinions", json=request, expect=201).body["id"]
    mail = mailbox.wait(EXPERT, lambda mail: filed["reference"] in mail.subject)
    assert "/instruction/avis" in mail.text
    for hidden in ("quotient", "Martin", filed["tracking_number"]):
        assert hidden not in mail.text
    (asked,) = [one for one in expert.get(f"{OFFICE}/opinions")["items"] if one["id"] == opinion]
    assert (asked["status"], asked["demande"]["reference"]) == ("pending", filed["reference"])
    assert expert.get(f"{OFFICE}/demandes/{id}")["access"] == "expert"
    answer = {"verdict": "favorable", "text": "Le quotient est celui du foyer."}
    assert expert.call("POST", f"{OFFICE}/opinions/{opinion}", json=answer).body["status"] == "given"
    expert.call("GET", f"{OFFICE}/demandes/{id}", expect=404)
    mailbox.wait("instructeur@demo.example.org", lambda mail: filed["reference"] in mail.subject)
    (given,) = agent.get(f"{OFFICE}/demandes/{id}")["opinions"]
    assert (given["verdict"], given["text"]) == ("favorable", "Le quotient est celui du foyer.")
    mine = [camille.portal.get(path) for path in (f"/api/demandes/{id}", f"/api/demandes/{id}/history")]
    exported = camille.portal.get("/api/me/export")
    for word in ("quotient", "opinion", "Avis donné", "Avis demandé"):
        assert word not in str(mine), word
        assert word not in str(exported), word


def test_who_read_a_demande_is_known_to_its_service_and_to_the_auditor(
    camille: Resident, agent: Portal, expert: Portal, stack: Stack
) -> None:
    id = files(camille.portal)["id"]
    for _ in range(2):
        agent.get(f"{OFFICE}/demandes/{id}")
    expert.call("GET", f"{OFFICE}/demandes/{id}", expect=404)

    def seen() -> list[str]:
        return [one["capacity"] for one in agent.get(f"{OFFICE}/demandes/{id}/readers")["items"]]

    stack.settled()
    assert seen() == ["instructeur"]
    timeline = stack.agent("auditeur").get(f"/api/audit/demandes/{id}/timeline")["items"]
    assert [item["label"] for item in timeline if "Consulted" in item["type"]] == ["Demande consultée par un agent"]
    assert "consult" not in str(camille.portal.get(f"/api/demandes/{id}/history"))
