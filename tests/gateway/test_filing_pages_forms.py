"""What a form says and what the API takes are the same thing, for every type of question."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.pages.filing.paper import Paper, without
from gateway.pages.filing.questions import Question, questions_of
from gateway.pages.filing.typed import fill_of, parts_of, read
from gateway.pages.forms import Form
from gateway.pages.said import said
from tests.support.filing import ANSWERS, DEMARCHE, WHO, draft


def paper(**answers: Any) -> Paper:
    known = {name: value for name, value in {**ANSWERS, **answers}.items() if value is not None}
    return Paper(DEMARCHE, fill_of(DEMARCHE, draft(answers=known)))


def posted(paper: Paper, **changes: str) -> Form:
    pairs = [(name, value) for name, values in paper.fill.items() for value in values if name not in changes]
    return Form([*pairs, *changes.items()])


def shown(paper: Paper, number: int) -> dict[str, Question]:
    step = paper.step(number)
    assert step is not None
    return {one.key: one for one in paper.questions(step)}


def test_a_draft_shown_in_a_form_and_sent_back_says_the_same() -> None:
    again = read(DEMARCHE, posted(paper()))
    assert again == paper().fill
    whole = parts_of(DEMARCHE, again)
    assert whole["on_behalf_of"] == WHO
    assert whole["answers"] == ANSWERS | {
        "decimale": "12,5",
        "montant": "12500,50",
        "jour": "1/3/2027",
        "entier": "1200",
        "tel": "06 12 34 56 78",
        "iban": "FR14 2004 1010 0505 0001 3M02 606",
        "lignes": [
            {"qui": "Commune", "combien": "12,50", "verse": True, "preuve": "X1", "certain": True},
            {"qui": "État", "combien": "0,00", "verse": False, "certain": False},
        ],
    }


def test_what_cannot_be_understood_is_kept_as_it_was_typed() -> None:
    form = posted(paper(), **{"r-montant": " douze ", "r-jour-mois": "13", "r-jour-annee": "27"})
    again = Paper(DEMARCHE, read(DEMARCHE, form))
    assert again.whole()["answers"]["montant"] == " douze "
    assert again.whole()["answers"]["jour"] == "1/13/27"
    numbers = shown(again, 4)
    assert (numbers["montant"].values, numbers["jour"].values) == ([" douze "], ["1", "13", "27"])


def test_silence_is_null_and_a_box_that_is_not_ticked_is_no() -> None:
    step = Paper(DEMARCHE, {}).step(5)
    assert step is not None
    changes = Paper(DEMARCHE, {"r-lignes-n": ["2"], "r-domaine": [""], "r-aide": [""]}).changes(step)
    assert changes["answers"]["domaine"] is changes["answers"]["aide"] is changes["answers"]["publics"] is None
    assert changes["answers"]["lignes"] == [{}, {}]  # an empty row says nothing, its box neither
    last = Paper(DEMARCHE, {}).all_steps[-2]
    assert Paper(DEMARCHE, {}).changes(last) == {"answers": {"atteste": False}}


def test_whoever_files_for_himself_names_no_organisation() -> None:
    fill = {"kind": ["self"], "name": ["Fanfare"], "identifier": ["W451234567"]}
    assert parts_of(DEMARCHE, fill)["on_behalf_of"] == {"kind": "self"}


def test_a_form_cannot_say_what_it_does_not_ask() -> None:
    form = Form([("r-inconnu", "x"), ("owner", "y"), ("r-lignes-n", "999999"), ("r-lignes-0-qui", "z"), ("cle", "k")])
    fill = read(DEMARCHE, form)
    assert set(fill) == {"r-lignes-n"}
    assert parts_of(DEMARCHE, fill)["answers"] == {"atteste": False}
    many = read(DEMARCHE, Form([("r-lignes-n", "9999")]))
    assert len(parts_of(DEMARCHE, many)["answers"]["lignes"]) == 100


def test_there_is_a_step_a_section_and_one_for_what_comes_before_the_first() -> None:
    titles = [step.title for step in paper().all_steps]
    assert titles[:4] == ["Vous déposez pour", "Vos coordonnées", "Votre demande", "Nombres et dates"]
    assert titles[-1] == "Vérifiez avant d'envoyer"


def test_a_step_whose_questions_are_all_hidden_is_passed_over() -> None:
    other, sport = paper(), paper(domaine="sport")
    choice = other.step(5)
    assert choice is not None
    assert (len(other.steps), len(sport.steps)) == (9, 8)
    assert sport.step(7) is None
    contacts = sport.step(6)
    assert contacts is not None
    assert (sport.after(contacts).title, other.after(contacts).title) == ("Pour finir", "Pour l'autre domaine")
    assert sport.progress(sport.review) == "Étape 8 sur 8"


def test_a_question_that_another_one_on_the_page_decides_is_optional_and_says_when() -> None:
    undecided = shown(paper(domaine=None), 5)["domaine_autre"]
    assert not undecided.required
    assert undecided.must
    assert "«\N{NO-BREAK SPACE}Autre domaine\N{NO-BREAK SPACE}»" in undecided.condition
    assert (undecided.source, undecided.wanted) == ("domaine", '["autre"]')
    assert shown(paper(), 5)["domaine_autre"].required


def test_a_question_that_an_earlier_step_decides_is_there_or_not() -> None:
    precise = shown(paper(), 7)["precisions"]
    assert (precise.required, precise.condition) == (True, "")


def test_conditions_inside_a_row_are_its_own() -> None:
    first, second = shown(paper(), 5)["lignes"].rows
    assert [cell.required for cell in (first[3], second[3])] == [True, False]
    assert (first[3].source, second[3].wanted) == ("verse", '["oui"]')


@pytest.mark.parametrize(
    ("name", "control", "input"),
    [
        ("objet", "line", ("text", "", "on")),
        ("entier", "line", ("text", "numeric", "on")),
        ("montant", "line", ("text", "decimal", "on")),
        ("jour", "date", None),
        ("domaine", "radios", None),
        ("libre", "select", None),
        ("publics", "boxes", None),
        ("peutetre", "radios", None),
        ("lignes", "rows", None),
        ("courriel", "line", ("email", "email", "email")),
        ("tel", "line", ("tel", "tel", "tel")),
        ("adresse", "area", ("", "", "street-address")),
        ("cp", "line", ("text", "numeric", "postal-code")),
        ("siret", "line", ("text", "numeric", "on")),
        ("iban", "line", ("text", "", "on")),
        ("precisions", "area", ("", "", "on")),
        ("atteste", "box", None),
        ("info", "explanation", None),
    ],
)
def test_each_type_has_its_control_and_its_keyboard(
    name: str, control: str, input: tuple[str, str, str] | None
) -> None:
    everything = {one.key: one for one in questions_of(DEMARCHE, DEMARCHE["fields"], paper().fill)}
    assert everything[name].control == control
    assert input is None or everything[name].input == input


@pytest.mark.parametrize(
    ("number", "name", "hint"),
    [
        (3, "objet", "Entre 3 et 80 caractères.\nExemple : Un concert"),
        (4, "entier", "Entre 1 et 1 000 000.\nExemple : 1200"),
        (4, "decimale", "Au moins 0,5.\nExemple : 12,5"),
        (4, "montant", "En euros. Entre 100 € et 5 000 000 €."),
        (4, "jour", "À partir du 1er janvier 2026.\nExemple : 01 03 2027"),
        (5, "lignes", "Entre 1 et 3 lignes."),
        (7, "precisions", "5000 caractères au plus."),
    ],
)
def test_limits_and_examples_are_told_before(number: int, name: str, hint: str) -> None:
    assert shown(paper(), number)[name].hint.replace("\N{NO-BREAK SPACE}", " ") == hint


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("montant", "12500.50", "12 500,50 €"),
        ("montant", "100.00", "100 €"),
        ("montant", "douze", "douze"),
        ("entier", "1 200", "1200"),
        ("jour", "2027-03-01", "1er mars 2027"),
        ("jour", "1/13/2027", "1/13/2027"),
        ("domaine", "autre", "Autre domaine"),
        ("publics", ["sport", "autre"], "Sport\nAutre domaine"),
        ("aide", False, "Non"),
        ("tel", "+33612345678", "06 12 34 56 78"),
        ("objet", None, "Non renseigné"),
    ],
)
def test_the_review_says_answers_as_people_do(name: str, value: Any, words: str) -> None:
    field = next(one for one in DEMARCHE["fields"] if one["name"] == name)
    assert said(field, value).replace("\N{NO-BREAK SPACE}", " ") == words


def test_the_review_leaves_out_what_does_not_count() -> None:
    lines = [line.label for _, step in paper(domaine="sport", aide=False).lines(()) for line in step]
    assert not {"Quel autre ?", "Financements (1)", "Précisions"} & set(lines)
    assert {"Financements (1)", "Financements (2)"} <= {line.label for _, step in paper().lines(()) for line in step}


def test_faults_stand_at_their_answers_and_lead_to_their_step() -> None:
    faults = [
        {"pointer": "/answers/lignes/1/qui", "detail": "Renseignez."},
        {"pointer": "/contact/email", "detail": "E."},
    ]
    found = {line.label: line.faults for _, step in paper().lines(faults) for line in step if line.faults}
    assert found == {"Financements (2)": ["Renseignez."], "Adresse électronique": ["E."]}
    group = [{"pointer": "/answers/lignes", "detail": "Ajoutez une ligne."}]
    assert [line.label for _, step in paper().lines(group) for line in step if line.faults] == ["Financements (1)"]
    first = paper().first_faulty(faults)
    assert first is not None
    assert first.number == 2
    choice = paper().step(5)
    assert choice is not None
    assert [one.field for one in paper().mistakes(faults, choice)] == ["r-lignes-1-qui"]


def test_rows_come_and_go_with_what_they_hold() -> None:
    added = paper().rows_changed("ajouter:lignes")
    assert len(shown(added, 5)["lignes"].rows) == 3
    assert len(shown(added.rows_changed("ajouter:lignes"), 5)["lignes"].rows) == 3  # no more than it takes
    rest = paper().rows_changed("retirer:lignes:0")
    assert [row[0].values for row in shown(rest, 5)["lignes"].rows] == [["État"]]
    for nonsense in ("retirer:lignes:x", "ajouter:objet", "ajouter:", "retirer"):
        assert paper().rows_changed(nonsense).whole()["answers"]["lignes"][:2] == paper().whole()["answers"]["lignes"]


def test_what_is_wrong_with_one_answer_does_not_lose_the_others() -> None:
    changes: dict[str, dict[str, Any]] = {"answers": {"a": 1, "g": [{"b": 2}]}, "contact": {"email": "x"}}
    rest = without(changes, ["/answers/g/0/b", "/contact/email"])
    assert rest == {"answers": {"a": 1}, "contact": {}}


def test_two_sayings_of_one_answer_do_not_differ() -> None:
    typed = Paper(DEMARCHE, paper().fill | {"r-montant": ["12 500,5"], "r-entier": ["1 200"], "r-objet": ["Bal"]})
    numbers, object = typed.step(4), typed.step(3)
    assert numbers is not None
    assert object is not None
    assert typed.differing(paper(), numbers) == []
    assert [line.said for line in typed.differing(paper(), object)] == ["Concert"]
