"""French typography, and values said as people say them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest

from services.notifier.adapters import french
from services.notifier.adapters.templates import FOLDER
from services.notifier.adapters.typesetting import typeset

SOURCES = sorted(path for path in FOLDER.rglob("*") if path.is_file())


def test_spaces_before_high_punctuation_and_inside_quotation_marks_do_not_break() -> None:
    assert typeset("Bonjour ! « Ça va ? » : oui ; merci") == ("Bonjour\xa0! «\xa0Ça va\xa0?\xa0»\xa0: oui\xa0; merci")
    assert typeset("5 Mo") == "5\xa0Mo"


def test_apostrophes_between_letters_are_typographic() -> None:
    assert typeset("l'onglet, {{ x | default('y') }}, font-family:'Segoe UI'") == (
        "l’onglet, {{ x | default('y') }}, font-family:'Segoe UI'"
    )


def test_css_and_jinja_are_left_alone() -> None:
    source = '{% if a != b %}<p style="color: red !important; margin: 0">http://x.fr/</p>{% endif %}'
    assert typeset(source) == source


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_template_leaves_a_breaking_space_before_high_punctuation(path: object) -> None:
    assert not re.search(r"[ \n][:;?!»](?=[\s<])|«\s(?<!\xa0)", typeset(path.read_text()))  # type: ignore[attr-defined]


def test_instants_are_said_in_paris_time() -> None:
    assert french.instant(datetime(2026, 7, 31, 22, 5, tzinfo=UTC)) == "1er\xa0août 2026 à 0\xa0h\xa005"
    assert french.instant(datetime(2026, 11, 24, 13, 5, tzinfo=UTC)) == "24\xa0novembre 2026 à 14\xa0h\xa005"
    assert french.day("2027-02-01") == french.day(date(2027, 2, 1)) == "1er\xa0février 2027"
    assert french.day(datetime(2026, 12, 31, 23, 30, tzinfo=UTC)) == "1er\xa0janvier 2027"


def test_what_somebody_typed_keeps_its_lines_and_loses_what_cannot_be_seen() -> None:
    assert french.tidy(" a\r\nb\u2028c\x00\x1b\u202e \n") == "a\nb\nc"
    assert french.one_line("Bcc: x\r\nBcc: y\u2029z") == "Bcc: x Bcc: y z"
    assert french.quoted("a\r\n\r\nb") == "    a\n\n    b"
    assert french.lines("<b>\n&") == "&lt;b&gt;<br>\n&amp;"


@pytest.mark.parametrize(
    ("first", "last", "greeted"),
    [
        ("Ada", "Martin", "Ada Martin"),
        ("Jean-Baptiste", "d’Artagnan", "Jean-Baptiste d’Artagnan"),
        ("J.-P.", "O'Neill", "J.-P. O'Neill"),
        ("Zoë", "Ñúñez", "Zoë Ñúñez"),
        ("Gagnez sur evil.example", "", ""),
        ("http://evil.example", "Martin", ""),
        ("{{7*7}}", "<script>", ""),
        ("Ada", "x" * 80, ""),
        ("Appelez le 0123456789", "", ""),
    ],
)
def test_only_what_looks_like_a_name_is_greeted(first: str, last: str, greeted: str) -> None:
    assert french.person(first, last) == greeted
