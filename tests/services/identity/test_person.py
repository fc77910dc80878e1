"""What a person may be called, and where he can be reached."""

from __future__ import annotations

import pytest

from services.identity.aggregate.person import Unfit, read_email, read_name, read_person, read_phone, same_address


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Ada.Martin@Example.ORG", "Ada.Martin@example.org"),
        (" ada+guichet@example.org ", "ada+guichet@example.org"),
        ("o'neill@example.org", "o'neill@example.org"),
        ("ada@exämple.org", "ada@xn--exmple-cua.org"),
        ("ada@mairie.test", "ada@mairie.test"),
    ],
)
def test_an_address_is_kept_as_mail_carries_it(typed: str, kept: str) -> None:
    assert read_email(typed) == kept
    assert same_address(typed.upper()) == same_address(kept)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "ada",
        "ada@",
        "ada@localhost",
        "ada@[127.0.0.1]",
        "adé@example.org",
        '"ada martin"@example.org',
        "ada@example.org\nBcc: b@example.org",
        "ada\x00@example.org",
        "a@b@example.org",
        f"{'a' * 65}@example.org",
        f"ada@{'a' * 250}.org",
        "x" * 100_000,
    ],
)
def test_what_is_no_address_is_refused_in_french(typed: str) -> None:
    with pytest.raises(Unfit, match="adresse électronique"):
        read_email(typed)
    assert isinstance(same_address(typed), str)


@pytest.mark.parametrize(
    "name", ["Ada", "Marie-Chloé", "N'Guyen", "de La Tour", "Éloïse", "Ng", "李", "St. Jean", "Zoë "]
)
def test_people_are_called_what_they_are_called(name: str) -> None:
    assert read_name(name) == name.strip()


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "-",
        "https://example.org",
        "www.exemple.fr",
        "gagnez sur exemple.com",
        "Ada <b>",
        "a@b",
        "A\x00da",
        "A\nda",
        "\u202eadA",
        "A" * 101,
    ],
)
def test_a_name_carries_no_link_and_no_trick(name: str) -> None:
    with pytest.raises(Unfit):
        read_name(name)


@pytest.mark.parametrize("phone", ["", "02 38 25 45 45", "+33 2 38 25 45 45", "0238254545", "02.38.25.45.45"])
def test_telephones_are_kept_as_typed(phone: str) -> None:
    assert read_phone(phone) == phone


@pytest.mark.parametrize("phone", ["12", "appelez-moi", "0" * 31, "02 38\n25"])
def test_what_nobody_can_dial_is_refused(phone: str) -> None:
    with pytest.raises(Unfit):
        read_phone(phone)


def test_every_fault_is_told_at_once_with_its_field() -> None:
    kept, faults = read_person({"email": "ada", "first_name": "", "last_name": "Martin"})
    assert kept == {"last_name": "Martin"}
    assert [fault.pointer for fault in faults] == ["/email", "/first_name"]
