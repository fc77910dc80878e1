"""Whatever JSON arrives: an answer or faults, never an exception; what is kept would be kept again."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from services.dossiers.aggregate.form import Definition, check_answers, check_contact, check_definition, identify
from tests.support.forms import every_type, form

FORM = every_type()
REQUIRED = every_type(required=True)
EXAMPLES = {field.name: field.example for field in FORM.fields if not field.silent}

# Surrogates and control characters included: JSON can spell them.
TEXT = st.text(st.characters(), max_size=30) | st.from_regex(r"[0-9 +.,/W€()-]{1,20}", fullmatch=True)
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT | st.sampled_from(["oui", "nord", "plus", "[", "W"])
)
KNOWN = st.sampled_from([field.name for field in FORM.fields] + ["prenom"])
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KNOWN | TEXT, inner, max_size=4),
    max_leaves=12,
)
# Near misses: answers that pass, some of them replaced.
ANSWERS = st.builds(lambda changes: {**EXAMPLES, **changes}, st.dictionaries(KNOWN, JSON, max_size=6))


@given(JSON | ANSWERS | st.dictionaries(KNOWN, JSON))
@settings(max_examples=400, deadline=None)
def test_any_json_gives_answers_or_faults_that_can_be_sent(answers: object) -> None:
    for definition in (FORM, REQUIRED):
        cleaned, faults = check_answers(definition, answers)
        json.dumps(cleaned, ensure_ascii=False, allow_nan=False).encode()
        for fault in faults:
            assert fault.pointer.startswith("/answers")
            assert f"{fault.pointer} {fault.detail}".encode()


@given(ANSWERS)
@settings(max_examples=400, deadline=None)
def test_kept_answers_pass_again_unchanged(answers: dict[str, object]) -> None:
    cleaned, faults = check_answers(FORM, answers)
    again, more = check_answers(FORM, cleaned)
    assert again == cleaned
    if not faults:
        assert more == []


@given(JSON, JSON, JSON)
@settings(max_examples=300, deadline=None)
def test_any_applicant_is_kept_or_faulty(kind: object, name: object, identifier: object) -> None:
    for one in (kind, "association", "company", "local_authority", "school"):
        cleaned, faults = identify(one, name, identifier)
        if not faults:
            assert identify(cleaned["kind"], cleaned.get("name"), cleaned.get("identifier")) == (cleaned, [])


@given(JSON | st.fixed_dictionaries({"email": JSON, "first_name": TEXT, "last_name": TEXT, "postal_address": JSON}))
@settings(max_examples=300, deadline=None)
def test_any_contact_is_kept_or_faulty(contact: object) -> None:
    cleaned, faults = check_contact(contact)
    if not faults:
        assert check_contact(cleaned) == (cleaned, [])


@given(st.sampled_from([field for field in FORM.fields if not field.silent]), JSON)
@settings(max_examples=300, deadline=None)
def test_a_definition_is_published_only_if_its_example_would_be_filed(field: object, example: object) -> None:
    [alone] = form(field.model_copy(update={"show_if": None})).fields  # type: ignore[attr-defined]
    definition: Definition = form(alone.model_copy(update={"example": example}))
    faults = check_definition(definition)
    passes = check_answers(definition, {alone.name: definition.fields[0].example})
    assert bool(faults) == bool(passes[1] or not passes[0])
