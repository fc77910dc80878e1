"""A demande: what its status is and who may move it where."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import assert_never

from kernel.aggregate import Aggregate, State
from kernel.errors import Fault, conflict, invalid
from services.dossiers.commands import AddNote, AssignDemande, ChangeStatus, WithdrawDemande
from services.dossiers.events import (
    DemandeAssigned,
    DemandeFact,
    DemandeStatusChanged,
    DemandeSubmitted,
    DemandeWithdrawn,
    NoteAdded,
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
    """What decisions about a demande need to know."""

    id: str = ""
    status: str = ""
    service: str = ""
    owner: str = ""
    assigned_to: str = ""


def evolve(state: Demande, fact: DemandeFact) -> Demande:
    """Fold one fact."""
    match fact:
        case DemandeSubmitted():
            return Demande(id=fact.demande, status="deposee", service=fact.service, owner=fact.owner)
        case DemandeAssigned():
            return state.model_copy(update={"assigned_to": fact.agent})
        case DemandeStatusChanged():
            return state.model_copy(update={"status": fact.new})
        case DemandeWithdrawn():
            return state.model_copy(update={"status": "retiree"})
        case NoteAdded():
            return state
        case _:
            assert_never(fact)


def assign(state: Demande, command: AssignDemande) -> Iterable[DemandeAssigned]:
    """Any agent of the service may take a demande or hand it over, while it is being dealt with."""
    if state.status not in WITHDRAWABLE:
        raise conflict("bad-transition", f"Cette demande est {STATUS_LABELS[state.status]} : elle ne se confie plus.")
    if command.agent != state.assigned_to:
        yield DemandeAssigned(demande=state.id, agent=command.agent, agent_name=command.agent_name)


def change_status(state: Demande, command: ChangeStatus) -> Iterable[DemandeStatusChanged]:
    """The status machine. A refusal and a reopening give their reason (L211-5 CRPA)."""
    allowed = NEXT.get(state.status, ())
    if command.to not in allowed:
        ways = " ou ".join(f"« {STATUS_LABELS[to]} »" for to in allowed)
        now = f"Cette demande est {STATUS_LABELS[state.status]}."
        raise conflict("bad-transition", f"{now} Elle peut seulement devenir {ways}." if ways else now)
    reopened = state.status in DECISIONS
    if (command.to == "refusee" or reopened) and not command.message.strip():
        reason = "Indiquez le motif de la réouverture." if reopened else "Indiquez le motif du refus."
        raise invalid("reason-required", reason, [Fault("/message", reason)])
    yield DemandeStatusChanged(
        demande=state.id, old=state.status, new=command.to, message=command.message, author=command.author
    )


def withdraw(state: Demande, command: WithdrawDemande) -> Iterable[DemandeWithdrawn]:
    """The applicant may give up until a decision is taken."""
    if state.status not in WITHDRAWABLE:
        raise conflict(
            "bad-transition", f"Cette demande est {STATUS_LABELS[state.status]} : elle ne peut plus être retirée."
        )
    yield DemandeWithdrawn(demande=state.id, old=state.status, reason=command.reason)


def add_note(state: Demande, command: AddNote) -> Iterable[NoteAdded]:
    """A note says something."""
    if not command.text.strip():
        raise invalid("invalid-request", "La note est vide.", [Fault("/text", "Écrivez le texte de la note.")])
    yield NoteAdded(
        demande=state.id, note=command.note, agent=command.agent, agent_name=command.agent_name, text=command.text
    )


demande = Aggregate("dossiers", "demande", Demande(), evolve)
