"""Texts that break programs, typed where people type: kept or refused, and everybody can go on reading."""

from __future__ import annotations

from typing import Any

import pytest

from console.demo.portal import Portal
from tests.support import malice
from tests.support.refusals import faults_of
from tests.support.residents import Resident, files, moves_in, opens_discussion
from tests.support.scene import Scene
from tests.support.stack import SERVICES, Stack

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def reader(stack: Stack) -> Resident:
    """Somebody whose mailbox receives nothing else."""
    return moves_in(stack)


def type_in(portal: Portal, method: str, path: str, body: dict[str, Any]) -> bool:
    """Send what somebody typed; whether it was taken. It may be refused, in words."""
    headers = portal._headers | {"Content-Type": "application/json"}
    answer = portal.client.request(method, path, content=malice.encoded(body), headers=headers)
    assert answer.is_success or faults_of(answer) == [], (path, answer.text)
    return answer.is_success


@pytest.mark.parametrize("text", malice.NASTY_TEXTS, ids=lambda text: repr(text)[:24])
def test_a_text_that_breaks_programs_breaks_nothing(scene: Scene, reader: Resident, text: str) -> None:
    agent, auditor, person = scene.callers["agent"], scene.callers["auditeur"], reader.portal
    id = files(person)["id"]
    desk, talk = f"/api/backoffice/demandes/{id}", f"/api/demandes/{id}/discussion"
    document = {"label": text, "required": False, "due": None}
    type_in(agent, "POST", f"{desk}/notes", {"text": text})
    if not type_in(
        agent, "POST", f"{desk}/discussion", {"subject": text, "body": text, "requested_documents": [document]}
    ):
        opens_discussion(agent, id)
    for portal in (agent, person):
        type_in(portal, "POST", f"{talk}/messages", {"body": text})
    for field in ("first_name", "last_name", "phone", "postal_address"):
        type_in(scene.owner.portal, "PATCH", "/api/me", {field: text})
    for status in ("en_instruction", "refusee", "en_instruction"):
        type_in(agent, "POST", f"{desk}/status", {"status": status, "message": text})
    type_in(person, "POST", f"/api/demandes/{id}/withdrawal", {"reason": text})
    for name in scene.form["answers"]:
        type_in(person, "POST", "/api/demandes", scene.form | {"answers": scene.form["answers"] | {name: text}})
    for field in ("first_name", "last_name", "postal_address"):
        type_in(person, "POST", "/api/demandes", scene.form | {"contact": scene.form["contact"] | {field: text}})
    for portal, path in (
        *((person, path) for path in (f"/api/demandes/{id}", f"/api/demandes/{id}/history", talk, "/api/demandes")),
        *((agent, path) for path in (desk, "/api/backoffice/demandes?limit=100", talk)),
        (scene.owner.portal, "/api/me"),
        (auditor, f"/api/audit/demandes/{id}/timeline"),
        (auditor, f"/api/audit/dossiers/streams/dossiers.demande-{id}"),
    ):
        assert portal.call("GET", path).status == 200
    page = person.client.get(f"/demandes/{id}", headers=person._headers | {"Accept": "text/html"})
    assert page.status_code == 200
    assert "<script>alert" not in page.text


def test_after_these_texts_no_mail_went_astray_and_every_history_holds(scene: Scene, reader: Resident) -> None:
    auditor = scene.callers["auditeur"]
    for service in SERVICES:
        report = auditor.call("POST", f"/api/audit/{service}/verification", expect=(200, 202)).body
        assert report["ok"], report["faults"]
    for mail in scene.stack.mails(reader.email, 2 * len(malice.NASTY_TEXTS)):
        assert mail["to"] == reader.email
        assert {"Bcc", "Cc", "Reply-To"}.isdisjoint(mail["headers"])
        assert "<script>alert" not in mail["html"]
    for mail in scene.stack.mails("victime@example.org"):
        raise AssertionError(mail)
