"""Two services under one roof: an agent of another one sees nothing, and cannot tell that there is something."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.demo.command import PIECES
from console.demo.journey import upload
from console.demo.portal import Portal
from tests.support.residents import HABITAT, Resident, files, opens_discussion, writes
from tests.support.stack import Stack, quiet

pytestmark = pytest.mark.journey

MISSING = "0000000000000000"


@pytest.fixture
def stranger(stack: Stack) -> Portal:
    """An instructeur of habitat."""
    return stack.agent("instructeur2")


def test_an_agent_of_another_service_gets_404_for_everything(
    camille: Resident, agent: Portal, stranger: Portal
) -> None:
    id = files(camille.portal)["id"]
    opens_discussion(agent, id)
    file = upload(camille.portal, quiet(), id, PIECES / "photo.jpg", "Camille")
    writes(camille.portal, id, attachments=[file])
    desk, discussion = f"/api/backoffice/demandes/{id}", f"/api/demandes/{id}/discussion"
    photo = {"file": ("photo.jpg", Path(PIECES / "photo.jpg").read_bytes(), "image/jpeg")}
    for method, path, arguments in (
        ("GET", desk, {}),
        ("POST", f"{desk}/status", {"json": {"status": "en_instruction"}}),
        ("POST", f"{desk}/assignment", {"json": {"agent": "me"}}),
        ("POST", f"{desk}/notes", {"json": {"text": "Rien"}}),
        ("POST", f"{desk}/discussion", {"json": {"subject": "Bonjour", "body": "Bonjour"}}),
        ("POST", f"{desk}/discussion/closure", {}),
        ("GET", discussion, {}),
        ("POST", f"{discussion}/messages", {"json": {"body": "Bonjour"}}),
        ("POST", f"{discussion}/read", {"json": {"up_to": MISSING}}),
        ("POST", f"/api/demandes/{id}/files", {"files": photo}),
        ("GET", f"/api/files/{file}", {}),
        ("GET", f"/api/demandes/{id}", {}),
        ("GET", f"/api/demandes/{id}/history", {}),
    ):
        real = stranger.call(method, path, expect=404, **arguments)
        absent = stranger.call(method, path.replace(id, MISSING).replace(file, MISSING), expect=404, **arguments)
        assert real.body == absent.body, path
    assert id not in str(stranger.get("/api/backoffice/demandes", params={"limit": 100}))
    assert agent.get(desk)["status"] == "deposee"


def test_each_agent_has_the_demandes_of_his_services_and_no_other(
    camille: Resident, agent: Portal, stranger: Portal
) -> None:
    grant, habitat = files(camille.portal)["id"], files(camille.portal, HABITAT)["id"]

    def desk(portal: Portal) -> set[str]:
        found = portal.get("/api/backoffice/demandes", params={"limit": 100, "sort": "newest"})["items"]
        return {item["id"] for item in found} & {grant, habitat}

    assert desk(agent) == {grant}
    assert desk(stranger) == {habitat}


def test_work_is_given_to_colleagues_of_the_service_only(camille: Resident, agent: Portal, stranger: Portal) -> None:
    id = files(camille.portal)["id"]
    path = f"/api/backoffice/demandes/{id}/assignment"
    other = stranger.get("/api/me")["id"]
    assert agent.call("POST", path, json={"agent": other}, expect=422).body["slug"] == "invalid-request"
    assert agent.call("POST", path, json={"agent": camille.id}, expect=422).body["slug"] == "invalid-request"
    own = agent.get("/api/me")["id"]
    assert agent.post(path, {"agent": "me"})["assigned_to"] == own
    assert agent.post(path, {"agent": None})["assigned_to"] is None
