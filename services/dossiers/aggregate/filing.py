"""Filing a demande: the form, the applicant and the contact are read, or refused with one sentence per fault."""

from __future__ import annotations

import calendar
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from kernel.errors import Fault, conflict, invalid
from services.dossiers.aggregate.demande import Demande
from services.dossiers.aggregate.form import Definition, check_answers, check_contact, identify
from services.dossiers.commands import SubmitDemande
from services.dossiers.events import Contact, DemandeSubmitted, OnBehalfOf

PARIS = ZoneInfo("Europe/Paris")
_LOOK_ALIKE = str.maketrans("OIL", "011")


def submit(state: Demande, command: SubmitDemande) -> Iterable[DemandeSubmitted]:
    """File it: every fault is told at once, and nothing is recorded until there is none."""
    if state.status:
        raise conflict("bad-transition", "Cette demande est déjà déposée.")
    definition = command.definition
    given = command.on_behalf_of if isinstance(command.on_behalf_of, Mapping) else {}
    behalf, faults = identify(
        given.get("kind"), given.get("name"), given.get("identifier"), audience=definition.audience
    )
    contact, contact_faults = check_contact(_contact_given(command))
    answers, answer_faults = check_answers(definition, command.answers)
    if errors := [Fault(fault.pointer, fault.detail) for fault in (*faults, *contact_faults, *answer_faults)]:
        raise invalid("invalid-answers", "Certaines réponses manquent ou sont à corriger.", errors)
    if not command.owner and command.terms_version != command.terms_in_force:
        detail = "Acceptez les conditions générales d'utilisation en vigueur pour déposer votre demande."
        raise invalid("terms-not-accepted", detail, [Fault("/terms_version", detail)])
    yield DemandeSubmitted(
        demande=command.demande,
        reference=command.reference,
        demarche=definition.slug,
        demarche_version=definition.version,
        title=definition.title,
        service=definition.service,
        service_label=definition.service_label,
        owner=command.owner,
        terms_version=command.terms_version or "",
        applicant_kind=behalf["kind"],
        deadline=silence_date(definition, command.at),
        on_behalf_of=OnBehalfOf(**behalf),
        contact=Contact(**contact),
        answers=answers,
        tracking_number=command.tracking_number,
        lookup=lookup(command.lookup_key, contact["email"], command.tracking_number),
    )


def lookup(key: bytes, email: str, tracking_number: str) -> str:
    """What finds a demande by its contact's address and its tracking number, typed leniently: HMAC-SHA256, hex.

    Case, spaces and dashes do not count; O reads 0, I and L read 1 (Crockford base32).
    """
    digits = re.sub(r"[\s\-–—_.]", "", tracking_number).upper().translate(_LOOK_ALIKE)
    return hmac.new(key, f"{email.strip().lower()}\n{digits}".encode(), hashlib.sha256).hexdigest()


def silence_date(definition: Definition, received: datetime) -> str:
    """The day on which silence becomes a decision (L231-1, L231-4 CRPA), counted from the day of receipt in Paris."""
    day = received.astimezone(PARIS).date()
    months = definition.legal.delay_months or 2
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last)).isoformat()


def _contact_given(command: SubmitDemande) -> object:
    if command.contact is None:
        return command.account_contact
    if isinstance(command.contact, Mapping) and command.account_contact is not None:
        return {**command.account_contact, **command.contact}
    return command.contact
