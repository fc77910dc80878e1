"""Opinions (avis): what the aggregate decides."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from services.dossiers.aggregate.opinions import (
    MOST_AWAITED,
    give_opinion,
    note_overdue,
    opinions,
    request_opinion,
    withdraw_opinion,
)
from services.dossiers.commands import GiveOpinion, NoteOverdueOpinion, RequestOpinion, WithdrawOpinion
from services.dossiers.events import OpinionDelayed, OpinionGiven, OpinionRequested, OpinionWithdrawn
from tests.support.given import given

TODAY = date(2026, 11, 24)


def requested(opinion: str = "o1", expert: str = "e1") -> OpinionRequested:
    return OpinionRequested(
        demande="d1",
        opinion=opinion,
        expert=expert,
        asked_by="i1",
        due="2026-12-10",
        expert_name="Luc Petit",
        asked_by_name="Jeanne Roy",
        question="Est-ce utile ?",
    )


def asking(**changes: Any) -> RequestOpinion:
    known = requested().model_dump() | {"status": "en_instruction", "due": date(2026, 12, 10), "today": TODAY}
    return RequestOpinion.model_validate(known | changes)


def giving(**changes: Any) -> GiveOpinion:
    known = {"status": "deposee", "opinion": "o1", "expert": "e1", "expert_name": "Luc Petit"}
    return GiveOpinion.model_validate({**known, "verdict": "reserve", "text": "Sous conditions.", **changes})


def late(**changes: Any) -> NoteOverdueOpinion:
    known = {"status": "deposee", "opinion": "o1", "today": date(2026, 12, 11)}
    return NoteOverdueOpinion.model_validate(known | changes)


ANSWER = OpinionGiven(
    demande="d1",
    opinion="o1",
    expert="e1",
    asked_by="i1",
    expert_name="Luc Petit",
    verdict="reserve",
    text="Sous conditions.",
)
WITHDRAWN = OpinionWithdrawn(demande="d1", opinion="o1", expert="e1", agent="i2")
OVERDUE = OpinionDelayed(demande="d1", opinion="o1", expert="e1", due="2026-12-10")


def test_a_colleague_is_asked_and_answers() -> None:
    given(opinions).when(request_opinion, asking()).then(requested())
    given(opinions, requested()).when(give_opinion, giving()).then(ANSWER)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"expert": "i1"}, "/agent"),
        ({"question": " \n"}, "/question"),
        ({"due": date(2026, 11, 23)}, "/due"),
        ({"due": date(2027, 11, 26)}, "/due"),
    ],
)
def test_a_request_names_somebody_else_a_question_and_a_day_to_come(changes: dict[str, Any], pointer: str) -> None:
    refusal = given(opinions).when(request_opinion, asking(**changes)).refused("invalid-request")
    assert [fault.pointer for fault in refusal.errors] == [pointer]


def test_today_and_a_year_from_now_are_days_to_answer() -> None:
    for due in (TODAY, date(2027, 11, 25)):
        expected = requested().model_copy(update={"due": due.isoformat()})
        given(opinions).when(request_opinion, asking(due=due)).then(expected)


@pytest.mark.parametrize("status", ["acceptee", "refusee", "sans_suite", "retiree", "brouillon", ""])
def test_opinions_are_of_use_before_the_decision_only(status: str) -> None:
    given(opinions).when(request_opinion, asking(status=status)).refused("bad-transition")
    given(opinions, requested()).when(give_opinion, giving(status=status)).refused("bad-transition")
    given(opinions, requested()).when(note_overdue, late(status=status)).nothing()


def test_one_colleague_is_asked_again_once_he_has_answered_or_is_not_awaited() -> None:
    again = asking(opinion="o2")
    given(opinions, requested()).when(request_opinion, again).refused("opinion-pending")
    given(opinions, requested(), ANSWER).when(request_opinion, again).then(requested("o2"))
    given(opinions, requested(), WITHDRAWN).when(request_opinion, again).then(requested("o2"))
    given(opinions, requested()).when(request_opinion, asking(opinion="o2", expert="e2")).then(requested("o2", "e2"))


def test_so_many_opinions_are_awaited_at_most() -> None:
    asked = [requested(f"o{number}", f"e{number}") for number in range(MOST_AWAITED)]
    given(opinions, *asked).when(request_opinion, asking(opinion="x", expert="x")).refused("too-many-opinions")
    given(opinions, *asked[1:]).when(request_opinion, asking(opinion="x", expert="x")).then(requested("x", "x"))


def test_nobody_answers_in_the_place_of_the_expert_nor_twice_nor_without_reasons() -> None:
    asked = given(opinions, requested())
    asked.when(give_opinion, giving(expert="e2")).refused("not-found")
    asked.when(give_opinion, giving(opinion="o9")).refused("not-found")
    asked.when(give_opinion, giving(text="  ")).refused("invalid-request")
    given(opinions, requested(), ANSWER).when(give_opinion, giving()).refused("bad-transition")
    given(opinions, requested(), WITHDRAWN).when(give_opinion, giving()).refused("bad-transition")


def test_the_service_may_stop_waiting() -> None:
    command = WithdrawOpinion(opinion="o1", agent="i2")
    given(opinions, requested()).when(withdraw_opinion, command).then(WITHDRAWN)
    given(opinions, requested(), WITHDRAWN).when(withdraw_opinion, command).refused("bad-transition")
    given(opinions, requested(), ANSWER).when(withdraw_opinion, command).refused("bad-transition")
    given(opinions).when(withdraw_opinion, command).refused("not-found")


def test_an_expert_is_reminded_once_when_his_last_day_is_over_and_may_still_answer() -> None:
    given(opinions, requested()).when(note_overdue, late()).then(OVERDUE)
    given(opinions, requested()).when(note_overdue, late(today=date(2026, 12, 10))).nothing()
    given(opinions, requested(), OVERDUE).when(note_overdue, late()).nothing()
    given(opinions, requested(), OVERDUE).when(give_opinion, giving()).then(ANSWER)
    for ended in (ANSWER, WITHDRAWN):
        given(opinions, requested(), ended).when(note_overdue, late()).nothing()
    given(opinions).when(note_overdue, late()).nothing()
