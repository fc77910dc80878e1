"""Silence that became a decision, and what the applicant may then ask for (L232-3, L232-4 CRPA)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from kernel.errors import Fault, conflict, invalid
from services.dossiers.aggregate.calendar import months_after
from services.dossiers.aggregate.demande import Demande, demand_author
from services.dossiers.commands import (
    DecideBySilence,
    GiveReasons,
    IssueAttestation,
    RequestAttestation,
    RequestReasons,
)
from services.dossiers.events import (
    AttestationIssued,
    AttestationRequested,
    ImplicitDecisionTaken,
    ReasonsGiven,
    ReasonsRequested,
)

APPEAL_MONTHS = 2  # R421-1 CJA
REASONS_MONTHS = 1  # L232-4 CRPA


def last_day_to_contest(decided_on: date) -> date:
    """The last day of the appeal: two months « francs », the day of the decision and the last one not counted."""
    return months_after(decided_on, APPEAL_MONTHS) + timedelta(days=1)


def decide_by_silence(state: Demande, command: DecideBySilence) -> Iterable[ImplicitDecisionTaken]:
    """Nothing was decided until the end of the last day: the law decides. Nothing happens once somebody has."""
    if state.term is None or not state.awaits_decision or command.today <= command.deadline:
        return
    accepted = state.term.silence == "acceptation"
    yield ImplicitDecisionTaken(
        demande=state.id,
        old=state.status,
        new="acceptee" if accepted else "refusee",
        on=command.deadline.isoformat(),
        silence=state.term.silence,
        appeal=state.appeal,
    )


def request_attestation(state: Demande, command: RequestAttestation) -> Iterable[AttestationRequested]:
    """Whoever was accepted by silence may have it attested. Asking twice changes nothing."""
    if not state.implicit or state.status != "acceptee":
        detail = "Une attestation se demande quand le silence gardé sur la demande vaut acceptation."
        raise conflict("no-implicit-acceptance", f"{detail} Ce n'est pas le cas de cette demande.")
    if not state.attestation:
        yield AttestationRequested(demande=state.id)


def issue_attestation(state: Demande, command: IssueAttestation) -> Iterable[AttestationIssued]:
    """The service attests what was asked, once."""
    if state.attestation != "requested":
        done = state.attestation == "issued"
        detail = "L'attestation est déjà délivrée." if done else "Aucune attestation n'a été demandée."
        raise conflict("bad-transition", f"{detail} Il n'y a rien à faire.")
    demand_author(command.author)
    yield AttestationIssued(demande=state.id, author=command.author)


def request_reasons(state: Demande, command: RequestReasons) -> Iterable[ReasonsRequested]:
    """Whoever was refused by silence may ask why, as long as he can contest. Asking twice changes nothing."""
    if not state.implicit or state.status != "refusee":
        detail = "Les motifs se demandent quand le silence gardé sur la demande vaut refus."
        raise conflict("no-implicit-rejection", f"{detail} Ce n'est pas le cas de cette demande.")
    if state.reasons:
        return
    if command.today > last_day_to_contest(date.fromisoformat(state.implicit)):
        detail = "Le délai pour contester ce refus est passé : ses motifs ne peuvent plus être demandés."
        raise conflict("too-late", f"{detail} Vous pouvez déposer une nouvelle demande.")
    yield ReasonsRequested(demande=state.id, due=months_after(command.today, REASONS_MONTHS).isoformat())


def give_reasons(state: Demande, command: GiveReasons) -> Iterable[ReasonsGiven]:
    """The service says why, once; the time to contest starts again."""
    if state.reasons != "requested":
        done = state.reasons == "given"
        detail = "Les motifs sont déjà communiqués." if done else "Les motifs n'ont pas été demandés."
        raise conflict("bad-transition", f"{detail} Il n'y a rien à faire.")
    if not command.text.strip():
        detail = "Indiquez les motifs, en droit et en fait."
        raise invalid("reason-required", detail, [Fault("/text", detail)])
    demand_author(command.author)
    until = last_day_to_contest(command.today).isoformat()
    yield ReasonsGiven(demande=state.id, appeal_until=until, text=command.text, author=command.author)
