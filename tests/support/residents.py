"""People of the département for journeys: they sign up, file demandes, and talk with the service."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import Any

from console.demo import journey
from console.demo.people import sign_in, solve
from console.demo.portal import Mailbox, Portal
from tests.support.stack import Stack, quiet

GRANT, HABITAT = "bourse-departementale-collegien", "amelioration-habitat"
ASSOCIATION = {"kind": "association", "name": "Fanfare des villages", "identifier": "732 829 320 00074"}


@dataclass(frozen=True)
class Resident:
    """Somebody with an account, signed in."""

    portal: Portal
    email: str
    password: str
    id: str

    @property
    def token(self) -> str:
        """His session's token."""
        return self.portal._headers["Authorization"].removeprefix("Bearer ")


def sign_up_form(portal: Portal, email: str, password: str, **changes: Any) -> dict[str, Any]:
    """A sign-up form filled in well, its question solved."""
    question = portal.get("/api/security-question")
    return {
        "email": email,
        "password": password,
        "first_name": "Camille",
        "last_name": "Martin",
        "terms_version": portal.get("/api/terms")["version"],
        "security_question": {"id": question["id"], "answer": solve(question["question"])},
    } | changes


def activation_token(mailbox: Mailbox, email: str) -> str:
    """The token of the link that was mailed."""
    mail = mailbox.wait(email, lambda mail: "/activation/" in mail.text)
    found = re.search(r"/activation/([\w-]+)", mail.text)
    assert found is not None
    return found[1]


def moves_in(stack: Stack, portal: Portal | None = None, **names: str) -> Resident:
    """Sign up, activate by the mail's link, sign in."""
    portal, mailbox = portal or stack.portal(), stack.mailbox()
    email, password = f"habitant.{secrets.token_hex(4)}@example.org", f"Coquelicot-{secrets.token_hex(6)}-2026"
    portal.post("/api/accounts", sign_up_form(portal, email, password, **names), expect=202)
    body = {"token": activation_token(mailbox, email), "password": password}
    account = portal.post("/api/accounts/activation", body)["account_id"]
    return Resident(sign_in(portal, email, password), email, password, account)


def contact(email: str | None = None, **changes: str) -> dict[str, str]:
    """Who files without an account."""
    email = email or f"sans.compte.{secrets.token_hex(4)}@example.org"
    return {"email": email, "first_name": "Noé", "last_name": "Petit"} | changes


def files(portal: Portal, demarche: str = GRANT, **more: Any) -> dict[str, Any]:
    """File a demande with an account, answers taken from the form's own examples."""
    on_behalf_of = more.pop("on_behalf_of", {"kind": "self"})
    return journey.file_demande(portal, quiet(), demarche, on_behalf_of, **more)


def files_without_account(portal: Portal, demarche: str = GRANT, **changes: str) -> tuple[dict[str, Any], str]:
    """File a demande without an account: the answer, and the address of its contact."""
    who = contact(**changes)
    terms = portal.get("/api/terms")["version"]
    return files(portal, demarche, contact=who, terms_version=terms), who["email"]


def follows(portal: Portal, email: str, tracking_number: str) -> Portal:
    """Open a tracking session."""
    body = {"email": email, "tracking_number": tracking_number}
    opened = portal.post("/api/tracking-sessions", body, expect=201)
    return portal.signed_in(opened["token"])


def opens_discussion(agent: Portal, demande: str, **changes: Any) -> dict[str, Any]:
    """The agent writes first, and asks for one document."""
    body = {
        "subject": "Pièce à fournir",
        "body": "Merci de nous envoyer ce document.",
        "requested_documents": [{"label": "Attestation", "required": True, "due": None}],
        "attachments": [],
    } | changes
    opened: dict[str, Any] = agent.post(f"/api/backoffice/demandes/{demande}/discussion", body, expect=201)
    return opened


def writes(portal: Portal, demande: str, body: str = "Bonjour.", **more: Any) -> dict[str, Any]:
    """A message in the discussion."""
    path = f"/api/demandes/{demande}/discussion/messages"
    posted: dict[str, Any] = portal.post(path, {"body": body, "attachments": []} | more, expect=201)
    return posted
