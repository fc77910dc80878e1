"""What stops a démarche from being published."""

from typing import Any

import pytest
from pydantic import ValidationError

from services.dossiers.aggregate.form import Definition, Field, check_definition
from tests.support.forms import LEGAL, every_type, form, question


def test_a_complete_definition_can_be_published() -> None:
    assert check_definition(every_type(required=True)) == []


@pytest.mark.parametrize(
    "missing",
    [
        {"service_address": ""},
        {"service_phone": ""},
        {"service_phone": "12"},
        {"service_email": "sans arobase"},
        {"silence": None},
        {"delay_months": None},
        {"appeal": " "},
        {"texts": ()},
    ],
)
def test_an_incomplete_legal_block_is_not_published(missing: dict[str, Any]) -> None:
    definition = form(question("text"), legal=type(LEGAL)(**{**LEGAL.model_dump(), **missing}))
    assert len(check_definition(definition)) == 1


@pytest.mark.parametrize("missing", [{"title": ""}, {"summary": ""}, {"service_label": ""}, {"audience": ()}])
def test_an_unfinished_presentation_is_not_published(missing: dict[str, Any]) -> None:
    assert len(check_definition(form(question("text"), **missing))) == 1


def test_a_form_asks_something() -> None:
    assert check_definition(form(question("section"))) == ["Posez au moins une question."]


def test_a_name_serves_once_in_the_form_and_its_groups() -> None:
    group = question("group", "g", fields=(question("text", "a"),))
    assert check_definition(form(question("text", "a"), group)) == [
        "Renommez une des questions «\u00a0a\u00a0», ce nom sert deux fois."
    ]


@pytest.mark.parametrize(
    "field",
    [
        question("text", label=""),
        question("choice", choices=None),
        question("choice", choices=({"value": "a", "label": "A"}, {"value": "a", "label": "B"})),
        question("choice", choices=({"value": "a", "label": ""},)),
        question("text", choices=({"value": "a", "label": "A"},)),
        question("section", required=True),
        question("section", example="x"),
        question("text", min=1),
        question("integer", min=3, max=1, example=2),
        question("integer", min="beaucoup", example=2),
        question("date", min="2026-02-30", example="2026-01-01"),
        question("date", min="2027-01-01", max="2026-01-01", example="2026-06-01"),
        question("integer", max_length=3),
        question("text", max_length=5000),
        question("text", min_length=30, max_length=20, example="x"),
        question("text", min_items=1),
        question("group", min_items=3, max_items=2),
        question("group", fields=()),
        question("text", fields=(question("text", "b"),)),
        question("group", fields=(question("group", "b"),)),
        question("email", pattern="a", example="a@example.org"),
        question("text", pattern="a"),
        question("text", pattern="[a-z]+", example="ABC"),
        question("date", example="bientôt"),
        question("checkbox", example=False, required=True),
        question("choice", example="ouest"),
        question("group", example=[{"prenom": 1}]),
    ],
)
def test_a_question_that_cannot_be_answered_is_not_published(field: Field) -> None:
    faults = check_definition(form(field))
    assert faults
    assert all(fault.endswith(".") for fault in faults)


@pytest.mark.parametrize(
    "rule",
    [
        {"field": "inconnue", "equals": "x"},
        {"field": "apres", "equals": True},
        {"field": "lui", "equals": "x"},
        {"field": "zone"},
        {"field": "zone", "in": []},
        {"field": "zone", "equals": "nord", "in": ["sud"]},
        {"field": "zone", "equals": "ouest"},
        {"field": "zone", "equals": True},
        {"field": "zones", "in": ["nord", "ouest"]},
        {"field": "oui", "equals": "oui"},
        {"field": "courriel", "equals": "a@example.org"},
        {"field": "titre", "equals": "x"},
    ],
)
def test_a_condition_depends_on_a_possible_answer_to_an_earlier_question(rule: dict[str, Any]) -> None:
    definition = form(
        question("choice", "zone"),
        question("multiple_choice", "zones"),
        question("yes_no", "oui"),
        question("email", "courriel"),
        question("section", "titre"),
        question("text", "lui", show_if=rule),
        question("yes_no", "apres"),
    )
    assert len(check_definition(definition)) == 1


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+",
        "(a|a)*b",
        "a*a*a*",
        "(?=a)b",
        r"(a)\1",
        "(?i)a",
        "[[a]",
        "[a/b]",
        "[a",
        "(?:ab){2,}",
        "a{2,3}b{1,9}c{1,9}",
        "a?" * 20,
        "x" * 200,
    ],
)
def test_an_expression_that_could_search_for_hours_is_not_published(pattern: str) -> None:
    assert check_definition(form(question("text", pattern=pattern, example="a")))


@pytest.mark.parametrize(
    ("pattern", "example"),
    [
        (r"[A-Z]{2}-\d{3}-[A-Z]{2}", "AB-123-CD"),
        (r"\d{2} ?\d{3}", "45 000"),
        (r"(?:MPR|MPA)-\d+", "MPR-12"),
        (r"\(.*\)", "(x)"),
        (r"[A-Z\/\[]{3}", "A/["),
    ],
)
def test_a_plain_expression_is_published(pattern: str, example: str) -> None:
    assert check_definition(form(question("text", pattern=pattern, example=example))) == []


def test_an_example_is_proposed_where_the_author_gave_none() -> None:
    given = form(question("amount", min="50.00"), question("text", "code", pattern=r"\d"), question("date", "jour"))
    assert [field.example for field in given.fields] == ["50.00", None, "2026-01-15"]


def test_a_definition_survives_json() -> None:
    definition = every_type()
    assert Definition.model_validate(definition.model_dump(mode="json", exclude_none=True)) == definition
    assert Definition.model_validate_json(definition.model_dump_json()) == definition
    assert definition.model_dump(mode="json", exclude_none=True)["fields"][-2]["show_if"] == {
        "field": "multiple_choice",
        "in": ["nord", "sud"],
    }


@pytest.mark.parametrize(
    "wrong", [{"slug": "Pas Bon"}, {"audience": ["martien"]}, {"inconnu": 1}, {"version": 0}, {"title": "nul\x00"}]
)
def test_a_definition_of_another_shape_does_not_exist(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Definition.model_validate({**form(question("text")).model_dump(), **wrong})
