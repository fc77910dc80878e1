"""Every command of the public API, who may give it, and a body with every field filled in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from gateway.routes import Who
from gateway.table import ROUTES
from services import dossiers
from tests.support.scene import BODIES, MISSING

ADMITTED = {
    Who.PUBLIC: "anonymous",
    Who.ANYONE: "owner",
    Who.ACCOUNT: "owner",
    Who.MINE: "owner",
    Who.INSTRUCTEUR: "agent",
    Who.ADMINISTRATEUR: "administrateur",
    Who.AUDITEUR: "auditeur",
}
COMMANDS = [
    route
    for route in ROUTES
    if route.method in ("POST", "PATCH", "PUT") and route.path.startswith("/api/") and route.note != "no body"
]
EMAIL = "personne@example.org"
TOKEN = "x" * 43
CATALOGUE = Path(dossiers.__file__).with_name("catalogue")
# Answered alike, whatever is found: « on its way », one result for each, or kept as it is.
ALWAYS_ANSWERED = {
    "/api/accounts/activation/resend": 202,
    "/api/password-resets": 202,
    "/api/backoffice/demandes/batch": 200,
    "/api/backoffice/views/{view}": 200,
}
# A try at a password or a number takes its time on purpose, and few are allowed.
GUESSES = frozenset(
    {
        "/api/sessions",
        "/api/tracking-sessions",
        "/api/me/password",
        "/api/me/email",
        "/api/me/second-factor/confirmation",
    }
)

FULL: dict[str, dict[str, Any]] = BODIES | {
    "/api/accounts": {
        "email": EMAIL,
        "password": "x",
        "first_name": "Ada",
        "last_name": "Martin",
        "terms_version": "x",
        "security_question": {"id": "x", "answer": "1"},
    },
    "/api/accounts/activation": {"token": TOKEN, "password": "x"},
    "/api/accounts/activation/resend": {"email": EMAIL},
    "/api/sessions": {"email": EMAIL, "password": "x", "code": "000000"},
    "/api/tracking-sessions": {"email": EMAIL, "tracking_number": "0000-0000-0000-0000"},
    "/api/password-resets": {"email": EMAIL},
    "/api/password-resets/confirmation": {"token": TOKEN, "password": "x"},
    "/api/me": {"first_name": "Ada", "last_name": "Martin", "phone": "06 12 34 56 78", "postal_address": "1 rue"},
    "/api/me/password": {"current": "x", "password": "y"},
    "/api/me/email": {"email": EMAIL, "password": "x"},
    "/api/me/email/confirmation": {"token": TOKEN},
    "/api/me/terms": {"version": "x"},
    "/api/me/second-factor/confirmation": {"code": "000000"},
    "/api/demandes/{id}/answers": {
        "answers": {"a": "b"},
        "contact": {"email": EMAIL},
        "on_behalf_of": {"kind": "self"},
    },
    "/api/demandes/{id}/discussion/messages": {
        "body": "Bonjour.",
        "attachments": [MISSING],
        "requested_documents": {MISSING: MISSING},
    },
    "/api/backoffice/demandes/batch": {
        "ids": [MISSING],
        "action": "status",
        "agent": "me",
        "status": "en_instruction",
        "message": "Bonjour.",
        "capacity": "chef de service",
        "add": ["urgent"],
        "remove": ["complet"],
    },
    "/api/backoffice/demandes/{id}/status": {
        "status": "en_instruction",
        "message": "Bonjour.",
        "capacity": "chef de service",
    },
    "/api/backoffice/demandes/{id}/reasons": {"text": "Le budget est épuisé.", "capacity": "chef de service"},
    "/api/backoffice/demandes/{id}/discussion": {
        "subject": "Une question",
        "body": "Bonjour.",
        "requested_documents": [{"label": "Une pièce", "required": True, "due": "2099-01-01"}],
        "attachments": [MISSING],
    },
    "/api/backoffice/views/{view}": {
        "name": "À voir lundi",
        "filters": {
            "tab": "toutes",
            "status": "deposee",
            "demarche": "subvention-association",
            "assigned": "none",
            "awaiting": "service",
            "deadline_before": "2099-01-01",
            "alert": "late",
            "label": "urgent",
            "q": "fanfare",
            "sort": "deadline",
        },
    },
    "/api/backoffice/agents": {
        "email": EMAIL,
        "first_name": "Ada",
        "last_name": "Martin",
        "role": "instructeur",
        "services": ["education"],
        "capacity": "cheffe de service",
    },
    "/api/backoffice/agents/{id}": {"services": ["education"], "capacity": "cheffe de service"},
    "/api/backoffice/demarches/{slug}": json.loads((CATALOGUE / "amelioration-habitat.json").read_text()),
}
