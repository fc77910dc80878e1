"""From a draft to a receipt, from a tracking number to an account, from pieces to a date: the whole way."""

from __future__ import annotations

import base64
import hashlib
import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from console.demo.command import PIECES
from console.demo.portal import Portal
from tests.support.residents import GRANT, Resident, files, files_without_account, follows, moves_in
from tests.support.stack import Stack

pytestmark = pytest.mark.journey


def examples(portal: Portal, slug: str) -> dict[str, Any]:
    fields = portal.get(f"/api/demarches/{slug}")["fields"]
    return {field["name"]: field["example"] for field in fields if field["example"] is not None}


def the_clock(agent: Portal, id: str, wanted: dict[str, Any]) -> dict[str, Any]:
    """The legal clock of a demande, once it says what is wanted."""
    until = time.monotonic() + 15
    while True:
        clock: dict[str, Any] = agent.get(f"/api/backoffice/demandes/{id}")["legal_clock"]
        if wanted.items() <= clock.items() or time.monotonic() > until:
            return clock
        time.sleep(0.05)


def test_a_draft_is_typed_in_steps_filed_and_copied(stack: Stack) -> None:
    camille = moves_in(stack)
    portal, answers = camille.portal, examples(camille.portal, GRANT)
    begun = portal.call("POST", "/api/demandes", json={"demarche": GRANT, "submit": False}, expect=201)
    id, etag = begun.body["id"], begun.headers["etag"]
    for name, value in answers.items():
        saved = portal.call(
            "PATCH", f"/api/demandes/{id}/answers", json={"answers": {name: value}}, headers={"If-Match": etag}
        )
        etag = saved.headers["etag"]
    stale = portal.call(
        "PATCH", f"/api/demandes/{id}/answers", json={"answers": {}}, headers={"If-Match": '"1"'}, expect=412
    )
    assert stale.body["slug"] == "stale-version"
    portal.call("PATCH", f"/api/demandes/{id}/answers", json={"on_behalf_of": {"kind": "self"}})
    draft = portal.get(f"/api/demandes/{id}")
    assert (draft["status"], draft["to_complete"]) == ("brouillon", [])
    filed = portal.post(f"/api/demandes/{id}/submission")
    assert follows(stack.portal(), camille.email, filed["tracking_number"]).get(f"/api/demandes/{id}")
    mail = stack.mailbox().wait(camille.email, lambda mail: filed["reference"] in mail.subject)
    assert filed["tracking_number"] in mail.text
    copied = portal.post(f"/api/demandes/{id}/duplicate", expect=201)
    assert copied["dropped"]
    gone = portal.post(f"/api/demandes/{copied['id']}/withdrawal", {})
    assert gone["status"] == "retiree"
    assert [item["id"] for item in portal.get("/api/demandes")["items"]] == [id]


def test_the_receipt_says_all_it_must_by_mail_and_as_pdf(stack: Stack, camille: Resident) -> None:
    filed = files(camille.portal)
    mail = stack.mailbox().wait(camille.email, lambda mail: filed["reference"] in mail.subject)
    words = " ".join(mail.text.split())
    for mention in ("accusé de réception", "01 99 00 45 20", "education@demo.example.org", "99000 Vive"):
        assert mention in words
    for mention in ("article L. 231-4", "tribunal administratif", "au soir"):
        assert mention in words
    id = filed["id"]
    for portal in (camille.portal, follows(stack.portal(), camille.email, filed["tracking_number"])):
        answer = portal.call("GET", f"/api/demandes/{id}/receipt")
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.headers["content-disposition"].startswith("attachment")
        digest = hashlib.sha256(answer.content)
        assert answer.headers["repr-digest"] == f"sha-256=:{base64.b64encode(digest.digest()).decode()}:"
        history = portal.get(f"/api/demandes/{id}/history")["items"]
        assert [digest.hexdigest() in item["label"] for item in history if item["kind"] == "receipt"] == [True]


def test_a_demande_filed_without_an_account_joins_the_account_of_the_same_address(stack: Stack) -> None:
    camille = moves_in(stack)
    filed, _ = files_without_account(stack.portal(), email=camille.email)
    other, _ = files_without_account(stack.portal())
    number = {"tracking_number": filed["tracking_number"]}
    camille.portal.post("/api/demandes/attachment", {"tracking_number": other["tracking_number"]}, expect=422)
    assert camille.portal.post("/api/demandes/attachment", number)["id"] == filed["id"]
    for path in ("", "/history", "/discussion", "/receipt"):
        camille.portal.call("GET", f"/api/demandes/{filed['id']}{path}")
    assert [item["id"] for item in camille.portal.get("/api/demandes")["items"]] == [filed["id"]]


def test_pieces_move_the_date_and_their_arrival_is_told(stack: Stack, camille: Resident, agent: Portal) -> None:
    filed = files(camille.portal)
    id, before = filed["id"], agent.get(f"/api/backoffice/demandes/{filed['id']}")["legal_clock"]
    due = (datetime.now(UTC) + timedelta(days=20)).date().isoformat()
    opened = agent.post(
        f"/api/backoffice/demandes/{id}/discussion",
        {
            "subject": "Une pièce manque",
            "body": "Bonjour",
            "requested_documents": [{"label": "Avis d'imposition", "required": True, "due": due}],
        },
        expect=201,
    )
    clock = the_clock(agent, id, {"state": "suspended"})
    assert clock["state"] == "suspended"
    assert clock["deadline"] > before["deadline"]
    reference, asks = filed["reference"], re.compile(f"Le service attend .* {filed['reference']}")
    invitation = stack.mailbox().wait(camille.email, lambda mail: asks.fullmatch(mail.subject) is not None)
    assert "L. 114-5" in invitation.text
    piece = {"file": ("avis.jpg", (PIECES / "photo.jpg").read_bytes(), "image/jpeg")}
    file = camille.portal.call("POST", f"/api/demandes/{id}/files", files=piece, expect=201).body["id"]
    document = opened["requested_documents"][0]["id"]
    camille.portal.post(
        f"/api/demandes/{id}/discussion/messages",
        {"body": "Voici", "attachments": [file], "requested_documents": {document: file}},
        expect=201,
    )
    clock = the_clock(agent, id, {"state": "running"})
    assert (clock["state"], clock["deadline"]) == ("running", before["deadline"])
    told = stack.mailbox().wait(camille.email, lambda mail: all(part in mail.subject for part in ("tous", reference)))
    assert "accusé de réception" in told.text
