"""Every sentence of the FAQ has its page and its proof, and the help page answers every question in its own words."""

from __future__ import annotations

import ast
import html
import re
from pathlib import Path

import pytest

from gateway.routes import Who
from gateway.table import ROUTES
from tests.architecture.source import ROOT

FAQ = (ROOT / "tests/data/faq.txt").read_text()
COVERAGE = (ROOT / "docs/faq-coverage.md").read_text()
HELP = ROOT / "gateway/pages/templates/public/help.html"
ENTRY = re.compile(r"^(\d+)\. « (.*) »\n   (.*)\n((?:   `.*\n?)+)", re.MULTILINE)
PROOF = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def sentences() -> list[str]:
    """The FAQ, sentence by sentence, without its bullets."""
    lines = (line.strip().lstrip("•").strip() for line in FAQ.splitlines())
    parts = (part for line in lines for part in re.split(r"(?<=\.)\s+(?=[A-ZÀÉ])", line))
    return [part for part in parts if part]


def questions() -> list[str]:
    """The lines that are bulleted at the outer level."""
    return [line[4:].strip() for line in FAQ.splitlines() if line.startswith("  • ")]


def plain(text: str) -> str:
    """One kind of space and of apostrophe."""
    return " ".join(html.unescape(text).replace("’", "'").split())


def functions(path: Path) -> set[str]:
    body = ast.parse(path.read_text()).body
    return {node.name for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_sentence_has_its_page_and_its_proof_in_order() -> None:
    entries = ENTRY.findall(COVERAGE)
    assert [said for _, said, _, _ in entries] == sentences()
    assert [int(number) for number, _, _, _ in entries] == list(range(1, len(entries) + 1))
    assert [said for _, said, where, proofs in entries if not where.strip() or not PROOF.search(proofs)] == []


def test_every_proof_exists() -> None:
    named = {(path, test) for path, test in PROOF.findall(COVERAGE)}
    assert len(named) > 30
    missing = []
    for path, test in sorted(named):
        if not (ROOT / path).exists() or test not in functions(ROOT / path):
            missing.append(f"{path}::{test}")
    assert missing == []


def test_every_page_that_is_named_is_in_the_table() -> None:
    known = {route.path for route in ROUTES if route.who is not Who.NOBODY}
    named = {
        page for _, _, where, _ in ENTRY.findall(COVERAGE) for page in re.findall(r"`(/[^`#]*)(?:#[^`]*)?`", where)
    }
    assert {"/", "/aide", "/inscription"} <= named
    assert named <= known


def test_every_question_is_answered_on_the_help_page() -> None:
    text = plain(HELP.read_text())
    assert len(questions()) == 7
    assert [question for question in questions() if plain(question) not in text] == []
    assert "Les 3 avantages de créer un compte" in text


def test_the_help_names_menus_and_buttons_as_the_faq_does() -> None:
    names = {plain(name).strip() for name in re.findall(r"«\s*([^»]*?)\s*»", FAQ)}
    names = {name for name in names if not name.endswith("déposées ?")} - {"Tableau de borde"} | {"Tableau de bord"}
    text = plain(re.sub(r"<[^>]*>", "", HELP.read_text()))
    assert len(names) > 8
    assert [name for name in sorted(names) if name not in text] == []


@pytest.mark.parametrize("page", ["public/home.html", "account/sign_in.html"])
def test_the_forgotten_password_stands_above_the_button(page: str) -> None:
    text = (ROOT / "gateway/pages/templates" / page).read_text()
    assert text.index("Mot de passe oublié ?") < text.index(">SE CONNECTER</button>")
    zone = (ROOT / "gateway/pages/templates/account/no_account_yet.html").read_text()
    assert "no_account_yet.html" in text
    assert zone.index("Pas encore de compte ?") < zone.index(">S'INSCRIRE</a>")
