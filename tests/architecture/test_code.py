"""Habits that no linter of the shelf checks: facts in the past tense, pure decisions, one clock, one source of ids."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from kernel.events import Event
from tests.architecture.source import ROOT, calls, files, name, tree
from tests.support.facts import every_fact, named

IRREGULAR = frozenset(
    {"Read", "Sent", "Withdrawn", "Forgotten", "Begun", "Given", "Known", "Lost", "Made", "Put", "Taken"}
)
FACTS = every_fact()
CLOCKS = re.compile(
    r"(datetime\.)?datetime\.(now|utcnow|today)|(datetime\.)?date\.today|time\.(time|time_ns|localtime)"
)
CHANCE = re.compile(r"(?:uuid\.)?uuid[14]|(secrets\.)(token_\w+|randbits|randbelow|choice)|os\.urandom|random\.\w+")
DECIDING = tuple(path for path in files("services") if {"aggregate", "commands", "events"} & {*path.parts, path.stem})


@pytest.mark.parametrize("cls", FACTS, ids=named)
def test_a_fact_is_told_in_the_past_tense(cls: type[Event]) -> None:
    last = re.findall(r"[A-Z][a-z]*", cls.wire_name)[-1]
    assert last.endswith("ed") or last in IRREGULAR
    assert "Event" not in cls.wire_name


def test_every_match_over_facts_or_intentions_ends_in_assert_never() -> None:
    words = {cls.__name__ for cls in FACTS}
    for path in files("services"):
        if "commands" in (path.stem, path.parent.name):
            words |= {node.name for node in tree(path).body if isinstance(node, ast.ClassDef)}
    open_ended = []
    for path in DECIDING:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Match) and _classes(node) & words and not _never(node.cases[-1]):
                open_ended.append(f"{name(path)}:{node.lineno}")
    assert not open_ended


def _classes(match: ast.Match) -> set[str]:
    patterns = (pattern for case in match.cases for pattern in ast.walk(case.pattern))
    return {ast.unparse(pattern.cls).rpartition(".")[2] for pattern in patterns if isinstance(pattern, ast.MatchClass)}


def _never(case: ast.match_case) -> bool:
    anything = isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None and case.guard is None
    return anything and ast.unparse(case.body[-1]).startswith("assert_never(")


def test_the_wall_clock_is_read_in_one_place() -> None:
    elsewhere = [
        f"{name(path)}:{line} {call}"
        for path in files("kernel", "services", "gateway")
        if name(path) != "kernel/clock.py"
        for call, line in calls(path)
        if CLOCKS.fullmatch(call)
    ]
    assert not elsewhere


def test_ids_and_secrets_are_made_in_one_place() -> None:
    made = {"kernel/ids.py"}
    # Nonces belong to the cipher that uses them, jitter to the loop that waits.
    sealing = re.compile(r"kernel/vault\.py|services/identity/adapters/\w+\.py")
    elsewhere = [
        f"{name(path)}:{line} {call}"
        for path in files("kernel", "services")
        if name(path) not in made and not sealing.fullmatch(name(path))
        for call, line in calls(path)
        if CHANCE.fullmatch(call) and call != "random.uniform"
    ]
    assert not elsewhere


def test_decisions_neither_wait_nor_log_nor_look_at_the_clock() -> None:
    impure = []
    for path in DECIDING:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.AsyncFor | ast.AsyncWith | ast.Global):
                impure.append(f"{name(path)}:{node.lineno}")
        impure += [f"{name(path)}:{line} {call}" for call, line in calls(path) if CLOCKS.fullmatch(call)]
        impure += [f"{name(path)}:{line} {call}" for call, line in calls(path) if CHANCE.fullmatch(call)]
        impure += [f"{name(path)}:{line} {call}" for call, line in calls(path) if call in ("open", "print", "input")]
    assert not impure


def test_the_environment_is_read_in_the_settings() -> None:
    readers = [
        f"{name(path)}:{node.lineno}"
        for path in files("kernel", "services", "gateway")
        if path.stem != "settings"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and ast.unparse(node) in ("os.environ", "os.getenv")
    ]
    assert not readers


def test_one_file_turns_refusals_into_statuses() -> None:
    raised = [
        f"{name(path)}:{node.lineno}"
        for path in files("kernel", "services")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Raise) and node.exc is not None and "HTTPException" in ast.unparse(node.exc)
    ]
    assert not raised


IMPORT_ALL = """
import importlib, os, sys, threading
os.environ.clear()
before = set(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else set()
for module in sys.argv[1:]:
    importlib.import_module(module)
sockets = [fd for fd in os.listdir("/proc/self/fd") if _socket(fd)] if before else []
assert not sockets, sockets
assert threading.active_count() == 1, threading.enumerate()
"""
SOCKET = """
import os
def _socket(fd):
    try:
        return os.readlink(f"/proc/self/fd/{fd}").startswith("socket:")
    except OSError:
        return False
"""


def test_importing_does_nothing(tmp_path: Path) -> None:
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in files("kernel", "services", "gateway", "console")
        if path.stem != "__main__"
    ]
    command = [sys.executable, "-W", "error::ResourceWarning", "-c", SOCKET + IMPORT_ALL, *modules]
    clean = {"PYTHONPATH": str(ROOT), "PATH": os.environ.get("PATH", "")}
    done = subprocess.run(command, cwd=tmp_path, env=clean, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr[-2000:]
    assert (done.stdout, done.stderr) == ("", "")
    assert not list(tmp_path.iterdir())
