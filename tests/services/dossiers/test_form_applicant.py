"""Who asks, and for whom (R112-9-1 CRPA)."""

import pytest

from services.dossiers.aggregate.form import check_contact, identify

CONTACT = {"email": "marie.curie@example.org", "first_name": "Marie", "last_name": "Curie"}


def test_somebody_who_asks_for_himself_gives_no_organisation() -> None:
    assert identify("self") == ({"kind": "self"}, [])
    assert identify("self", "Marie Curie", "123") == ({"kind": "self"}, [])


@pytest.mark.parametrize(
    ("kind", "typed", "wanted"),
    [
        ("association", "w451234567", "W451234567"),
        ("association", "123 456 782 00010", "12345678200010"),
        ("company", "12345678200010", "12345678200010"),
        ("local_authority", "123 456 782 00010", "12345678200010"),
        ("school", "0951099d", "0951099D"),
    ],
)
def test_an_organisation_is_known_by_its_name_and_number(kind: str, typed: str, wanted: str) -> None:
    assert identify(kind, " Les  Amis ", typed) == ({"kind": kind, "name": "Les  Amis", "identifier": wanted}, [])


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        ("association", "0951099D"),
        ("company", "W451234567"),
        ("company", "123456782"),
        ("local_authority", None),
        ("school", "12345678200010"),
        ("school", ""),
        ("association", 12345678200010),
    ],
)
def test_another_number_is_refused_where_it_was_typed(kind: str, typed: object) -> None:
    cleaned, faults = identify(kind, "Les Amis", typed)
    assert [fault.pointer for fault in faults] == ["/on_behalf_of/identifier"]
    assert cleaned == {"kind": kind, "name": "Les Amis"}


def test_an_organisation_has_a_name() -> None:
    assert [fault.pointer for fault in identify("company", "", "12345678200010")[1]] == ["/on_behalf_of/name"]
    assert [fault.pointer for fault in identify("company", "http://x.test", "12345678200010")[1]] == [
        "/on_behalf_of/name"
    ]


def test_a_demarche_is_open_to_its_audience_only() -> None:
    assert [fault.pointer for fault in identify("particulier")[1]] == ["/on_behalf_of/kind"]
    [fault] = identify("self", audience=("association", "school"))[1]
    assert fault.detail == (
        "Choisissez une autre démarche, celle-ci est ouverte à une association, un établissement scolaire."
    )


def test_a_contact_is_a_name_and_an_electronic_address() -> None:
    assert check_contact(CONTACT) == (CONTACT, [])
    assert check_contact({**CONTACT, "postal_address": " 1 rue Haute\n45000 Orléans ", "phone": "inconnu"}) == (
        {**CONTACT, "postal_address": "1 rue Haute\n45000 Orléans"},
        [],
    )


def test_each_missing_part_of_a_contact_is_told() -> None:
    assert [fault.pointer for fault in check_contact({})[1]] == [
        "/contact/email",
        "/contact/first_name",
        "/contact/last_name",
    ]
    assert [fault.pointer for fault in check_contact(None)[1]] == ["/contact"]


@pytest.mark.parametrize(
    "name", ["Gagnez https://x.test", "www.gain", "gain.example", "<b>Marie</b>", "a@b", "x" * 101]
)
def test_a_name_carries_no_link_into_the_mails(name: str) -> None:
    assert [fault.pointer for fault in check_contact({**CONTACT, "first_name": name})[1]] == ["/contact/first_name"]


@pytest.mark.parametrize("name", ["J. R. R.", "N'Golo", "Jean-Loup", "Đặng", "Louis XIV", "Müller (née Petit)"])
def test_real_names_pass(name: str) -> None:
    assert check_contact({**CONTACT, "last_name": name})[1] == []
