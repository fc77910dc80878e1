"""What the tests of pages need of a machine: found, refused in a sentence when it cannot be had, never half trusted."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support import debian, npm
from tests.support.browser import CHOSEN, chromium, refused


def test_the_browser_that_was_named_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CHOSEN, "sh")
    assert Path(chromium()).name == "sh"


def test_a_name_that_is_no_program_is_refused_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CHOSEN, "/nowhere/browser")
    with pytest.raises(npm.Missing, match="GUICHET_BROWSER désigne /nowhere/browser"):
        chromium()


def test_only_none_does_without_a_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(CHOSEN, raising=False)
    assert not refused()
    monkeypatch.setenv(CHOSEN, "none")
    assert refused()


def test_a_bare_machine_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(CHOSEN, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(npm.Missing, match="installez chromium"):
        chromium()


def test_a_program_unpacked_for_the_tests_is_found_with_its_libraries(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    home = tmp_path / "guichet" / "debian" / "greeter"
    (home / "usr/lib/x86_64-linux-gnu").mkdir(parents=True)
    (home / "usr/bin").mkdir()
    program = home / "usr/bin/says-where-its-libraries-are"
    program.write_text('#!/bin/sh\necho "$LD_LIBRARY_PATH $1"\n')
    program.chmod(0o755)
    found = debian.program(["says-where-its-libraries-are"], "greeter")
    said = subprocess.run([found, "Bonjour"], capture_output=True, text=True, check=True).stdout
    assert said == f"{home}/usr/lib/x86_64-linux-gnu Bonjour\n"


def test_a_package_that_is_not_the_one_expected_is_not_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    file = tmp_path / "guichet/npm/axe-core-4.14.1/node_modules/axe-core/axe.min.js"
    file.parent.mkdir(parents=True)
    file.write_text("alert('somebody else')")
    with pytest.raises(npm.Missing, match="n'est pas le fichier attendu"):
        npm.installed(npm.AXE)


def test_without_npm_a_package_is_asked_for_in_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(npm.Missing, match="installez Node"):
        npm.installed(npm.VNU)
