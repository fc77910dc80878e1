"""Files stay short, are named for what they hold, and say what they are; nothing of the workshop is left in them."""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
from pathlib import Path

import pytest

from tests.architecture.source import CODE, ROOT, files, name, tree

HARD, NORMAL, TEST = 300, 200, 400
SAYS_NOTHING = frozenset(
    {"utils", "util", "helpers", "helper", "common", "misc", "service", "manager", "models", "base"}
)
WORDS = re.compile(
    r"\b(TODO|FIXME|XXX|HACK)\b|(?<![\w.-])/(work|root|home|Users)/\w|pythonhosted|pypi\.org|"
    r"\b(Claude|Anthropic|OpenAI|ChatGPT|Copilot|LLM)\b",
    re.IGNORECASE,
)
UNREAD = frozenset({".pdf", ".png", ".jpg", ".woff2", ".ico", ".lock", ".gz"})


def lines(path: Path) -> int:
    return len(path.read_text().splitlines())


def test_no_file_is_longer_than_three_hundred_lines() -> None:
    long = {name(path): count for path in files(*CODE) if (count := lines(path)) > HARD}
    assert not long


def test_most_files_are_much_shorter() -> None:
    counts = sorted(lines(path) for path in files(*CODE))
    assert statistics.median(counts) <= 100
    assert counts[int(len(counts) * 0.9)] <= NORMAL


def test_no_test_is_longer_than_four_hundred_lines() -> None:
    long = {name(path): count for path in files("tests") if (count := lines(path)) > TEST}
    assert not long


def test_files_are_named_for_what_they_hold() -> None:
    assert not [name(path) for path in files(*CODE) if {path.stem, path.parent.name} & SAYS_NOTHING]


def test_every_package_says_what_it_is() -> None:
    packages = {path.parent for path in files(*CODE)}
    silent = [name(package) for package in packages if not (package / "__init__.py").exists()]
    silent += [name(path) for path in files(*CODE) if path.name == "__init__.py" and not ast.get_docstring(tree(path))]
    assert not silent


def test_every_module_and_public_class_says_what_it_is() -> None:
    silent = [
        name(path)
        for path in files(*CODE, "tests")
        if not path.stem.startswith("__") and not ast.get_docstring(tree(path))
    ]
    for path in files(*CODE):
        for node in tree(path).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_") and not ast.get_docstring(node):
                silent.append(f"{name(path)}:{node.lineno} {node.name}")
    assert not silent


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("this copy is no repository")
    return [ROOT / path for path in listed.stdout.split("\0") if path and (ROOT / path).is_file()]


def test_nothing_of_the_workshop_is_left() -> None:
    found = []
    for path in tracked():
        if path.suffix in UNREAD or path == Path(__file__) or path.stat().st_size > 2_000_000:
            continue
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), start=1):
            if WORDS.search(line):
                found.append(f"{name(path)}:{number}: {line.strip()[:120]}")
    assert not found
