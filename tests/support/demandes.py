"""What the services say of one demande and its discussion, for tests of pages over stand-ins."""

from __future__ import annotations

from typing import Any

from tests.support.town import Portal, Town

DEMANDE: dict[str, Any] = {
    "id": "d1",
    "reference": "2026-000001",
    "demarche": {"slug": "bourse", "title": "Bourse d'études", "version": 2},
    "service": {"slug": "education", "label": "Direction de l'éducation"},
    "status": "en_instruction",
    "version": 2,
    "submitted_at": "2026-11-24T13:05:00Z",
    "updated_at": "2026-11-24T14:00:00Z",
    "on_behalf_of": {"kind": "association", "name": "Fanfare", "identifier": "73282932000074"},
    "contact": {"email": "t@example.org", "first_name": "Noé", "last_name": "Petit", "postal_address": ""},
    "answers": {"revenu": "1234.50", "naissance": "2014-05-17", "classe": "6e", "garde": False},
    "decision": None,
    "legal": {},
    "legal_clock": {"silence": "rejet", "delay_months": 2, "deadline": "2027-01-24", "state": "running"},
    "attestation": None,
    "reasons": None,
    "actions": ["withdrawal", "duplicate"],
}
AUTHOR = {"first_name": "Claire", "last_name": "Moreau", "capacity": "instructrice", "service": "Éducation"}
FORM: dict[str, Any] = {
    "version": 2,
    "fields": [
        {"name": "enfant", "label": "L'enfant", "type": "section"},
        {"name": "naissance", "label": "Date de naissance", "type": "date"},
        {"name": "classe", "label": "Classe", "type": "choice", "choices": [{"value": "6e", "label": "Sixième"}]},
        {"name": "foyer", "label": "Votre foyer", "type": "section"},
        {"name": "revenu", "label": "Revenu fiscal", "type": "amount"},
        {"name": "garde", "label": "Garde alternée", "type": "yes_no"},
    ],
}
DISCUSSION: dict[str, Any] = {
    "id": "x2",
    "status": "open",
    "earlier": [{"id": "x1", "subject": "Première question", "closed_at": "2026-11-20T10:00:00Z"}],
    "subject": "Pièces manquantes",
    "requested_documents": [
        {"id": "r1", "label": "RIB", "required": True, "due": "2026-12-01", "received": None},
        {"id": "r2", "label": "Statuts", "required": True, "due": None, "received": "f1"},
    ],
    "messages": [
        {
            "id": "m1",
            "at": "2026-11-24T14:00:00Z",
            "author": {"kind": "service", "name": "Claire Moreau"},
            "body": "Bonjour,\n<script>alert(1)</script>",
            "attachments": [
                {"id": "f1", "name": "modèle.pdf", "media_type": "application/pdf", "size": 122_880, "status": "clean"}
            ],
            "read_at": None,
        }
    ],
}
HISTORY = {
    "items": [
        {
            "at": "2026-11-24T13:05:00Z",
            "kind": "submitted",
            "label": "Demande déposée",
            "actor": "Noé Petit",
            "message": None,
        }
    ]
}


def tells(town: Town, discussion: dict[str, Any] = DISCUSSION, **changes: Any) -> None:
    """The demande d1, its history, its form and its discussion."""
    town.says("dossiers", "GET /api/demandes/d1", body=DEMANDE | changes)
    town.says("dossiers", "GET /api/demandes/d1/history", body=HISTORY)
    town.says("dossiers", "GET /api/demarches/bourse", body=FORM)
    town.says("discussion", "GET /api/demandes/d1/discussion", body=discussion)


def signs_in(door: Portal, town: Town, *, tracking: bool = False) -> None:
    """The browser of whoever filed d1, with an account or a tracking number."""
    headers = town.tracks("d1") if tracking else town.signs_in()
    door.client.cookies.set("guichet", headers["Authorization"].removeprefix("Bearer "))
