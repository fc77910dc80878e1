"""Stopped in the evening, started in the morning: everything is where it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from console.demo.command import PIECES
from console.demo.journey import upload
from console.demo.people import sign_in
from console.demo.portal import Portal
from tests.support.residents import files, files_without_account, follows, moves_in, opens_discussion, writes
from tests.support.stack import SERVICES, Stack, quiet

pytestmark = pytest.mark.journey


def seen(portal: Portal, *paths: str) -> dict[str, Any]:
    """What somebody reads at each address."""
    return {path: portal.call("GET", path).content for path in paths}


def chains(stack: Stack) -> dict[str, list[str]]:
    """The link that ends each service's history, event by event."""
    auditor, lines = stack.agent("auditeur"), {"Accept": "application/x-ndjson"}
    return {
        service: [
            json.loads(line)["chain"]
            for line in auditor.call("GET", f"/api/audit/{service}/events", headers=lines).content.splitlines()
        ]
        for service in SERVICES
    }


def test_a_second_start_finds_everything_as_it_was(stack: Stack) -> None:
    resident, agent, portal = moves_in(stack), stack.agent("instructeur"), stack.portal()
    id = files(resident.portal)["id"]
    opens_discussion(agent, id)
    file = upload(resident.portal, quiet(), id, PIECES / "attestation.pdf", "Camille")
    writes(resident.portal, id, attachments=[file])
    filed, email = files_without_account(portal)
    follower = follows(portal, email, filed["tracking_number"])
    closed = sign_in(portal, resident.email, resident.password)
    closed.call("DELETE", "/api/sessions/current", expect=204)
    mails = stack.mails(resident.email, 3)

    mine = ("/api/me", "/api/demandes", f"/api/demandes/{id}", f"/api/demandes/{id}/history")
    ours = (f"/api/demandes/{id}/discussion", f"/api/files/{file}")
    desk = f"/api/backoffice/demandes/{id}"
    before = seen(resident.portal, *mine, *ours), seen(follower, "/api/demandes"), seen(agent, desk, *ours)
    history = chains(stack)

    assert stack.stop() == 0
    stack.start()

    after = seen(resident.portal, *mine, *ours), seen(follower, "/api/demandes"), seen(agent, desk, *ours)
    assert after == before
    assert after[0][f"/api/files/{file}"] == Path(PIECES / "attestation.pdf").read_bytes()
    # A download is a fact, and a mail may still be on its way; nothing else was added, and nothing was changed.
    for service, links in chains(stack).items():
        assert links[: len(history[service])] == history[service], service
        assert len(links) == len(history[service]) or service in ("files", "notifier")
    assert stack.mails(resident.email) == mails
    closed.call("GET", "/api/me", expect=401)
    sign_in(portal, resident.email, resident.password)
    agent.post(f"/api/backoffice/demandes/{filed['id']}/status", {"status": "en_instruction"})
    assert follows(portal, email, filed["tracking_number"]).get(f"/api/demandes/{filed['id']}")["version"] == 2
    assert len(stack.mails(email, 2)) == 2
