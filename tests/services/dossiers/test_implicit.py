"""Silence decides, and what can be asked for then (L231-1, L231-4, L232-3, L232-4 CRPA)."""

from __future__ import annotations

from datetime import date

from services.dossiers.aggregate.demande import demande
from services.dossiers.aggregate.implicit import (
    decide_by_silence,
    give_reasons,
    issue_attestation,
    last_day_to_contest,
    request_attestation,
    request_reasons,
)
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
    DemandeFact,
    DemandeStatusChanged,
    DemandeWithdrawn,
    ImplicitDecisionTaken,
    ReasonsGiven,
    ReasonsRequested,
)
from tests.support.dossiers import APPEAL, AUTHOR, DEMANDE, submitted
from tests.support.given import given

DEADLINE = date(2027, 1, 24)


def silent(silence: str = "rejet", old: str = "deposee") -> ImplicitDecisionTaken:
    new = "acceptee" if silence == "acceptation" else "refusee"
    return ImplicitDecisionTaken(demande=DEMANDE, old=old, new=new, on="2027-01-24", silence=silence, appeal=APPEAL)


def moved(old: str, new: str) -> DemandeStatusChanged:
    return DemandeStatusChanged(demande=DEMANDE, old=old, new=new, message="Parce que", author=AUTHOR)


def deciding(today: date = date(2027, 1, 25)) -> DecideBySilence:
    return DecideBySilence(deadline=DEADLINE, today=today)


REFUSED: tuple[DemandeFact, ...] = (submitted(), silent())
ACCEPTED: tuple[DemandeFact, ...] = (submitted("acceptation"), silent("acceptation"))


def test_silence_decides_once_the_last_day_is_over() -> None:
    given(demande, submitted()).when(decide_by_silence, deciding()).then(silent())
    given(demande, submitted("acceptation")).when(decide_by_silence, deciding()).then(silent("acceptation"))
    begun = (submitted(), moved("deposee", "en_instruction"))
    given(demande, *begun).when(decide_by_silence, deciding()).then(silent(old="en_instruction"))
    for day in (date(2027, 1, 23), DEADLINE):
        given(demande, submitted()).when(decide_by_silence, deciding(day)).nothing()


def test_silence_decides_nothing_once_somebody_has() -> None:
    decided = (submitted(), moved("deposee", "sans_suite"))
    given(demande, *decided).when(decide_by_silence, deciding()).nothing()
    given(demande, *decided, moved("sans_suite", "en_instruction")).when(decide_by_silence, deciding()).nothing()
    withdrawn = DemandeWithdrawn(demande=DEMANDE, old="deposee", reason="")
    given(demande, submitted(), withdrawn).when(decide_by_silence, deciding()).nothing()
    given(demande, *REFUSED).when(decide_by_silence, deciding(date(2027, 3, 1))).nothing()
    given(demande).when(decide_by_silence, deciding()).nothing()


def test_an_implicit_acceptance_is_attested_on_request() -> None:
    asked, issued = AttestationRequested(demande=DEMANDE), AttestationIssued(demande=DEMANDE, author=AUTHOR)
    given(demande, *ACCEPTED).when(request_attestation, RequestAttestation()).then(asked)
    given(demande, *ACCEPTED, asked).when(request_attestation, RequestAttestation()).nothing()
    given(demande, *ACCEPTED, asked).when(issue_attestation, IssueAttestation(author=AUTHOR)).then(issued)
    given(demande, *ACCEPTED, asked, issued).when(request_attestation, RequestAttestation()).nothing()


def test_nothing_else_is_attested() -> None:
    express = (submitted("acceptation"), moved("deposee", "en_instruction"), moved("en_instruction", "acceptee"))
    for facts in ((), (submitted(),), REFUSED, express, (*ACCEPTED, moved("acceptee", "en_instruction"))):
        given(demande, *facts).when(request_attestation, RequestAttestation()).refused("no-implicit-acceptance")
    given(demande, *ACCEPTED).when(issue_attestation, IssueAttestation(author=AUTHOR)).refused("bad-transition")
    done = (AttestationRequested(demande=DEMANDE), AttestationIssued(demande=DEMANDE, author=AUTHOR))
    given(demande, *ACCEPTED, *done).when(issue_attestation, IssueAttestation(author=AUTHOR)).refused("bad-transition")
    nobody = IssueAttestation(author=AUTHOR.model_copy(update={"last_name": ""}))
    given(demande, *ACCEPTED, done[0]).when(issue_attestation, nobody).refused("author-incomplete")


def test_two_clear_months_are_given_to_contest() -> None:
    assert last_day_to_contest(DEADLINE) == date(2027, 3, 25)
    assert last_day_to_contest(date(2026, 12, 31)) == date(2027, 3, 1)


def test_the_reasons_of_an_implicit_refusal_are_due_within_a_month() -> None:
    asked = ReasonsRequested(demande=DEMANDE, due="2027-02-28")
    given(demande, *REFUSED).when(request_reasons, RequestReasons(today=date(2027, 1, 28))).then(asked)
    given(demande, *REFUSED, asked).when(request_reasons, RequestReasons(today=date(2027, 1, 29))).nothing()
    last_day = ReasonsRequested(demande=DEMANDE, due="2027-04-25")
    given(demande, *REFUSED).when(request_reasons, RequestReasons(today=date(2027, 3, 25))).then(last_day)
    given(demande, *REFUSED).when(request_reasons, RequestReasons(today=date(2027, 3, 26))).refused("too-late")


def test_only_an_implicit_refusal_has_reasons_to_ask_for() -> None:
    express = (submitted(), moved("deposee", "en_instruction"), moved("en_instruction", "refusee"))
    asking = RequestReasons(today=date(2027, 1, 28))
    for facts in ((), (submitted(),), ACCEPTED, express, (*REFUSED, moved("refusee", "en_instruction"))):
        given(demande, *facts).when(request_reasons, asking).refused("no-implicit-rejection")


def test_giving_the_reasons_gives_two_months_more_to_contest() -> None:
    asked = ReasonsRequested(demande=DEMANDE, due="2027-02-28")
    command = GiveReasons(text="Le budget est épuisé.", today=date(2027, 2, 10), author=AUTHOR)
    told = ReasonsGiven(demande=DEMANDE, appeal_until="2027-04-11", text="Le budget est épuisé.", author=AUTHOR)
    given(demande, *REFUSED, asked).when(give_reasons, command).then(told)
    given(demande, *REFUSED, asked, told).when(give_reasons, command).refused("bad-transition")
    given(demande, *REFUSED).when(give_reasons, command).refused("bad-transition")
    empty = command.model_copy(update={"text": "  "})
    given(demande, *REFUSED, asked).when(give_reasons, empty).refused("reason-required")
    nobody = command.model_copy(update={"author": AUTHOR.model_copy(update={"first_name": ""})})
    given(demande, *REFUSED, asked).when(give_reasons, nobody).refused("author-incomplete")
