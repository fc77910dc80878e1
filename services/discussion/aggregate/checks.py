"""What a message may carry and ask for: every check raises one refusal that names each field at fault."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from kernel.errors import Fault, invalid
from services.discussion.commands import KnownFile, WantedDocument

ATTACHABLE = frozenset({"clean", "pending"})


def demand_subject(
    topic: str, body: str, attachments: Sequence[str], asked: Sequence[WantedDocument], today: date
) -> None:
    """A discussion opens with a subject and a message; each document asked for has a name, and time to be found."""
    faults = _blank(topic, "/subject", "Indiquez l'objet de la discussion.") + _silent(body, attachments)
    for place, document in enumerate(asked):
        pointer = f"/requested_documents/{place}"
        faults += _blank(document.label, f"{pointer}/label", "Indiquez le nom du document demandé.")
        faults += _due_faults(document.due, f"{pointer}/due", today)
    _refuse("invalid-request", "Certaines informations manquent ou sont incorrectes.", faults)


def demand_message(body: str, attachments: Sequence[str]) -> None:
    """A message says something, or carries a file."""
    _refuse("invalid-request", "Le message est vide.", _silent(body, attachments))


def demand_files(
    used: Collection[str], demande: str, side: str, attachments: Sequence[str], files: Sequence[KnownFile]
) -> None:
    """An attachment was vetted, comes from this side for this demande, and is attached once."""
    theirs = {f.id for f in files if (f.demande, f.sender) == (demande, side) and f.status in ATTACHABLE}
    faults = []
    for place, file in enumerate(attachments):
        pointer = f"/attachments/{place}"
        if file not in theirs:
            faults.append(Fault(pointer, "Ce fichier n'existe pas, ou n'existe plus : envoyez-le de nouveau."))
        elif file in used or file in attachments[:place]:
            faults.append(Fault(pointer, "Ce fichier est déjà joint à un message : retirez-le."))
    _refuse("unknown-file", "Certains fichiers ne peuvent pas être joints.", faults)


def demand_awaited(
    requested: Collection[str], side: str, attachments: Sequence[str], received: Mapping[str, str]
) -> None:
    """Only the applicant hands in what the discussion asks for, among what the message carries."""
    faults, missing = [], []
    for document, file in received.items():
        pointer = f"/requested_documents/{document.replace('~', '~0').replace('/', '~1')}"
        if side == "service" or document not in requested:
            faults.append(Fault(pointer, "Ce document n'est pas demandé dans cette discussion."))
        elif file not in attachments:
            missing.append(Fault(pointer, "Joignez aussi ce fichier au message."))
    _refuse("invalid-request", "Certains documents ne sont pas demandés.", faults)
    _refuse("unknown-file", "Certains documents ne sont pas joints au message.", missing)


def _due_faults(text: str, pointer: str, today: date) -> list[Fault]:
    if not text:
        return []
    try:
        due = date.fromisoformat(text)
    except ValueError:
        due = None
    if due is None or due.isoformat() != text:
        return [Fault(pointer, "Indiquez une date, par exemple 2026-11-24.")]
    return [Fault(pointer, "Indiquez une date qui n'est pas passée.")] if due < today else []


def _silent(body: str, attachments: Sequence[str]) -> list[Fault]:
    return [] if attachments else _blank(body, "/body", "Écrivez un message, ou joignez un fichier.")


def _blank(text: str, pointer: str, detail: str) -> list[Fault]:
    return [] if any(c.isprintable() and not c.isspace() for c in text) else [Fault(pointer, detail)]


def _refuse(slug: str, detail: str, faults: Sequence[Fault]) -> None:
    if faults:
        raise invalid(slug, detail, faults)
