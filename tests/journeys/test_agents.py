"""Agents come and go through `guichet agents`."""

from __future__ import annotations

import secrets
import subprocess
import sys
import time
from datetime import UTC, datetime

import pytest

from console.demo.people import sign_in
from console.demo.portal import Portal
from tests.support.codes import code_of
from tests.support.residents import Resident, activation_token, files, moves_in
from tests.support.stack import Stack

pytestmark = pytest.mark.journey


def guichet(stack: Stack, *words: str) -> subprocess.CompletedProcess[str]:
    """`guichet agents …` on this installation."""
    command = [sys.executable, "-m", "console", "agents", "--data", str(stack.data), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def invited(stack: Stack, *options: str) -> str:
    """The address of a new agent."""
    email = f"agent.{secrets.token_hex(4)}@example.org"
    added = guichet(stack, "add", email, "Jeanne", "Durand", *options)
    assert added.returncode == 0, added.stderr
    return email


def enrolled(session: Portal) -> Portal:
    """The same session once its owner has a second factor: until then an agent's roles rest."""
    secret = session.post("/api/me/second-factor")["secret"]
    session.post("/api/me/second-factor/confirmation", {"code": code_of(secret, datetime.now(UTC))})
    return session


def test_an_invited_agent_works_until_he_is_disabled(stack: Stack, camille: Resident) -> None:
    email = invited(stack, "--service", "education")
    assert email in guichet(stack, "list").stdout
    portal, password = stack.portal(), f"Bleuet-{secrets.token_hex(6)}"
    body = {"token": activation_token(stack.mailbox(), email), "password": password}
    portal.post("/api/accounts/activation", body)
    agent = enrolled(sign_in(portal, email, password))
    id = files(camille.portal)["id"]
    agent.post(f"/api/backoffice/demandes/{id}/status", {"status": "en_instruction"})

    gone = guichet(stack, "disable", email)
    assert gone.returncode == 0, gone.stderr
    deadline = time.monotonic() + 5
    while agent.call("GET", f"/api/backoffice/demandes/{id}", expect=(200, 401)).status != 401:
        assert time.monotonic() < deadline, "a disabled agent still reads after 5 s"
        time.sleep(0.05)
    portal.call("POST", "/api/sessions", json={"email": email, "password": password}, expect=401)


def test_an_agent_of_one_service_can_be_given_work_there(stack: Stack, camille: Resident) -> None:
    email = invited(stack, "--service", "education")
    portal, password = stack.portal(), f"Bleuet-{secrets.token_hex(6)}"
    body = {"token": activation_token(stack.mailbox(), email), "password": password}
    colleague = portal.post("/api/accounts/activation", body)["account_id"]
    id = files(camille.portal)["id"]
    agent = stack.agent("instructeur")
    assert agent.post(f"/api/backoffice/demandes/{id}/assignment", {"agent": colleague})["assigned_to"] == colleague
    theirs = enrolled(sign_in(portal, email, password)).get("/api/backoffice/demandes", params={"assigned": "me"})
    assert [item["id"] for item in theirs["items"]] == [id]


def test_a_resident_who_becomes_an_agent_keeps_his_account(stack: Stack) -> None:
    resident = moves_in(stack)
    assert guichet(stack, "add", resident.email, "Camille", "Martin", "--role", "auditeur").returncode == 0
    session = sign_in(stack.portal(), resident.email, resident.password)
    assert session.get("/api/me")["roles"] == ["demandeur"]
    assert enrolled(session).get("/api/me")["roles"] == ["demandeur", "auditeur"]
    assert session.call("GET", "/api/audit/dossiers/projections").status == 200


def test_nonsense_is_refused_in_words(stack: Stack) -> None:
    for words in (
        ("add", "pas une adresse", "Jeanne", "Durand", "--service", "education"),
        ("add", "a@example.org", "Jeanne", "Durand"),
        ("add", "a@example.org", "Jeanne", "Durand", "--role", "auditeur", "--service", "education"),
        ("disable", "personne@example.org"),
    ):
        said = guichet(stack, *words)
        assert said.returncode == 1
        assert said.stderr.strip().endswith("."), said.stderr
        assert "Traceback" not in said.stderr
