"""What the services tell an agent about one demande and the list it stands in, for tests of the desk's pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from gateway.pages.desk.deadlines import today
from tests.support.town import Portal, Town

ME, COLLEAGUE, EXPERT = "0123456789abcdef", "jjjjjjjjjjjjjjjj", "eeeeeeeeeeeeeeee"
ID, OTHER = "d1d1d1d1d1d1d1d1", "d2d2d2d2d2d2d2d2"
LIST = "/api/backoffice/demandes"
ONE = f"{LIST}/{ID}"
PAGE = f"/instruction/demandes/{ID}"
REFERENCE = "2026-D1D1D-1D1D1"

ITEM: dict[str, Any] = {
    "id": ID,
    "reference": REFERENCE,
    "demarche": {"slug": "subvention", "title": "Subvention <b>sport</b>"},
    "status": "deposee",
    "submitted_at": "2026-11-20T10:00:00Z",
    "updated_at": "2026-11-21T10:00:00Z",
    "unread_messages": 0,
    "applicant": {"kind": "association", "name": "Club de <i>handball</i>"},
    "assigned_to": None,
    "assigned_name": None,
    "awaiting": None,
    "labels": [],
    "deadline": None,
    "alert": "none",
}
DEMANDE: dict[str, Any] = {
    "id": ID,
    "reference": REFERENCE,
    "demarche": {"slug": "subvention", "title": "Subvention <b>sport</b>", "version": 3},
    "service": {"slug": "sport", "label": "Sports"},
    "status": "en_instruction",
    "version": 7,
    "submitted_at": "2026-11-20T10:00:00Z",
    "updated_at": "2026-11-21T10:00:00Z",
    "on_behalf_of": {"kind": "association", "name": "Club de handball", "identifier": "W751123456"},
    "contact": {"email": "ada@example.org", "first_name": "Ada", "last_name": "Byron", "postal_address": ""},
    "answers": {"objet": "Un gymnase <script>", "montant": "1200.50"},
    "decision": None,
    "legal": {},
    "legal_clock": {
        "silence": "rejet",
        "delay_months": 2,
        "received_on": "2026-11-20",
        "receipt_due": "2026-11-30",
        "deadline": "2027-01-20",
        "state": "running",
        "alert": "none",
        "awaited": [],
    },
    "attestation": None,
    "reasons": None,
    "access": "instructeur",
    "assigned_to": {"id": ME, "name": "Ada Martin"},
    "allowed": ["acceptee", "refusee", "sans_suite"],
    "history": [
        {
            "at": "2026-11-20T10:00:00Z",
            "kind": "submitted",
            "label": "Demande déposée",
            "actor": "Ada B.",
            "message": None,
        }
    ],
    "labels": ["urgent"],
    "notes": [{"id": "n1", "at": "2026-11-21T10:00:00Z", "author": "Ada Martin", "text": "À revoir\navec la mairie"}],
    "opinions": [],
}
DEFINITION: dict[str, Any] = {
    "slug": "subvention",
    "title": "Subvention",
    "service": "sport",
    "fields": [
        {"name": "s", "label": "Votre projet", "type": "section", "required": False},
        {"name": "objet", "label": "Objet", "type": "text", "required": True},
        {"name": "montant", "label": "Montant demandé", "type": "amount", "required": True},
    ],
}
NONE: dict[str, Any] = {
    "id": None,
    "status": "none",
    "earlier": [],
    "subject": None,
    "requested_documents": [],
    "messages": [],
}
OPEN: dict[str, Any] = {
    "id": "x1",
    "status": "open",
    "earlier": [{"id": "x0", "subject": "Première", "closed_at": "2026-11-20T12:00:00Z"}],
    "subject": "Pièces à compléter",
    "requested_documents": [
        {"id": "r1", "label": "RIB", "required": True, "due": "2026-12-01", "received": None},
        {"id": "r2", "label": "Statuts", "required": True, "due": None, "received": "f1"},
    ],
    "messages": [
        {
            "id": "m1",
            "at": "2026-11-21T10:00:00Z",
            "author": {"kind": "applicant", "name": "Ada Byron"},
            "body": "Voici les statuts.",
            "attachments": [{"id": "f1", "name": "statuts.pdf", "media_type": "application/pdf", "size": 120_000}],
            "read_at": None,
        }
    ],
}
OPINION: dict[str, Any] = {
    "id": "o1o1o1o1o1o1o1o1",
    "status": "pending",
    "question": "Est-ce dans votre périmètre ?",
    "asked_by": {"id": COLLEAGUE, "name": "Jeanne Petit"},
    "asked_at": "2026-11-22T10:00:00Z",
    "expert": {"id": ME, "name": "Ada Martin"},
    "due": "2026-12-10",
    "verdict": None,
    "text": None,
    "ended_at": None,
    "version": 1,
}


def in_days(number: int) -> str:
    """A day near today, ISO."""
    return (today() + timedelta(days=number)).isoformat()


def works(door: Portal, town: Town, **changes: Any) -> None:
    """An agent's browser, and a town that shows him one demande, not discussed yet."""
    token = town.signs_in("instructeur", services=["sport"], **changes)["Authorization"].removeprefix("Bearer ")
    door.client.cookies.set("guichet", token)
    lists(town, ITEM)
    shows(town)


def lists(town: Town, *items: dict[str, Any], **changes: Any) -> None:
    """What the list and what stands around it answer."""
    tabs = {"a_prendre": len(items), "les_miennes": 0, "en_attente_usager": 0, "traitees": 0, "toutes": len(items)}
    alerts = {"late": 0, "urgent": 0, "soon": 0}
    body = {"items": list(items), "next": None, "counts": {}, "tabs": tabs, "alerts": alerts} | changes
    town.says("dossiers", f"GET {LIST}", body=body)
    people = [{"id": ME, "first_name": "Ada", "last_name": "Martin", "services": ["sport"]}]
    people.append({"id": COLLEAGUE, "first_name": "Jeanne", "last_name": "Petit", "services": ["sport"]})
    town.says("dossiers", "GET /api/backoffice/colleagues", body={"items": people, "next": None})
    town.says("dossiers", "GET /api/demarches", body={"items": [DEFINITION], "next": None})
    town.says("dossiers", "GET /api/backoffice/opinions", body={"items": [], "next": None})
    town.says("dossiers", "GET /api/backoffice/views", body={"items": [], "next": None})


def shows(town: Town, discussion: dict[str, Any] | None = None, **changes: Any) -> None:
    """What is told about the demande."""
    town.says("dossiers", f"GET {ONE}", body=DEMANDE | changes)
    town.says("dossiers", "GET /api/demarches/subvention", body=DEFINITION)
    town.says("dossiers", f"GET {ONE}/readers", body={"items": [], "next": None})
    town.says("discussion", f"GET /api/demandes/{ID}/discussion", body=discussion or NONE)
