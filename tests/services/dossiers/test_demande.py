"""Who may move a demande where: given, when, then."""

from __future__ import annotations

import pytest

from services.dossiers.aggregate.demande import (
    NEXT,
    STATUS_LABELS,
    STATUSES,
    add_note,
    assign,
    change_status,
    demande,
    withdraw,
)
from services.dossiers.commands import AddNote, AssignDemande, ChangeStatus, WithdrawDemande
from services.dossiers.events import (
    DemandeAssigned,
    DemandeDrafted,
    DemandeFact,
    DemandeJoined,
    DemandeStatusChanged,
    DemandeWithdrawn,
    DraftDiscarded,
    ImplicitDecisionTaken,
    NoteAdded,
)
from tests.support.dossiers import APPEAL, AUTHOR, DEMANDE, submitted
from tests.support.given import given


def moved(old: str, new: str, message: str = "", appeal: str = "") -> DemandeStatusChanged:
    return DemandeStatusChanged(demande=DEMANDE, old=old, new=new, message=message, author=AUTHOR, appeal=appeal)


def drafted() -> DemandeDrafted:
    return DemandeDrafted(
        demande=DEMANDE, reference="2026-A", demarche="essai", demarche_version=1, title="Essai", owner="a1"
    )


WITHDRAWN = DemandeWithdrawn(demande=DEMANDE, old="deposee", reason="")
STARTED = moved("deposee", "en_instruction")
PATHS: dict[str, tuple[DemandeFact, ...]] = {
    "brouillon": (drafted(),),
    "deposee": (submitted(),),
    "en_instruction": (submitted(), STARTED),
    "acceptee": (submitted(), STARTED, moved("en_instruction", "acceptee")),
    "refusee": (submitted(), STARTED, moved("en_instruction", "refusee", "Budget épuisé")),
    "sans_suite": (submitted(), moved("deposee", "sans_suite")),
    "retiree": (submitted(), WITHDRAWN),
}


def to(new: str, message: str = "Parce que") -> ChangeStatus:
    return ChangeStatus(to=new, message=message, author=AUTHOR)


def test_there_is_a_way_to_every_status() -> None:
    assert {status: demande.fold(facts).status for status, facts in PATHS.items()} == {s: s for s in STATUSES}


@pytest.mark.parametrize("old", STATUSES)
@pytest.mark.parametrize("new", STATUSES)
def test_only_the_moves_of_the_contract_are_allowed(old: str, new: str) -> None:
    story = given(demande, *PATHS[old]).when(change_status, to(new))
    if new in NEXT.get(old, ()):
        decided = new in ("acceptee", "refusee", "sans_suite")
        story.then(moved(old, new, "Parce que", APPEAL if decided else ""))
    else:
        refusal = story.refused("bad-transition")
        assert STATUS_LABELS[old] in refusal.detail
        for way in NEXT.get(old, ()):
            assert f"« {STATUS_LABELS[way]} »" in refusal.detail


@pytest.mark.parametrize("message", ["", "  \n"])
def test_a_refusal_and_a_reopening_need_a_reason(message: str) -> None:
    given(demande, *PATHS["en_instruction"]).when(change_status, to("refusee", message)).refused("reason-required")
    given(demande, *PATHS["acceptee"]).when(change_status, to("en_instruction", message)).refused("reason-required")
    given(demande, *PATHS["en_instruction"]).when(change_status, to("acceptee", "")).then(
        moved("en_instruction", "acceptee", appeal=APPEAL)
    )


@pytest.mark.parametrize("part", ["first_name", "last_name", "capacity", "service"])
def test_a_decision_shows_who_took_it(part: str) -> None:
    """L212-2 CRPA."""
    nameless = AUTHOR.model_copy(update={part: " "})
    for new in ("acceptee", "refusee", "sans_suite"):
        command = ChangeStatus(to=new, message="Parce que", author=nameless)
        given(demande, *PATHS["en_instruction"]).when(change_status, command).refused("author-incomplete")
    start = ChangeStatus(to="en_instruction", message="", author=nameless)
    given(demande, submitted()).when(change_status, start).then(
        DemandeStatusChanged(demande=DEMANDE, old="deposee", new="en_instruction", message="", author=nameless)
    )


@pytest.mark.parametrize("status", STATUSES)
def test_an_applicant_withdraws_until_a_decision(status: str) -> None:
    story = given(demande, *PATHS[status]).when(withdraw, WithdrawDemande(reason="Finalement non"))
    if status in ("deposee", "en_instruction"):
        story.then(DemandeWithdrawn(demande=DEMANDE, old=status, reason="Finalement non"))
    else:
        assert "déposée ou en cours d'instruction" in story.refused("bad-transition").detail


@pytest.mark.parametrize("status", STATUSES)
def test_a_demande_is_given_to_an_agent_while_it_is_dealt_with(status: str) -> None:
    story = given(demande, *PATHS[status]).when(assign, AssignDemande(agent="i1", agent_name="Jeanne Roy"))
    if status in ("deposee", "en_instruction"):
        story.then(DemandeAssigned(demande=DEMANDE, agent="i1", agent_name="Jeanne Roy"))
    else:
        refusal = story.refused("bad-transition")
        assert ("Rouvrez" in refusal.detail) == (status in ("acceptee", "refusee", "sans_suite"))


def test_giving_a_demande_to_who_has_it_changes_nothing() -> None:
    taken = DemandeAssigned(demande=DEMANDE, agent="i1", agent_name="Jeanne Roy")
    given(demande, submitted(), taken).when(assign, AssignDemande(agent="i1", agent_name="J. Roy")).nothing()
    given(demande, submitted()).when(assign, AssignDemande(agent="", agent_name="")).nothing()


def test_a_note_says_something() -> None:
    said = AddNote(note="n1", text="À revoir", agent="i1", agent_name="Jeanne Roy")
    given(demande, submitted()).when(add_note, said).then(
        NoteAdded(demande=DEMANDE, note="n1", agent="i1", agent_name="Jeanne Roy", text="À revoir")
    )
    blank = said.model_copy(update={"text": " \n"})
    given(demande, submitted()).when(add_note, blank).refused("invalid-request")


def test_a_decision_ends_the_legal_clock_even_when_it_is_reopened() -> None:
    assert demande.fold([submitted()]).awaits_decision
    assert demande.fold(PATHS["en_instruction"]).awaits_decision
    for status in ("acceptee", "refusee", "sans_suite", "retiree", "brouillon"):
        assert not demande.fold(PATHS[status]).awaits_decision
    reopened = demande.fold([*PATHS["refusee"], moved("refusee", "en_instruction", "Erreur")])
    assert reopened.status == "en_instruction"
    assert not reopened.awaits_decision


def test_reopening_undoes_what_silence_decided() -> None:
    silent = ImplicitDecisionTaken(
        demande=DEMANDE, old="deposee", new="refusee", on="2027-01-24", silence="rejet", appeal=APPEAL
    )
    state = demande.fold([submitted(), silent])
    assert (state.status, state.implicit, state.awaits_decision) == ("refusee", "2027-01-24", False)
    again = demande.fold([submitted(), silent, moved("refusee", "en_instruction", "Nous vous répondons")])
    assert (again.status, again.implicit, again.reasons) == ("en_instruction", "", "")


def test_a_filing_takes_over_from_its_draft_and_an_account_from_nobody() -> None:
    state = demande.fold([drafted(), submitted(owner="a1")])
    assert (state.status, state.owner, state.service) == ("deposee", "a1", "vie-associative")
    assert demande.fold([submitted(), DemandeJoined(demande=DEMANDE, owner="a2")]).owner == "a2"
    assert demande.fold([drafted(), DraftDiscarded(demande=DEMANDE, reason="expired")]).status == "retiree"


def test_a_fact_older_than_the_legal_block_has_no_clock() -> None:
    bare = submitted().model_dump() | {"legal": {}, "received_on": ""}
    state = demande.fold([type(submitted()).model_validate(bare)])
    assert (state.term, state.appeal) == (None, "")
