"""The démarches shipped: publishable, answered by their own examples, written in careful French."""

import re

import pytest

from services.dossiers.aggregate.form import Definition, Field, check_answers, check_definition
from services.dossiers.catalogue import shipped

CATALOGUE = {definition.slug: definition for definition in shipped()}
every_demarche = pytest.mark.parametrize("definition", CATALOGUE.values(), ids=CATALOGUE.keys())


def examples(definition: Definition) -> dict[str, object]:
    return {field.name: field.example for field in definition.fields if not field.silent}


def everything(definition: Definition) -> list[Field]:
    return [one for field in definition.fields for one in (field, *(field.fields or ()))]


def test_five_demarches_of_four_services_are_shipped() -> None:
    assert {slug: definition.service for slug, definition in CATALOGUE.items()} == {
        "amelioration-habitat": "habitat",
        "bourse-departementale-collegien": "education",
        "soutien-etablissement-ou-commune": "education",
        "subvention-association": "vie-associative",
        "travaux-bord-de-route": "routes",
    }


def test_every_kind_of_applicant_finds_one() -> None:
    assert {kind for definition in CATALOGUE.values() for kind in definition.audience} == {
        "self",
        "association",
        "company",
        "local_authority",
        "school",
    }


@every_demarche
def test_it_can_be_published(definition: Definition) -> None:
    assert check_definition(definition) == []


@every_demarche
def test_its_examples_are_kept_as_they_are(definition: Definition) -> None:
    cleaned, faults = check_answers(definition, examples(definition))
    assert faults == []
    assert all(cleaned[name] == examples(definition)[name] for name in cleaned)


@every_demarche
def test_each_example_is_already_in_the_form_kept(definition: Definition) -> None:
    for field in everything(definition):
        if not field.silent:
            alone = definition.model_copy(update={"fields": (field.model_copy(update={"show_if": None}),)})
            assert check_answers(alone, {field.name: field.example}) == ({field.name: field.example}, [])


@every_demarche
def test_the_required_answers_are_enough(definition: Definition) -> None:
    required = {field.name: field.example for field in definition.fields if field.required}
    assert check_answers(definition, required)[1] == []


@every_demarche
def test_it_shows_and_asks_a_question_only_when_another_calls_for_it(definition: Definition) -> None:
    assert any(field.show_if and field.required for field in definition.fields)


@every_demarche
def test_silence_on_a_financial_request_is_a_refusal_after_two_months(definition: Definition) -> None:
    """L231-4, 3° CRPA."""
    assert (definition.legal.silence, definition.legal.delay_months) == ("rejet", 2)
    assert "tribunal administratif" in definition.legal.appeal


@every_demarche
def test_its_french_keeps_punctuation_with_its_word(definition: Definition) -> None:
    texts = [definition.title, definition.summary, definition.legal.appeal, *definition.legal.texts]
    texts += [text for field in everything(definition) for text in (field.label, field.help)]
    texts += [choice.label for field in everything(definition) for choice in field.choices or ()]
    assert [text for text in texts if re.search(r" [:;?!»%€]|« |’", text)] == []
