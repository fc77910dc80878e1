"""`kill -9` at any moment loses no acknowledged command, tears none in two, and leaves no value without its key."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


def nursery(directory: Path, kills: int, seed: int) -> str:
    command = [sys.executable, "-m", "tests.support.nursery", str(directory), str(kills), str(seed)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, f"seed {seed}: {done.stderr[-3000:]}"
    return done.stdout


@pytest.mark.faults
def test_thirty_kills_lose_no_acknowledged_command(tmp_path: Path) -> None:
    assert nursery(tmp_path, 30, 1).startswith("30 kills, ")


@pytest.mark.faults
@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 7))
def test_hundreds_of_kills_lose_no_acknowledged_command(tmp_path: Path, seed: int) -> None:
    assert nursery(tmp_path, 40, seed).startswith("40 kills, ")
