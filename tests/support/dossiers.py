"""Demandes for tests: facts, commands, and callers of the running service."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from services.dossiers.aggregate.form import Definition
from services.dossiers.aggregate.silence import Silence, Term
from services.dossiers.commands import SubmitDemande
from services.dossiers.events import Author, Contact, DemandeSubmitted, LegalMentions, OnBehalfOf
from tests.support.forms import form, question
from tests.support.service import Desk

DEMANDE = "dem0000000000001"
AT = datetime(2026, 11, 24, 13, 5, tzinfo=UTC)
RECEIVED = date(2026, 11, 24)
APPEAL = "Vous pouvez saisir le tribunal administratif dans les deux mois."
AUTHOR = Author(agent="i1", first_name="Jeanne", last_name="Roy", capacity="cheffe de service", service="Habitat")
PERSON = {"email": "ada@example.org", "first_name": "Ada", "last_name": "Martin", "postal_address": "1 rue des Lilas"}
CONTACT = PERSON | {"email": "Ada@Example.org"}
ASSOCIATION = {"kind": "association", "name": "Fanfare des villages", "identifier": "73282932000074"}


def legal(silence: str = "rejet", months: int = 2) -> LegalMentions:
    """A complete block."""
    return LegalMentions(
        service_address="Hôtel du Département, 45000 Orléans",
        service_phone="01 99 00 45 10",
        service_email="service@example.org",
        silence=silence,
        delay_months=months,
        appeal=APPEAL,
    )


def submitted(silence: str = "rejet", **changes: Any) -> DemandeSubmitted:
    """A filing of 24 November 2026."""
    said: dict[str, Any] = {
        "demande": DEMANDE,
        "reference": "2026-ABCDE-FGHJK",
        "demarche": "essai",
        "demarche_version": 1,
        "title": "Essai",
        "service": "vie-associative",
        "service_label": "Vie associative",
        "owner": "",
        "terms_version": "2026-11",
        "applicant_kind": "self",
        "deadline": "2027-01-24",
        "received_on": "2026-11-24",
        "receipt_due": "2026-12-08",
        "legal": legal(silence),
        "on_behalf_of": OnBehalfOf(kind="self"),
        "contact": Contact(**PERSON),
        "answers": {"reponse": "Oui"},
        "tracking_number": "7K3M-Q2ZT-9PXA-0VBN",
        "lookup": "0" * 64,
    }
    return DemandeSubmitted(**(said | changes))


def definition(**more: Any) -> Definition:
    """One question, for a person."""
    return form(question("text", required=True), **more)


def submitting(**changes: Any) -> SubmitDemande:
    """A filing that passes."""
    said: dict[str, Any] = {
        "demande": DEMANDE,
        "reference": "2026-ABCDE-FGHJK",
        "definition": definition(),
        "owner": "",
        "account_contact": None,
        "on_behalf_of": {"kind": "self"},
        "contact": PERSON,
        "answers": {"reponse": "Oui"},
        "terms_version": "2026-11",
        "terms_in_force": "2026-11",
        "tracking_number": "7K3M-Q2ZT-9PXA-0VBN",
        "lookup_key": b"k" * 32,
        "at": AT,
    }
    return SubmitDemande(**(said | changes))


def term(silence: Silence = "rejet", months: int = 2, received_on: date = RECEIVED) -> Term:
    """What silence means."""
    return Term(silence=silence, months=months, received_on=received_on)


async def examples(desk: Desk, slug: str) -> dict[str, Any]:
    """An answer that passes to every question of a démarche."""
    demarche = (await desk.client.get(f"/api/demarches/{slug}", headers=desk.as_anonymous())).json()
    return {field["name"]: field["example"] for field in demarche["fields"] if field["example"] is not None}


async def filing(desk: Desk, headers: dict[str, str], **changes: Any) -> Any:
    """The answer to a filing of the association's demande."""
    body = {
        "demarche": "subvention-association",
        "on_behalf_of": ASSOCIATION,
        "contact": CONTACT,
        "answers": await examples(desk, "subvention-association"),
        "terms_version": "2026-11",
    } | changes
    return await desk.client.post("/api/demandes", json=body, headers=headers)


def agent_of(desk: Desk, service: str = "vie-associative", **claims: str) -> dict[str, str]:
    """Headers of an agent."""
    names = {"first_name": "Jeanne", "last_name": "Roy"} | claims
    return desk.as_account("i1", "instructeur", services=(service,), **names)
