"""What people read of a demande."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from pydantic_core import from_json

from kernel.db import Row
from services.dossiers.adapters.drafts import Draft
from services.dossiers.aggregate.demande import WITHDRAWABLE
from services.dossiers.aggregate.drafting import known_only
from services.dossiers.aggregate.form import Definition, check_answers, check_contact, identify
from services.dossiers.aggregate.silence import Request, Term, alert, progress
from services.dossiers.projections import demande_detail


def demande(row: Row, awaited: Sequence[Row], today: date) -> dict[str, Any]:
    """A demande that was filed, with its answers as filed."""
    return {
        "id": row["id"],
        "reference": row["reference"],
        "demarche": {"slug": row["demarche"], "title": row["title"], "version": row["demarche_version"]},
        "service": {"slug": row["service"], "label": row["service_label"]},
        "status": row["status"],
        "version": row["version"],
        "submitted_at": row["submitted_at"],
        "updated_at": row["updated_at"],
        "on_behalf_of": from_json(row["on_behalf_of"]),
        "contact": from_json(row["contact"]),
        "answers": from_json(row["answers"]),
        "decision": _json(row["decision"]),
        "legal": from_json(row["legal"]),
        "legal_clock": legal_clock(row, awaited, today),
        "attestation": _json(row["attestation"]),
        "reasons": _json(row["reasons"]),
    }


def applicant_actions(shown: dict[str, Any]) -> list[str]:
    """What the applicant can do now with what he is shown, by the last segment of the call."""
    decision = shown["decision"] or {}
    implicit = decision.get("kind") == "implicit"
    offered = {
        "withdrawal": shown["status"] in WITHDRAWABLE,
        "attestation-request": implicit and shown["status"] == "acceptee" and shown["attestation"] is None,
        "reasons-request": implicit and shown["status"] == "refusee" and shown["reasons"] is None,
        "duplicate": True,
    }
    return [name for name, possible in offered.items() if possible]


def legal_clock(row: Row, awaited: Sequence[Row], today: date) -> dict[str, Any]:
    """When silence becomes a decision, and what it waits for. Days are days in Paris."""
    legal, runs = from_json(row["legal"]), demande_detail.awaits_decision(row)
    requests = [_request(one) for one in awaited]
    deadline = date.fromisoformat(row["deadline"]) if runs and row["deadline"] else None
    state = "over"
    if runs and legal["silence"]:
        known = {"silence": legal["silence"], "months": legal["delay_months"], "received_on": row["received_on"]}
        state = progress(Term.model_validate(known), requests, today)
    return {
        "silence": legal["silence"] or None,
        "delay_months": legal["delay_months"] or None,
        "received_on": row["received_on"],
        "receipt_due": row["receipt_due"] or None,
        "deadline": deadline.isoformat() if deadline else None,
        "state": state,
        "alert": alert(deadline, today),
        "awaited": [_awaited(one) for one in awaited],
    }


def draft(found: Draft, definition: Definition, account_contact: dict[str, str]) -> dict[str, Any]:
    """A draft, over the version in force, with what is left to do before it can be filed."""
    content = known_only(definition, found.content)
    contact = {**account_contact, **content.contact}
    kind, name, identifier = (content.on_behalf_of.get(part) for part in ("kind", "name", "identifier"))
    missing = [
        *identify(kind, name, identifier, audience=definition.audience)[1],
        *check_contact(contact)[1],
        *check_answers(definition, content.answers)[1],
    ]
    return {
        "id": found.demande,
        "reference": found.reference,
        "demarche": {"slug": definition.slug, "title": definition.title, "version": definition.version},
        "service": {"slug": definition.service, "label": definition.service_label},
        "status": "brouillon",
        "version": found.version,
        "submitted_at": None,
        "updated_at": found.updated_at,
        "on_behalf_of": content.on_behalf_of,
        "contact": contact,
        "answers": content.answers,
        "to_complete": [{"pointer": fault.pointer, "detail": fault.detail} for fault in missing],
        "actions": ["answers", "submission", "withdrawal"],
    }


def _request(row: Row) -> Request:
    days = {name: row[name] or None for name in ("due", "complete_on")}
    return Request.model_validate({"discussion": row["discussion"], "asked_on": row["asked_on"], "missing": (), **days})


def _awaited(row: Row) -> dict[str, Any]:
    numbers = {name: row[name] for name in ("discussion", "asked_on", "documents", "missing")}
    return {**numbers, "due": row["due"] or None, "complete_on": row["complete_on"] or None}


def _json(text: str) -> Any:
    return from_json(text) if text else None
