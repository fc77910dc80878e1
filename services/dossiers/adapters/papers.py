"""The papers the administration delivers about one demande, worded from its facts alone, and printed."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from kernel.envelope import Commit, Recorded
from kernel.errors import not_found
from kernel.events import ERASED, Event
from kernel.runtime.runtime import Runtime
from services.dossiers.aggregate.calendar import PARIS, spoken
from services.dossiers.aggregate.demande import demande
from services.dossiers.aggregate.receipt import issue, receipt
from services.dossiers.commands import IssueReceipt
from services.dossiers.events import AttestationIssued, Contact, DemandeSubmitted, ImplicitDecisionTaken
from services.dossiers.ports import Paper, Printer, Section
from services.dossiers.settings import DossiersSettings

F = TypeVar("F", bound=Event)
CRPA = "code des relations entre le public et l'administration"


@dataclass(frozen=True, slots=True)
class Printed:
    """A PDF and its digest."""

    content: bytes
    sha256: str
    reference: str


async def print_receipt(run: Runtime, id: str) -> Printed:
    """The receipt of a filing (R112-11-1 CRPA). Raises Refused(not-found) when there is none, or was erased."""
    _, history = await run.load(demande, id)
    fact, recorded = _last(history, DemandeSubmitted)
    return await _printed(run, fact, receipt_paper(fact, recorded.at, _issuer(run)))


async def issue_receipt(run: Runtime, id: str) -> tuple[Printed, Commit]:
    """Print the receipt, and see to it that its digest is recorded."""
    printed = await print_receipt(run, id)
    command = IssueReceipt(
        demande=id, sha256=printed.sha256, size=len(printed.content), generator=run.port(Printer).generator
    )
    ctx = run.own_initiative("receipt", key=f"{id}/{printed.sha256}")
    return printed, await run.handle(receipt, id, issue, command, ctx)


async def print_attestation(run: Runtime, id: str) -> Printed:
    """The attestation of an implicit acceptance (L232-3 CRPA). Raises Refused(not-found) when none was issued."""
    state, history = await run.load(demande, id)
    if state.attestation != "issued":
        raise not_found()
    fact, filed = _last(history, DemandeSubmitted)
    decided, _ = _last(history, ImplicitDecisionTaken)
    issued, at = _last(history, AttestationIssued)
    return await _printed(run, fact, attestation_paper(fact, filed.at, decided, issued, at.at, _issuer(run)))


def receipt_paper(fact: DemandeSubmitted, at: datetime, issuer: str) -> Paper:
    """The wording of a receipt."""
    legal = fact.legal
    email, phone = f"Courriel : {legal.service_email}", f"Téléphone : {legal.service_phone}"
    sections = [
        Section(heading="Si vous ne recevez pas de réponse", paragraphs=_silence(fact)),
        Section(heading="S'il manque des pièces", paragraphs=(_missing(fact),)),
    ]
    if legal.silence == "rejet":
        sections.append(Section(heading="Délais et voies de recours", paragraphs=(legal.appeal,)))
    return Paper(
        title="Accusé de réception électronique",
        issuer=issuer,
        service=fact.service_label,
        facts=(
            *_named(fact),
            ("Reçue le", _instant(at)),
            ("Service chargé", _joined(legal.service_address, email, phone)),
        ),
        sections=tuple(sections),
        closing=f"Accusé de réception délivré en application des articles L. 112-11 et R. 112-11-1 du {CRPA}.",
        dated=at,
    )


def attestation_paper(
    fact: DemandeSubmitted,
    filed_at: datetime,
    decided: ImplicitDecisionTaken,
    issued: AttestationIssued,
    at: datetime,
    issuer: str,
) -> Paper:
    """The wording of an attestation."""
    author, day = issued.author, spoken(date.fromisoformat(decided.on))
    attested = (
        f"Le service soussigné atteste que la demande désignée ci-dessus, reçue le {_instant(filed_at)}, n'a reçu"
        f" aucune réponse jusqu'au {day}. Le silence gardé par l'administration vaut décision d'acceptation à cette"
        " date."
    )
    signed = f"{author.first_name} {author.last_name}, {author.capacity}, {author.service}"
    return Paper(
        title="Attestation de décision implicite d'acceptation",
        issuer=issuer,
        service=fact.service_label,
        facts=_named(fact),
        sections=(
            Section(heading="Attestation", paragraphs=(attested,)),
            Section(heading="Délivrée par", paragraphs=(signed, f"Le {_instant(at)}.")),
        ),
        closing=f"Attestation délivrée en application des articles L. 232-3 et L. 212-2 du {CRPA}.",
        dated=at,
    )


async def _printed(run: Runtime, fact: DemandeSubmitted, paper: Paper) -> Printed:
    if fact.contact.email == ERASED:
        raise not_found()
    content = await asyncio.to_thread(run.port(Printer).print, paper)
    return Printed(content, hashlib.sha256(content).hexdigest(), fact.reference)


def _silence(fact: DemandeSubmitted) -> tuple[str, ...]:
    day, months = spoken(date.fromisoformat(fact.deadline)), fact.legal.delay_months
    if fact.legal.silence == "acceptation":
        return (
            f"Si votre dossier est complet et si le service ne vous a pas répondu le {day} au soir, après {months} mois"
            f" de silence, votre demande sera acceptée : ce silence vaut décision d'acceptation (article L. 231-1 du"
            f" {CRPA}).",
            "Vous pourrez alors demander au service une attestation de cette décision (article L. 232-3 du même code).",
        )
    return (
        f"Si votre dossier est complet et si le service ne vous a pas répondu le {day} au soir, après {months} mois de"
        f" silence, votre demande sera refusée : ce silence vaut décision de rejet (article L. 231-4 du {CRPA}).",
        "Vous pourrez alors demander au service les motifs de ce refus (article L. 232-4 du même code).",
    )


def _missing(fact: DemandeSubmitted) -> str:
    asked = "Le service vous les demandera, avec une date limite, dans une discussion à laquelle il vous invitera."
    if fact.legal.silence == "acceptation":
        effect = "Le délai indiqué ci-dessus ne courra alors qu'à compter de la réception de toutes ces pièces"
    else:
        effect = (
            "Le délai indiqué ci-dessus sera alors suspendu pendant le temps qui vous est laissé, ou jusqu'à la"
            " réception de toutes ces pièces si elle a lieu avant"
        )
    return f"{asked} {effect} (article L. 114-5 du même code)."


def _named(fact: DemandeSubmitted) -> tuple[tuple[str, str], ...]:
    person = _person(fact.contact)
    behalf = fact.on_behalf_of
    who = f"{behalf.name} ({behalf.identifier})\nreprésenté par {person}" if behalf.name else person
    return (("Demande", fact.title), ("Référence", fact.reference), ("Demandeur", who))


def _person(contact: Contact) -> str:
    return _joined(f"{contact.first_name} {contact.last_name}", contact.postal_address, contact.email)


def _joined(*lines: str) -> str:
    return "\n".join(line for line in lines if line)


def _instant(at: datetime) -> str:
    local = at.astimezone(PARIS)
    offset = f"{local:%z}"
    return f"{spoken(local.date())} à {local.hour} h {local:%M} (heure de Paris, UTC{offset[:3]}:{offset[3:]})"


def _issuer(run: Runtime) -> str:
    assert isinstance(run.settings, DossiersSettings)
    return run.settings.departement_name


def _last(history: Sequence[Recorded], kind: type[F]) -> tuple[F, Recorded]:
    for recorded in reversed(history):
        if isinstance(recorded.event, kind):
            return recorded.event, recorded
    raise not_found()
