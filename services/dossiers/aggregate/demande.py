"""A demande: what its status is and who may move it where."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import assert_never

from kernel.aggregate import Aggregate, State
from kernel.errors import Fault, Refused, conflict, invalid
from services.dossiers.aggregate.silence import Term
from services.dossiers.commands import AddNote, AssignDemande, ChangeStatus, WithdrawDemande
from services.dossiers.events import (
    AttestationIssued,
    AttestationRequested,
    Author,
    DemandeAssigned,
    DemandeDrafted,
    DemandeFact,
    DemandeJoined,
    DemandeLabelled,
    DemandeStatusChanged,
    DemandeSubmitted,
    DemandeUnlabelled,
    DemandeWithdrawn,
    DraftDiscarded,
    ImplicitDecisionTaken,
    NoteAdded,
    ReasonsGiven,
    ReasonsRequested,
)

STATUSES = ("brouillon", "deposee", "en_instruction", "acceptee", "refusee", "sans_suite", "retiree")
DECISIONS = frozenset({"acceptee", "refusee", "sans_suite"})
STATUS_LABELS: Mapping[str, str] = {
    "brouillon": "en brouillon",
    "deposee": "déposée",
    "en_instruction": "en cours d'instruction",
    "acceptee": "acceptée",
    "refusee": "refusée",
    "sans_suite": "classée sans suite",
    "retiree": "retirée",
}
NEXT: Mapping[str, tuple[str, ...]] = {
    "deposee": ("en_instruction", "sans_suite"),
    "en_instruction": ("acceptee", "refusee", "sans_suite"),
    "acceptee": ("en_instruction",),
    "refusee": ("en_instruction",),
    "sans_suite": ("en_instruction",),
}
WITHDRAWABLE = frozenset({"deposee", "en_instruction"})


class Demande(State):
    """What decisions about a demande need to know.

    `decided`: an express decision was taken, which ends the legal clock even if it is reopened. `implicit` is the day
    of the implicit decision in force; `attestation` and `reasons` are `requested`, then `issued` or `given`.
    """

    id: str = ""
    status: str = ""
    service: str = ""
    owner: str = ""
    contact_email: str = ""
    assigned_to: str = ""
    appeal: str = ""
    term: Term | None = None
    decided: bool = False
    implicit: str = ""
    attestation: str = ""
    reasons: str = ""
    labels: tuple[str, ...] = ()

    @property
    def awaits_decision(self) -> bool:
        """Whether silence can still become a decision."""
        return self.status in WITHDRAWABLE and not self.decided


def evolve(state: Demande, fact: DemandeFact) -> Demande:
    """Fold one fact."""
    match fact:
        case DemandeDrafted():
            return Demande(id=fact.demande, status="brouillon", owner=fact.owner)
        case DraftDiscarded() | DemandeWithdrawn():
            return state.model_copy(update={"status": "retiree"})
        case DemandeSubmitted():
            return _submitted(fact)
        case DemandeJoined():
            return state.model_copy(update={"owner": fact.owner})
        case DemandeAssigned():
            return state.model_copy(update={"assigned_to": fact.agent})
        case DemandeStatusChanged():
            ended = {"implicit": "", "attestation": "", "reasons": ""} if fact.old in DECISIONS else {}
            decided = state.decided or fact.new in DECISIONS or fact.old in DECISIONS
            return state.model_copy(update={**ended, "status": fact.new, "decided": decided})
        case ImplicitDecisionTaken():
            return state.model_copy(update={"status": fact.new, "implicit": fact.on, "decided": True})
        case AttestationRequested():
            return state.model_copy(update={"attestation": "requested"})
        case AttestationIssued():
            return state.model_copy(update={"attestation": "issued"})
        case ReasonsRequested():
            return state.model_copy(update={"reasons": "requested"})
        case ReasonsGiven():
            return state.model_copy(update={"reasons": "given"})
        case DemandeLabelled():
            return state.model_copy(update={"labels": (*state.labels, fact.label)})
        case DemandeUnlabelled():
            left = tuple(label for label in state.labels if label != fact.label)
            return state.model_copy(update={"labels": left})
        case NoteAdded():
            return state
        case _:
            assert_never(fact)


def _submitted(fact: DemandeSubmitted) -> Demande:
    legal = fact.legal
    term = None
    if legal.silence in ("acceptation", "rejet") and legal.delay_months and fact.received_on:
        received_on = date.fromisoformat(fact.received_on)
        term = Term.model_validate({"silence": legal.silence, "months": legal.delay_months, "received_on": received_on})
    return Demande(
        id=fact.demande,
        status="deposee",
        service=fact.service,
        owner=fact.owner,
        contact_email=fact.contact.email,
        appeal=legal.appeal,
        term=term,
    )


def refuse_move(state: Demande, what: str) -> Refused:
    """A 409 that says where the demande stands, what cannot be done, and what can."""
    now = f"Cette demande est {STATUS_LABELS.get(state.status, 'inconnue')} : {what}."
    reopen = " Rouvrez d'abord l'instruction, en indiquant pourquoi." if state.status in DECISIONS else ""
    return conflict("bad-transition", now + reopen)


def assign(state: Demande, command: AssignDemande) -> Iterable[DemandeAssigned]:
    """Any agent of the service may take a demande or hand it over, while it is being dealt with."""
    if state.status not in WITHDRAWABLE:
        raise refuse_move(state, "elle ne se confie plus à un agent")
    if command.agent != state.assigned_to:
        yield DemandeAssigned(demande=state.id, agent=command.agent, agent_name=command.agent_name)


def change_status(state: Demande, command: ChangeStatus) -> Iterable[DemandeStatusChanged]:
    """The status machine. A refusal and a reopening give their reason (L211-5 CRPA), a decision its author."""
    allowed = NEXT.get(state.status, ())
    if command.to not in allowed:
        ways = " ou ".join(f"« {STATUS_LABELS[to]} »" for to in allowed)
        now = f"Cette demande est {STATUS_LABELS.get(state.status, 'inconnue')}."
        way = f"Elle peut seulement devenir {ways}." if ways else "Son état ne change plus."
        raise conflict("bad-transition", f"{now} {way}")
    reopened = state.status in DECISIONS
    if (command.to == "refusee" or reopened) and not command.message.strip():
        reason = "Indiquez le motif de la réouverture." if reopened else "Indiquez le motif du refus."
        raise invalid("reason-required", reason, [Fault("/message", reason)])
    if command.to in DECISIONS:
        demand_author(command.author)
    yield DemandeStatusChanged(
        demande=state.id,
        old=state.status,
        new=command.to,
        appeal=state.appeal if command.to in DECISIONS else "",
        message=command.message,
        author=command.author,
    )


def demand_author(author: Author) -> None:
    """A decision shows the first name, name, capacity and service of its author (L212-2 CRPA). Raises Refused."""
    if not all(part.strip() for part in (author.first_name, author.last_name, author.capacity, author.service)):
        detail = (
            "Complétez d'abord votre prénom, votre nom et votre qualité : une décision les porte, avec le nom du"
            " service (article L. 212-2 du code des relations entre le public et l'administration)."
        )
        raise conflict("author-incomplete", detail)


def withdraw(state: Demande, command: WithdrawDemande) -> Iterable[DemandeWithdrawn]:
    """The applicant may give up until a decision is taken."""
    if state.status not in WITHDRAWABLE:
        now = f"Cette demande est {STATUS_LABELS.get(state.status, 'inconnue')} : elle ne peut plus être retirée."
        only = "Seule une demande déposée ou en cours d'instruction peut l'être."
        raise conflict("bad-transition", f"{now} {only}")
    yield DemandeWithdrawn(demande=state.id, old=state.status, reason=command.reason)


def add_note(state: Demande, command: AddNote) -> Iterable[NoteAdded]:
    """A note says something."""
    if not command.text.strip():
        raise invalid("invalid-request", "La note est vide.", [Fault("/text", "Écrivez le texte de la note.")])
    yield NoteAdded(
        demande=state.id, note=command.note, agent=command.agent, agent_name=command.agent_name, text=command.text
    )


demande = Aggregate("dossiers", "demande", Demande(), evolve)
