"""Every public fact says whether people hear of it, and notifier may read what its mails must say."""

from __future__ import annotations

from importlib import import_module

import pytest

from kernel.events import Event, event_types
from kernel.runtime.declaration import Service
from services.discussion.events import DiscussionOpened, DocumentsRequested
from services.dossiers.events import (
    AttestationIssued,
    DemandeStatusChanged,
    DemandeSubmitted,
    OpinionGiven,
    OpinionRequested,
    ReasonsGiven,
)
from services.identity.events import (
    AccountCreated,
    AccountErased,
    ActivationRequested,
    EmailChanged,
    EmailChangeRequested,
    PasswordChanged,
    PasswordResetRequested,
    SecondFactorEnabled,
)
from services.notifier.adapters.templates import FOLDER
from services.notifier.reactions.planning import reactor
from services.notifier.reactions.table import MAILS, NoMail, mails_of

PRODUCERS = ("identity", "dossiers", "discussion", "files")
READ: dict[str, set[type[Event]]] = {
    "identity": {
        AccountCreated,
        ActivationRequested,
        PasswordResetRequested,
        EmailChangeRequested,
        EmailChanged,
        AccountErased,
    },
    "dossiers": {
        DemandeSubmitted,
        DemandeStatusChanged,
        AttestationIssued,
        ReasonsGiven,
        OpinionRequested,
        OpinionGiven,
    },
    "discussion": {DiscussionOpened, DocumentsRequested},
}


@pytest.mark.parametrize("service", PRODUCERS)
def test_every_public_fact_leads_to_mails_or_says_why_it_leads_to_none(service: str) -> None:
    public = {fact for fact in event_types(service) if fact.is_public}
    assert public == {fact for fact in MAILS if fact.origin == service}


def test_no_mail_has_a_reason_and_a_mail_has_a_template_of_its_own() -> None:
    templates = [entry.template for fact in MAILS for entry in mails_of(fact)]
    assert len(templates) == len(set(templates))
    folders = {path.name for path in FOLDER.iterdir() if path.is_dir()}
    assert folders == set(templates)
    for entry in MAILS.values():
        assert not isinstance(entry, NoMail) or len(entry.reason) > 20


def test_the_reactor_is_called_mail_for_ever_and_follows_what_is_mailed() -> None:
    assert reactor.name == "mail"
    mailed = {(fact.origin, fact.wire_name) for fact in MAILS if mails_of(fact)}
    assert set(reactor.reactions) == mailed
    assert all(isinstance(MAILS[fact], NoMail) for fact in MAILS if (fact.origin, fact.wire_name) not in mailed)


@pytest.mark.parametrize("service", sorted(READ))
def test_the_producers_let_notifier_read_what_its_mails_say(service: str) -> None:
    declared: Service = import_module(f"services.{service}.main").SERVICE
    assert READ[service] <= set(declared.entitled["notifier"])


def test_credentials_are_nobodys_to_read() -> None:
    declared: Service = import_module("services.identity.main").SERVICE
    for facts in declared.entitled.values():
        assert not {PasswordChanged, SecondFactorEnabled} & set(facts)


def test_nobody_is_entitled_to_read_the_mails_themselves() -> None:
    declared: Service = import_module("services.notifier.main").SERVICE
    assert not declared.entitled
