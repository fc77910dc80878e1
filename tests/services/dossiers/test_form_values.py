"""What each type of question accepts, how it keeps it, and the sentence it answers otherwise."""

from typing import Any

import pytest

from services.dossiers.aggregate.form import FieldType, check_answers
from tests.support.forms import form, question


def answer(kind: FieldType, value: object, **more: Any) -> tuple[object, list[str]]:
    cleaned, faults = check_answers(form(question(kind, **more)), {"reponse": value})
    assert all(fault.pointer == "/answers/reponse" for fault in faults)
    return cleaned.get("reponse"), [fault.detail for fault in faults]


def kept(kind: FieldType, value: object, **more: Any) -> object:
    found, faults = answer(kind, value, **more)
    assert faults == []
    return found


def refused(kind: FieldType, value: object, **more: Any) -> str:
    found, faults = answer(kind, value, **more)
    assert found is None
    assert len(faults) == 1
    return faults[0]


@pytest.mark.parametrize(
    ("kind", "typed", "wanted"),
    [
        ("text", "  Ine\u0300s \u200b", "In\u00e8s"),
        ("textarea", "Un\r\ndeux\u2028trois\n", "Un\ndeux\ntrois"),
        ("address", "12 rue des Tilleuls\n45000 Orléans", "12 rue des Tilleuls\n45000 Orléans"),
        ("integer", "1\u202f200", 1200),
        ("integer", 3.0, 3),
        ("integer", "-4", -4),
        ("decimal", "12,50", "12.5"),
        ("decimal", 0.1, "0.1"),
        ("decimal", "100", "100"),
        ("amount", "1 234,50", "1234.50"),
        ("amount", "1\u00a0234,5 €", "1234.50"),
        ("amount", 1500, "1500.00"),
        ("amount", 1234.5, "1234.50"),
        ("amount", "-0,00", "0.00"),
        ("amount", "007", "7.00"),
        ("date", "2028-02-29", "2028-02-29"),
        ("date", " 1/3/2027 ", "2027-03-01"),
        ("email", "Marie.Curie@EXAMPLE.org", "Marie.Curie@example.org"),
        ("email", "a@service.test", "a@service.test"),
        ("phone", "06 12 34 56 78", "+33612345678"),
        ("phone", "+33 (0)6.12.34.56.78", "+33612345678"),
        ("phone", "0692 12 34 56", "+262692123456"),
        ("phone", "06 39 98 12 34", "+33639981234"),
        ("phone", "+32 2 511 11 11", "+3225111111"),
        ("postal_code", "45 000", "45000"),
        ("postal_code", "20137", "20137"),
        ("postal_code", "97411", "97411"),
        ("choice", " sud ", "sud"),
        ("multiple_choice", ["est", "nord", "est"], ["nord", "est"]),
        ("yes_no", False, False),
        ("yes_no", "Oui", True),
        ("checkbox", "on", True),
        ("siret", "123 456 782 00010", "12345678200010"),
        ("siret", "356 000 000 00048", "35600000000048"),
        ("siret", "35600000049837", "35600000049837"),
        ("siren", "123.456.782", "123456782"),
        ("rna", "w 451 234 567", "W451234567"),
        ("rna", "W2A1001234", "W2A1001234"),
        ("uai", "0951099d", "0951099D"),
        ("uai", "0750654D", "0750654D"),
        ("uai", "0752524L", "0752524L"),
        ("uai", "0920131T", "0920131T"),
        ("iban", "FR14 2004 1010 0505 0001 3M02 606", "FR1420041010050500013M02606"),
    ],
)
def test_an_answer_is_kept_in_one_form(kind: FieldType, typed: object, wanted: object) -> None:
    found = kept(kind, typed)
    assert (type(found), found) == (type(wanted), wanted)


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        ("text", "deux\nlignes"),
        ("text", "nul\x00"),
        ("text", "\x07sonnette"),
        ("text", "demi-caractère \ud800"),
        ("text", "sens \u202einversé"),
        ("text", 12),
        ("textarea", {"a": 1}),
        ("integer", True),
        ("integer", "3,5"),
        ("integer", 3.5),
        ("integer", "١٢"),
        pytest.param("integer", 10**5000, id="integer-huge"),
        ("integer", float("nan")),
        ("integer", "12 €"),
        ("decimal", "1.234.567"),
        ("decimal", float("inf")),
        ("decimal", "1e3"),
        ("amount", "12.500"),
        ("amount", "1,234.50"),
        ("amount", "-1"),
        ("amount", 0.30000000000000004),
        ("amount", 1e300),
        ("amount", "9" * 40),
        ("amount", False),
        ("date", "2027-02-29"),
        ("date", "2026-13-01"),
        ("date", "24 novembre 2026"),
        ("date", "0026-01-01"),
        ("date", 20261124),
        ("email", "marie@"),
        ("email", "marie@localhost"),
        ("email", "Marie <marie@example.org>"),
        ("email", "mariée@example.org"),
        ("email", "a@example.org\nBcc: b@example.org"),
        ("phone", "12"),
        ("phone", "0800 FLEURS"),
        ("phone", 612345678),
        ("postal_code", "00000"),
        ("postal_code", "99123"),
        ("postal_code", "4500"),
        ("choice", "ouest"),
        ("choice", ["nord"]),
        ("multiple_choice", "nord"),
        ("multiple_choice", ["nord", "ouest"]),
        ("multiple_choice", [["nord"]]),
        ("multiple_choice", ["nord"] * 1000),
        ("yes_no", 1),
        ("yes_no", "peut-être"),
        ("checkbox", 0),
        ("siret", "12345678200011"),
        ("siret", "00000000000000"),
        ("siret", "123456782"),
        ("siret", "١٢٣٤٥٦٧٨٢٠٠٠١٠"),
        ("siren", "000000000"),
        ("siren", "123456789"),
        ("rna", "451234567"),
        ("rna", "W45123456"),
        ("uai", "0951099E"),
        ("uai", "0951099I"),
        ("uai", "0000000A"),
        ("iban", "FR1420041010050500013M02607"),
        ("iban", "FR14"),
        ("iban", "XX1420041010050500013M02606"),
        ("section", "réponse"),
        ("explanation", 1),
        ("group", "réponse"),
        ("group", {"prenom": "Inès"}),
    ],
)
def test_a_wrong_answer_is_a_sentence_that_says_what_to_do(kind: FieldType, typed: object) -> None:
    sentence = refused(kind, typed)
    assert sentence[0].isupper()
    assert sentence.endswith(".")


def test_the_sentence_names_the_bound_in_french() -> None:
    assert refused("amount", "10", min="1500.00") == "Indiquez au moins 1\u00a0500,00\u00a0€."
    assert refused("integer", 20000, max=10000) == "Indiquez au plus 10\u00a0000."
    assert refused("decimal", "0,1", min="0.5") == "Indiquez au moins 0,5."
    assert refused("date", "2025-12-31", min="2026-01-01") == "Indiquez une date à partir du 01/01/2026."
    assert refused("date", "2027-01-01", max="2026-12-31") == "Indiquez une date jusqu'au 31/12/2026."


def test_a_bound_is_allowed_itself() -> None:
    assert kept("amount", "1500", min="1500.00", max=1500) == "1500.00"
    assert kept("date", "2026-01-01", min="2026-01-01", max="2026-01-01") == "2026-01-01"


def test_a_negative_amount_needs_a_negative_minimum() -> None:
    assert kept("amount", "-12,5", min="-100") == "-12.50"


def test_a_text_has_at_most_255_characters_unless_said_otherwise() -> None:
    assert kept("text", "é" * 255) == "é" * 255
    assert "255" in refused("text", "é" * 256)
    assert "255" in refused("text", "e" * 90_000)
    assert kept("textarea", "e" * 5000)
    assert "5000" in refused("textarea", "e" * 5001)
    assert "10" in refused("text", "e" * 11, max_length=10)
    assert "au moins 20" in refused("textarea", "trop court", min_length=20)


def test_a_length_counts_composed_characters() -> None:
    assert kept("text", "e\u0301" * 10, max_length=10) == "é" * 10


def test_a_pattern_is_told_by_its_example() -> None:
    asked = {"pattern": r"[A-Z]{2}-\d{4}", "example": "AB-1234"}
    assert kept("text", "ZZ-0001", **asked) == "ZZ-0001"
    assert "AB-1234" in refused("text", "ZZ-00011", **asked)
    assert "AB-1234" in refused("text", "ZZ-١٢٣٤", **asked)
