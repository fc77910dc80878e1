"""Filing a demande: the form, the applicant and the contact are read, or refused with one sentence per fault."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping

from kernel.errors import Fault, conflict, invalid
from services.dossiers.aggregate.calendar import paris_day, receipt_due
from services.dossiers.aggregate.demande import Demande, refuse_move
from services.dossiers.aggregate.form import Definition, check_answers, check_contact, identify
from services.dossiers.aggregate.silence import Term, silence_date
from services.dossiers.commands import JoinDemande, SubmitDemande
from services.dossiers.events import Contact, DemandeJoined, DemandeSubmitted, LegalMentions, OnBehalfOf

_LOOK_ALIKE = str.maketrans("OIL", "011")
FILEABLE = frozenset({"", "brouillon"})


def submit(state: Demande, command: SubmitDemande) -> Iterable[DemandeSubmitted]:
    """File it: every fault is told at once, and nothing is recorded until there is none."""
    if state.status not in FILEABLE:
        raise refuse_move(state, "elle ne peut pas être déposée de nouveau. Copiez-la pour en faire une autre")
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
    received, legal = paris_day(command.at), mentions(definition)
    term = Term.model_validate({"silence": legal.silence, "months": legal.delay_months, "received_on": received})
    deadline = silence_date(term)
    assert deadline is not None, "nothing was asked for yet"
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
        deadline=deadline.isoformat(),
        received_on=received.isoformat(),
        receipt_due=receipt_due(received, command.region).isoformat(),
        legal=legal,
        on_behalf_of=OnBehalfOf(**behalf),
        contact=Contact(**contact),
        answers=answers,
        tracking_number=command.tracking_number,
        lookup=lookup(command.lookup_key, contact["email"], command.tracking_number),
    )


def join(state: Demande, command: JoinDemande) -> Iterable[DemandeJoined]:
    """The account that proved the contact's address takes the demande over. Doing it twice changes nothing.

    Whoever does not own the address, and a demande of somebody else, are refused like an unknown number.
    """
    if state.owner == command.owner and state.status not in FILEABLE:
        return
    if state.owner or state.status in FILEABLE or state.contact_email.lower() != command.email.strip().lower():
        raise unknown_tracking()
    yield DemandeJoined(demande=state.id, owner=command.owner)


def unknown_tracking() -> Exception:
    """No demande for this number and this account's address; why is not said."""
    detail = (
        "Aucune demande ne correspond à ce numéro de suivi et à l'adresse électronique de votre compte. Vérifiez le"
        " numéro dans le courrier électronique reçu à cette adresse."
    )
    return invalid("unknown-tracking", detail, [Fault("/tracking_number", detail)])


def demarche_closed() -> Exception:
    """Nothing can be filed any more."""
    detail = "Cette démarche est fermée : elle ne reçoit plus de demande. Choisissez-en une autre dans le catalogue."
    return conflict("demarche-closed", detail)


def mentions(definition: Definition) -> LegalMentions:
    """What the receipt says of the service and of silence."""
    legal = definition.legal
    return LegalMentions(
        service_address=legal.service_address,
        service_phone=legal.service_phone,
        service_email=legal.service_email,
        silence=legal.silence or "rejet",
        delay_months=legal.delay_months or 2,
        appeal=legal.appeal,
    )


def lookup(key: bytes, email: str, tracking_number: str) -> str:
    """What finds a demande by its contact's address and its tracking number, typed leniently: HMAC-SHA256, hex.

    Case, spaces and dashes do not count; O reads 0, I and L read 1 (Crockford base32).
    """
    digits = re.sub(r"[\s\-–—_.]", "", tracking_number).upper().translate(_LOOK_ALIKE)
    return hmac.new(key, f"{email.strip().lower()}\n{digits}".encode(), hashlib.sha256).hexdigest()


def _contact_given(command: SubmitDemande) -> object:
    if command.contact is None:
        return command.account_contact
    if isinstance(command.contact, Mapping) and command.account_contact is not None:
        return {**command.account_contact, **command.contact}
    return command.contact
