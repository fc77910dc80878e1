"""Filing, drafting, joining, publishing: given, when, then."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from services.dossiers.aggregate.demande import demande
from services.dossiers.aggregate.demarche import close, demarche, publish, revise
from services.dossiers.aggregate.drafting import Content, changed, discard, draft, fitting, known_only, read
from services.dossiers.aggregate.filing import join, lookup, submit
from services.dossiers.commands import (
    CloseDemarche,
    DiscardDraft,
    DraftDemande,
    JoinDemande,
    PublishDemarche,
    ReviseDemarche,
)
from services.dossiers.events import (
    Contact,
    DemandeDrafted,
    DemandeJoined,
    DemandeStatusChanged,
    DemarcheClosed,
    DemarchePublished,
    DraftDiscarded,
)
from tests.support.dossiers import AUTHOR, DEMANDE, PERSON, definition, submitted, submitting
from tests.support.forms import LEGAL, form, question
from tests.support.given import given


def drafting(**typed: Any) -> DraftDemande:
    return DraftDemande(demande=DEMANDE, reference="2026-A", definition=definition(), owner="a1", typed=typed)


def drafted() -> DemandeDrafted:
    return DemandeDrafted(
        demande=DEMANDE, reference="2026-A", demarche="essai", demarche_version=1, title="Essai", owner="a1"
    )


def test_a_filing_says_all_the_receipt_must_say() -> None:
    (fact,) = submit(demande.initial, submitting(region="57"))
    assert (fact.received_on, fact.receipt_due, fact.deadline) == ("2026-11-24", "2026-12-08", "2027-01-24")
    assert fact.legal.model_dump() == {
        "service_address": LEGAL.service_address,
        "service_phone": LEGAL.service_phone,
        "service_email": LEGAL.service_email,
        "silence": "rejet",
        "delay_months": 2,
        "appeal": LEGAL.appeal,
    }


def test_the_day_of_receipt_is_the_day_in_paris() -> None:
    late = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
    (fact,) = submit(demande.initial, submitting(at=late))
    assert (fact.received_on, fact.deadline) == ("2026-11-25", "2027-01-25")


def test_an_acceptance_by_silence_has_its_own_delay() -> None:
    legal = LEGAL.model_copy(update={"silence": "acceptation", "delay_months": 1})
    (fact,) = submit(demande.initial, submitting(definition=definition(legal=legal)))
    assert (fact.legal.silence, fact.deadline) == ("acceptation", "2026-12-24")


def test_a_draft_is_filed_and_what_was_filed_is_not_filed_again() -> None:
    (fact,) = submit(demande.fold([drafted()]), submitting(owner="a1", terms_version=None))
    assert (fact.demande, fact.owner) == (DEMANDE, "a1")
    refusal = given(demande, submitted()).when(submit, submitting()).refused("bad-transition")
    assert "déposée" in refusal.detail
    gone = DraftDiscarded(demande=DEMANDE, reason="withdrawn")
    given(demande, drafted(), gone).when(submit, submitting()).refused("bad-transition")


@pytest.mark.parametrize(
    ("changes", "slug", "pointers"),
    [
        ({"answers": {}}, "invalid-answers", {"/answers/reponse"}),
        ({"contact": None}, "invalid-answers", {"/contact"}),
        ({"on_behalf_of": "moi"}, "invalid-answers", {"/on_behalf_of/kind"}),
        ({"terms_version": "1999"}, "terms-not-accepted", {"/terms_version"}),
    ],
)
def test_a_filing_with_faults_is_refused(changes: dict[str, Any], slug: str, pointers: set[str]) -> None:
    refusal = given(demande).when(submit, submitting(**changes)).refused(slug)
    assert {fault.pointer for fault in refusal.errors} == pointers


def test_the_contact_of_a_demande_wins_over_the_accounts() -> None:
    account = {"email": "compte@example.org", "first_name": "Ada", "last_name": "Martin"}
    (fact,) = submit(demande.initial, submitting(owner="a1", account_contact=account, contact={"email": "a@b.fr"}))
    assert fact.contact == Contact(email="a@b.fr", first_name="Ada", last_name="Martin")
    (fact,) = submit(demande.initial, submitting(owner="a1", account_contact=account, contact=None))
    assert fact.contact.email == "compte@example.org"


def test_a_draft_is_begun_incomplete_but_never_wrong() -> None:
    given(demande).when(draft, drafting()).then(drafted())
    given(demande).when(draft, drafting(answers={"reponse": "Oui"}, contact={"email": "a@b.fr"})).then(drafted())
    wrong: tuple[dict[str, Any], ...] = (
        {"contact": {"email": "nope"}},
        {"answers": {"autre": 1}},
        {"answers": 5},
        {"on_behalf_of": []},
    )
    for typed in wrong:
        assert given(demande).when(draft, drafting(**typed)).refused("invalid-answers").errors
    given(demande, submitted()).when(draft, drafting()).refused("bad-transition")


def test_only_a_draft_is_discarded() -> None:
    gone = DraftDiscarded(demande=DEMANDE, reason="expired")
    given(demande, drafted()).when(discard, DiscardDraft(reason="expired")).then(gone)
    for facts in ((), (submitted(),), (drafted(), gone), (drafted(), submitted())):
        given(demande, *facts).when(discard, DiscardDraft(reason="expired")).refused("bad-transition")


FORM = form(
    question("text", "nom", required=True),
    question("yes_no", "marie"),
    question("text", "conjoint", show_if={"field": "marie", "equals": True}),
    question("amount", "montant"),
    question("checkbox", "certifie", required=True),
    question("group", "enfants"),
    audience=("self", "association"),
)
BEFORE = Content(
    on_behalf_of={"kind": "association", "name": "Fanfare", "identifier": "73282932000074"},
    contact=PERSON,
    answers={"nom": "Martin", "marie": True, "conjoint": "Zoé", "certifie": True, "enfants": [{"prenom": "Lou"}]},
)


def typed_in(before: Content, **changes: Any) -> Content:
    typed, touched = changed(before, changes)
    return read(FORM, typed, touched)


def test_what_is_typed_is_merged_and_null_takes_away() -> None:
    assert typed_in(BEFORE, answers={"montant": "12,50"}).answers == BEFORE.answers | {"montant": "12.50"}
    without = typed_in(BEFORE, answers={"nom": None}, contact={"postal_address": None})
    assert "nom" not in without.answers
    assert without.contact == {name: PERSON[name] for name in ("email", "first_name", "last_name")}
    assert typed_in(BEFORE) == BEFORE


def test_an_answer_that_is_hidden_for_now_is_kept() -> None:
    hidden = typed_in(BEFORE, answers={"marie": False})
    assert hidden.answers["conjoint"] == "Zoé"
    assert typed_in(hidden, answers={"marie": True}) == BEFORE


def test_another_kind_of_organisation_has_another_number() -> None:
    assert typed_in(BEFORE, on_behalf_of={"kind": "self"}).on_behalf_of == {"kind": "self"}
    same = typed_in(BEFORE, on_behalf_of={"kind": "association", "name": "Chorale"})
    assert same.on_behalf_of == {"kind": "association", "name": "Chorale", "identifier": "73282932000074"}


def test_only_what_was_just_typed_is_told_to_be_wrong() -> None:
    stale = Content(contact={"email": "nope"}, answers={"montant": "beaucoup"})
    assert typed_in(stale, answers={"nom": "Martin"}).answers == {"montant": "beaucoup", "nom": "Martin"}
    with pytest.raises(Exception, match="invalid-answers") as caught:
        typed_in(stale, answers={"nom": 5, "montant": "trop"})
    assert {fault.pointer for fault in caught.value.errors} == {"/answers/nom", "/answers/montant"}  # type: ignore[attr-defined]


def test_a_draft_follows_the_version_in_force() -> None:
    content = Content(answers={"nom": "Martin", "disparue": "x"})
    assert known_only(FORM, content).answers == {"nom": "Martin"}


def test_what_still_fits_is_copied_and_what_was_certified_is_certified_again() -> None:
    content = BEFORE.model_copy(update={"answers": BEFORE.answers | {"disparue": "x", "montant": "beaucoup"}})
    kept, dropped = fitting(FORM, content)
    assert kept.answers == {name: BEFORE.answers[name] for name in ("nom", "marie", "conjoint", "enfants")}
    assert kept.contact == PERSON
    assert set(dropped) == {"/answers/disparue", "/answers/montant", "/answers/certifie"}
    assert read(FORM, kept.model_dump()) == kept


def test_a_demande_joins_the_account_of_its_contact() -> None:
    joined = DemandeJoined(demande=DEMANDE, owner="a1")
    mine = JoinDemande(owner="a1", email=" ADA@example.org")
    given(demande, submitted()).when(join, mine).then(joined)
    given(demande, submitted(), joined).when(join, mine).nothing()
    decided = DemandeStatusChanged(demande=DEMANDE, old="deposee", new="sans_suite", message="", author=AUTHOR)
    given(demande, submitted(), decided).when(join, mine).then(joined)


def test_nobody_else_joins_it_and_is_told_no_more_than_for_a_wrong_number() -> None:
    other = JoinDemande(owner="a2", email="ada@example.org")
    stranger = JoinDemande(owner="a1", email="zoe@example.org")
    told = {
        given(demande, *facts).when(join, command).refused("unknown-tracking").detail
        for facts, command in (
            ((submitted(owner="a1"),), other),
            ((submitted(),), stranger),
            ((), other),
            ((drafted(),), JoinDemande(owner="a1", email="ada@example.org")),
        )
    }
    assert len(told) == 1


def test_a_tracking_number_is_typed_as_it_comes() -> None:
    digest = lookup(b"k", "Ada@Example.org", "7K3M-Q2ZT-9PXA-0VB1")
    for typed in ("7k3mq2zt9pxa0vb1", " 7K3M Q2ZT 9PXA OVBI ", "7k3m–q2zt_9pxa.ovbl", "7K3M\u00a0Q2ZT-9PXA-0VBi"):
        assert lookup(b"k", "ada@example.ORG ", typed) == digest
    assert lookup(b"k", "ada@example.org", "7K3M-Q2ZT-9PXA-0VB2") != digest


def published(version: int = 1) -> DemarchePublished:
    whole = definition(version=version)
    return DemarchePublished(
        slug="essai",
        version=version,
        service="vie-associative",
        title="Essai",
        definition=whole.model_dump(mode="json"),
    )


def test_versions_follow_each_other_whatever_the_body_says() -> None:
    given(demarche).when(publish, PublishDemarche(definition=definition())).then(published())
    given(demarche, published()).when(publish, PublishDemarche(definition=definition())).refused("already-published")
    given(demarche).when(revise, ReviseDemarche(definition=definition(version=9))).then(published(1))
    given(demarche, published()).when(revise, ReviseDemarche(definition=definition())).then(published(2))


def test_an_incomplete_legal_block_is_refused_with_one_sentence_per_fault() -> None:
    bare = definition(legal=LEGAL.model_copy(update={"appeal": "", "service_phone": "", "silence": None}))
    refusal = given(demarche).when(revise, ReviseDemarche(definition=bare)).refused("incomplete-definition")
    assert [fault.pointer for fault in refusal.errors] == [
        "/legal/service_phone",
        "/legal/silence",
        "/legal/appeal",
    ]
    assert all(fault.detail.endswith(".") and fault.detail[0].isupper() for fault in refusal.errors)


def test_a_demarche_closes_once_and_a_version_opens_it_again() -> None:
    closed = DemarcheClosed(slug="essai", version=1)
    given(demarche, published()).when(close, CloseDemarche(slug="essai")).then(closed)
    given(demarche, published(), closed).when(close, CloseDemarche(slug="essai")).refused("bad-transition")
    given(demarche).when(close, CloseDemarche(slug="essai")).refused("bad-transition")
    given(demarche, published(), closed).when(revise, ReviseDemarche(definition=definition())).then(published(2))
    assert demarche.fold([published(), closed, published(2)]).open
