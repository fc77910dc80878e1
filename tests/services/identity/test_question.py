"""The security question: any of its sums is read back, and answered in digits or in words."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identity.adapters.questions import draw
from services.identity.aggregate.numbers import LARGEST, in_words, read_number
from services.identity.aggregate.question import OPERATIONS, Number, Operation, Question, read_answer
from tests.support.people import solve

UNITS = [in_words(number) for number in range(20)]
TENS = {20: "vingt", 30: "trente", 40: "quarante", 50: "cinquante", 60: "soixante"}


def spelt(number: int) -> str:
    """A number as the Académie writes it, worked out another way than the code under test."""
    if number >= 100:
        head = "cent" if number < 200 else f"{UNITS[number // 100]} cent"
        return head + (f" {spelt(number % 100)}" if number % 100 else "s" if number >= 200 else "")
    if number < 20:
        return UNITS[number]
    if number < 70:
        tens, unit = TENS[number // 10 * 10], number % 10
        return tens if not unit else f"{tens} et un" if unit == 1 else f"{tens}-{UNITS[unit]}"
    if number < 80:
        return "soixante et onze" if number == 71 else f"soixante-{UNITS[number - 60]}"
    return "quatre-vingts" if number == 80 else f"quatre-vingt-{UNITS[number - 80]}"


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_sum_is_read_back_from_its_sentence_and_answered_both_ways(operation: Operation) -> None:
    for first, second in itertools.product(range(21), repeat=2):
        if operation == "moins" and first < second:
            continue
        for spelling in itertools.product((True, False), repeat=2):
            question = Question(Number(first, spelling[0]), operation, Number(second, spelling[1]))
            assert solve(question.text) == question.answer
            assert read_answer(str(question.answer)) == question.answer
            assert read_answer(spelt(question.answer)) == question.answer


def test_a_subtraction_never_goes_below_zero() -> None:
    with pytest.raises(ValueError, match="below 0"):
        Question(Number(3, True), "moins", Number(4, True))
    assert all(draw().answer >= 0 for _ in range(2000))


def test_the_sentence_holds_two_number_words_and_no_other() -> None:
    for _ in range(500):
        question = draw()
        words = question.text.removesuffix(" ?").split(" ")
        numbers = [word for word in words if read_number(word) is not None]
        assert numbers == [str(question.first), str(question.second)]


@given(st.integers(0, LARGEST), st.sampled_from(["{}", " {} ", "{}.", "{} !", "\t{}\n"]))
def test_a_number_is_read_in_any_dress(number: int, dress: str) -> None:
    words = spelt(number)
    for text in (words, words.upper(), words.replace("-", " "), words.replace(" ", "-"), words.replace(" et ", " ")):
        assert read_number(dress.format(text)) == number
    assert read_number(dress.format(number)) == number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("zero", 0),
        ("une", 1),
        ("vingt-et-un", 21),
        ("vingt et une", 21),
        ("VINGT ET UN", 21),
        ("soixante-et-onze", 71),
        ("septante-deux", 72),
        ("quatre vingt", 80),
        ("quatre‑vingts", 80),
        ("huitante", 80),
        ("quatre-vingt-onze", 91),
        ("nonante neuf", 99),
        ("deux cent", 200),
        ("trois cents quarante-deux", 342),
        ("trois-cent-soixante-et-un", 361),
        ("007", 7),
        ("４２", 42),
    ],
)
def test_spellings_people_use_are_read(text: str, number: int) -> None:
    assert read_number(text) == number


@pytest.mark.parametrize(
    "given", ["", " ", "douze et demi", "beaucoup", "vingtvingt", "-", "1e2", "9" * 500, None, 1.5, True, []]
)
def test_what_is_no_number_is_no_answer(given: object) -> None:
    assert read_answer(given) is None


@given(st.text(max_size=60))
def test_no_text_breaks_the_reading(text: str) -> None:
    number = read_number(text)
    assert number is None or number >= 0
