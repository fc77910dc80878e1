"""The opinions (avis) asked about one demande: of whom, until when, which are still awaited.

Their stream is `dossiers.opinions-<demande>`: an expert who answers makes nothing stale of what an agent or the
applicant is about to do with the demande. Whether the demande is still dealt with arrives inside the command.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Literal, assert_never

from pydantic import BaseModel, ConfigDict

from kernel.aggregate import Aggregate, State
from kernel.errors import Fault, Refused, conflict, invalid, not_found
from services.dossiers.aggregate.demande import STATUS_LABELS, WITHDRAWABLE
from services.dossiers.commands import GiveOpinion, NoteOverdueOpinion, RequestOpinion, WithdrawOpinion
from services.dossiers.events import OpinionDelayed, OpinionFact, OpinionGiven, OpinionRequested, OpinionWithdrawn

MOST_AWAITED = 20
LONGEST_WAIT = timedelta(days=366)


class Asked(BaseModel):
    """One request. `overdue`: its expert was reminded."""

    model_config = ConfigDict(frozen=True)

    opinion: str
    expert: str
    asked_by: str
    due: date
    status: Literal["pending", "given", "withdrawn"] = "pending"
    overdue: bool = False


class Opinions(State):
    """Every request, in order."""

    demande: str = ""
    asked: tuple[Asked, ...] = ()

    def of(self, opinion: str) -> Asked | None:
        """One request."""
        return next((one for one in self.asked if one.opinion == opinion), None)

    def changed(self, opinion: str, **changes: object) -> Opinions:
        """The same, with one request otherwise."""
        asked = tuple(one.model_copy(update=changes) if one.opinion == opinion else one for one in self.asked)
        return self.model_copy(update={"asked": asked})


def evolve(state: Opinions, fact: OpinionFact) -> Opinions:
    """Fold one fact."""
    match fact:
        case OpinionRequested():
            due = date.fromisoformat(fact.due)
            one = Asked(opinion=fact.opinion, expert=fact.expert, asked_by=fact.asked_by, due=due)
            return Opinions(demande=fact.demande, asked=(*state.asked, one))
        case OpinionGiven():
            return state.changed(fact.opinion, status="given")
        case OpinionWithdrawn():
            return state.changed(fact.opinion, status="withdrawn")
        case OpinionDelayed():
            return state.changed(fact.opinion, overdue=True)
        case _:
            assert_never(fact)


def request_opinion(state: Opinions, command: RequestOpinion) -> Iterable[OpinionRequested]:
    """A colleague is asked one thing at a time about a demande; he may be asked again once he has answered."""
    _demand_at_work(command.status)
    if command.expert == command.asked_by:
        raise _wrong("/agent", "Choisissez un autre agent que vous-même.")
    if not command.question.strip():
        raise _wrong("/question", "Écrivez la question à laquelle votre collègue doit répondre.")
    if not command.today <= command.due <= command.today + LONGEST_WAIT:
        raise _wrong("/due", "Choisissez une date de réponse, à partir d'aujourd'hui et dans l'année qui vient.")
    awaited = [one for one in state.asked if one.status == "pending"]
    if any(one.expert == command.expert for one in awaited):
        detail = f"{command.expert_name} doit déjà donner son avis sur cette demande."
        raise conflict("opinion-pending", f"{detail} Attendez sa réponse ou retirez d'abord cette demande d'avis.")
    if len(awaited) >= MOST_AWAITED:
        detail = f"{MOST_AWAITED} avis sont déjà attendus sur cette demande."
        raise conflict("too-many-opinions", f"{detail} Retirez d'abord une demande d'avis.")
    yield OpinionRequested(
        demande=command.demande,
        opinion=command.opinion,
        expert=command.expert,
        asked_by=command.asked_by,
        due=command.due.isoformat(),
        expert_name=command.expert_name,
        asked_by_name=command.asked_by_name,
        question=command.question,
    )


def give_opinion(state: Opinions, command: GiveOpinion) -> Iterable[OpinionGiven]:
    """Whoever was asked answers, once, with his reasons, as long as the demande is dealt with."""
    one = state.of(command.opinion)
    if one is None or one.expert != command.expert:
        raise not_found()
    _demand_pending(one)
    _demand_at_work(command.status)
    if not command.text.strip():
        raise _wrong("/text", "Expliquez votre avis en quelques phrases.")
    yield OpinionGiven(
        demande=state.demande,
        opinion=one.opinion,
        expert=one.expert,
        asked_by=one.asked_by,
        expert_name=command.expert_name,
        verdict=command.verdict,
        text=command.text,
    )


def withdraw_opinion(state: Opinions, command: WithdrawOpinion) -> Iterable[OpinionWithdrawn]:
    """The service waits for an answer no more."""
    one = state.of(command.opinion)
    if one is None:
        raise not_found()
    _demand_pending(one)
    yield OpinionWithdrawn(demande=state.demande, opinion=one.opinion, expert=one.expert, agent=command.agent)


def note_overdue(state: Opinions, command: NoteOverdueOpinion) -> Iterable[OpinionDelayed]:
    """The last day to answer is over: the expert is reminded, once, while his opinion is of use."""
    one = state.of(command.opinion)
    if one is None or one.status != "pending" or one.overdue or command.status not in WITHDRAWABLE:
        return
    if one.due < command.today:
        yield OpinionDelayed(demande=state.demande, opinion=one.opinion, expert=one.expert, due=one.due.isoformat())


def _demand_pending(one: Asked) -> None:
    if one.status == "given":
        raise conflict("bad-transition", "Cet avis est déjà donné. Il ne change plus : demandez-en un autre au besoin.")
    if one.status == "withdrawn":
        raise conflict("bad-transition", "Cette demande d'avis a été retirée. Il n'y a plus rien à faire.")


def _demand_at_work(status: str) -> None:
    if status not in WITHDRAWABLE:
        now = f"Cette demande est {STATUS_LABELS.get(status, 'inconnue')}"
        raise conflict("bad-transition", f"{now} : un avis se demande et se donne avant la décision.")


def _wrong(pointer: str, detail: str) -> Refused:
    return invalid("invalid-request", detail, [Fault(pointer, detail)])


opinions = Aggregate("dossiers", "opinions", Opinions(), evolve)
