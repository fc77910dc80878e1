"""A whole form: what is missing, what is hidden, what nobody asked."""

from services.dossiers.aggregate.form import FieldFault, check_answers
from tests.support.forms import every_type, form, question

PEOPLE = question(
    "group",
    "enfants",
    required=True,
    max_items=2,
    fields=(
        question("text", "prenom", required=True),
        question("yes_no", "scolarise"),
        question("uai", "ecole", required=True, show_if={"field": "scolarise", "equals": True}),
    ),
)


def pointers(checked: tuple[dict[str, object], list[FieldFault]]) -> list[str]:
    return [fault.pointer for fault in checked[1]]


def test_a_silence_is_left_out_when_the_answer_is_optional() -> None:
    silences: list[object] = [None, "", "   ", "\u200b", [], {}]
    for silence in silences:
        assert check_answers(form(question("text")), {"reponse": silence}) == ({}, [])


def test_a_missing_required_answer_names_its_question() -> None:
    for value in ({}, {"reponse": " "}, {"reponse": None}):
        _, faults = check_answers(form(question("text", required=True)), value)
        assert [(fault.pointer, fault.detail) for fault in faults] == [
            ("/answers/reponse", "Renseignez «\u00a0Question reponse\u00a0», cette réponse est obligatoire.")
        ]


def test_a_draft_may_lack_required_answers_yet_not_hold_wrong_ones() -> None:
    definition = form(question("text", "a", required=True), question("checkbox", "b", required=True), PEOPLE)
    assert check_answers(definition, {"b": False}, complete=False) == ({"b": False}, [])
    assert pointers(check_answers(definition, {"a": 12}, complete=False)) == ["/answers/a"]


def test_a_required_consent_must_be_given() -> None:
    definition = form(question("checkbox", required=True))
    assert check_answers(definition, {"reponse": True}) == ({"reponse": True}, [])
    assert pointers(check_answers(definition, {"reponse": False})) == ["/answers/reponse"]
    assert check_answers(form(question("checkbox")), {"reponse": False}) == ({"reponse": False}, [])


def test_an_answer_that_nobody_asked_is_a_fault_of_its_own() -> None:
    assert pointers(check_answers(form(question("text")), {"autre": 1, "a/b~c": 2, "x\ud800": 3})) == [
        "/answers/autre",
        "/answers/a~1b~0c",
        "/answers/x?",
    ]


def test_endless_unknown_names_are_not_all_told() -> None:
    _, faults = check_answers(form(question("text")), {f"inconnu{n}": n for n in range(1000)})
    assert len(faults) == 20


def test_a_hidden_question_ignores_what_it_is_answered() -> None:
    definition = form(
        question("yes_no", "a"),
        question("text", "b", required=True, show_if={"field": "a", "equals": True}),
        question("text", "c", required=True, show_if={"field": "b", "equals": "suite"}),
    )
    assert check_answers(definition, {"a": False, "b": {"n'importe": "quoi"}, "c": 12}) == ({"a": False}, [])
    assert check_answers(definition, {"b": "suite", "c": "x"}) == ({}, [])
    assert pointers(check_answers(definition, {"a": "oui"})) == ["/answers/b"]
    assert pointers(check_answers(definition, {"a": True, "b": "suite"})) == ["/answers/c"]


def test_a_condition_looks_into_a_multiple_choice() -> None:
    definition = form(
        question("multiple_choice", "zones"),
        question("text", "b", required=True, show_if={"field": "zones", "in": ["sud", "est"]}),
    )
    assert check_answers(definition, {"zones": ["nord"]}) == ({"zones": ["nord"]}, [])
    assert pointers(check_answers(definition, {"zones": ["nord", "est"]})) == ["/answers/b"]


def test_a_condition_does_not_take_true_for_one() -> None:
    definition = form(question("integer", "n"), question("text", "b", show_if={"field": "n", "equals": True}))
    assert check_answers(definition, {"n": 1, "b": "vu"}) == ({"n": 1}, [])


def test_each_block_of_a_group_is_checked_where_it_stands() -> None:
    blocks = [{"prenom": "Inès", "scolarise": True}, {"prenom": " ", "age": 3}]
    assert sorted(pointers(check_answers(form(PEOPLE), {"enfants": blocks}))) == [
        "/answers/enfants/0/ecole",
        "/answers/enfants/1/age",
        "/answers/enfants/1/prenom",
    ]


def test_an_empty_block_is_forgotten() -> None:
    cleaned, faults = check_answers(
        form(PEOPLE), {"enfants": [{}, {"prenom": "", "ecole": None}, {"prenom": "Inès"}][1:]}
    )
    assert (cleaned, faults) == ({"enfants": [{"prenom": "Inès"}]}, [])


def test_a_group_has_as_many_blocks_as_it_asks() -> None:
    too_few: list[object] = [None, [], [{}]]
    for blocks in too_few:
        assert pointers(check_answers(form(PEOPLE), {"enfants": blocks})) == ["/answers/enfants"]
    three = [{"prenom": name} for name in ("Inès", "Léo", "Zoé")]
    assert check_answers(form(PEOPLE), {"enfants": three})[1][0].detail == (
        "Retirez des lignes de «\u00a0Question enfants\u00a0», il en faut 2 au plus."
    )
    assert pointers(check_answers(form(PEOPLE), {"enfants": [[]]})) == ["/answers/enfants/0"]


def test_a_question_of_a_group_may_depend_on_the_form_around_it() -> None:
    inner = question("text", "detail", required=True, show_if={"field": "a", "equals": True})
    definition = form(question("yes_no", "a"), question("group", "g", fields=(question("text", "nom"), inner)))
    assert check_answers(definition, {"g": [{"nom": "x"}]})[1] == []
    assert pointers(check_answers(definition, {"a": True, "g": [{"nom": "x"}]})) == ["/answers/g/0/detail"]


def test_answers_weigh_at_most_100_kilobytes() -> None:
    definition = form(*[question("textarea", f"t{n}", max_length=20_000) for n in range(6)])
    assert check_answers(definition, {f"t{n}": "x" * 16_000 for n in range(6)})[1] == []
    assert pointers(check_answers(definition, {f"t{n}": "é" * 9_000 for n in range(6)})) == ["/answers"]


def test_hostile_shapes_are_faults() -> None:
    deep: list[object] = []
    for _ in range(50_000):
        deep = [deep]
    definition = every_type()
    shapes: list[object] = [None, [], "texte", 3, deep, {"text": deep}, {"integer": 10**100_000}, {"group": [deep]}]
    for shape in shapes:
        cleaned, faults = check_answers(definition, shape)
        assert cleaned == {}
        assert faults


def test_every_example_passes_unchanged() -> None:
    definition = every_type(required=True)
    examples = {field.name: field.example for field in definition.fields if not field.silent}
    cleaned, faults = check_answers(definition, examples)
    assert faults == []
    assert cleaned == {name: example for name, example in examples.items() if name != "si_montant"}
