"""Two civil identities: one person's, or not."""

from __future__ import annotations

import pytest

from services.identity.aggregate.account import Account
from services.identity.aggregate.civil import same_person
from services.identity.commands import LinkIdentity


def given(given_name: str, family_name: str, usual_name: str = "", birthdate: str = "1962-08-24") -> LinkIdentity:
    return LinkIdentity(
        provider="franceconnect",
        sub="s",
        subject="h",
        given_name=given_name,
        family_name=family_name,
        usual_name=usual_name,
        birthdate=birthdate,
    )


def typed(first_name: str, last_name: str) -> Account:
    return Account(id="a", status="active", first_name=first_name, last_name=last_name)


def known(first_name: str, last_name: str, birthdate: str = "1962-08-24") -> Account:
    return typed(first_name, last_name).model_copy(update={"subjects": ("franceconnect/x",), "birthdate": birthdate})


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("Angela", "Dubois"),
        ("ANGÉLA", "dubois"),
        ("Angela Louise", "DUBOIS"),
        ("angela", "Le Goff"),
        ("Angela", "Dubois-Le Goff"),
        ("Angela", "Le-Goff"),
    ],
)
def test_typed_names_may_be_those_of_the_civil_status(first: str, last: str) -> None:
    assert same_person(typed(first, last), given("Angela Claire Louise", "DUBOIS", "LE GOFF"))


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("Paul", "Dubois"),
        ("Angela Paul", "Dubois"),
        ("Angela", "Durand"),
        ("Angela", "Goff"),
        ("Angela", "Dubois Durand"),
        ("-", "Dubois"),
        ("Angela", "-"),
        ("", ""),
    ],
)
def test_other_names_are_somebody_elses(first: str, last: str) -> None:
    assert not same_person(typed(first, last), given("Angela Claire Louise", "DUBOIS", "LE GOFF"))


def test_a_ligature_and_an_apostrophe_change_nobody() -> None:
    assert same_person(typed("Cœlia", "D'Arc"), given("COELIA", "D’ARC"))


@pytest.mark.parametrize(
    ("identity", "same"),
    [
        (given("Angela Claire", "LEROY"), True),
        (given("Alice Claire", "DUBOIS"), False),
        (given("Angela Claire", "DUBOIS", birthdate="1970-01-01"), False),
    ],
)
def test_whom_franceconnect_knows_keeps_first_name_and_birth_date(identity: LinkIdentity, same: bool) -> None:
    assert same_person(known("Angela Claire", "DUBOIS"), identity) is same


def test_without_a_birth_date_nobody_is_the_same() -> None:
    assert not same_person(known("Angela", "DUBOIS", birthdate=""), given("Angela", "DUBOIS", birthdate=""))
