"""A real `guichet up`, on free ports and a data directory of its own."""

from __future__ import annotations

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.up import Start, Up, environment


@pytest.fixture
async def up(tmp_path: Path) -> AsyncIterator[Start]:
    """Starts `guichet up` with these arguments; every one still running at the end is killed."""
    runs: list[Up] = []

    async def start(*arguments: str, data: Path | None = None, **changes: str) -> Up:
        where = data or tmp_path / "var"
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "console", "up", "--data", str(where), *arguments),
            env=environment(**changes),
            stdout=PIPE,
            stderr=STDOUT,
        )
        runs.append(Up(process, where))
        return runs[-1]

    yield start
    for run in runs:
        if run.process.returncode is None:
            run.process.send_signal(signal.SIGTERM)
            await run.ended()
