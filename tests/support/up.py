"""A real `guichet up`, as a test sees it."""

from __future__ import annotations

import asyncio
import os
from asyncio.subprocess import Process
from collections.abc import Awaitable, Callable
from pathlib import Path

from console import running


class Up:
    """One run of the command. `said` collects its lines."""

    def __init__(self, process: Process, data: Path) -> None:
        self.process = process
        self.data = data
        self.said: list[str] = []

    async def until(self, words: str, within: float = 30.0) -> str:
        """The next line that contains `words`."""
        assert self.process.stdout is not None
        async with asyncio.timeout(within):
            while raw := await self.process.stdout.readline():
                self.said.append(raw.decode().rstrip())
                if words in self.said[-1]:
                    return self.said[-1]
        raise AssertionError(f"« {words} » was never said:\n" + "\n".join(self.said))

    async def ended(self, within: float = 40.0) -> int:
        """Its exit status, and the rest of what it said."""
        assert self.process.stdout is not None
        async with asyncio.timeout(within):
            self.said += (await self.process.stdout.read()).decode().splitlines()
            return await self.process.wait()

    def children(self) -> dict[str, int]:
        """The components that were started last, by name, and their process ids."""
        found = running.read(self.data)
        assert found is not None
        return {name: pid for name, (pid, _) in found.children.items()}

    def url(self, name: str) -> str:
        """Where a component answers."""
        found = running.read(self.data)
        assert found is not None
        return found.urls[name]

    def port(self, name: str) -> int:
        """The port of `url`."""
        return int(self.url(name).rpartition(":")[2])


Start = Callable[..., Awaitable[Up]]


def environment(**changes: str) -> dict[str, str]:
    """This process's environment without what would steer Guichet elsewhere, on any free port."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("GUICHET_")}
    return clean | {"GUICHET_PORT": "0", "GUICHET_MAILBOX_PORT": "0"} | changes


async def gone(pids: list[int], within: float = 5.0) -> bool:
    """Whether all these processes end in time."""
    try:
        async with asyncio.timeout(within):
            while any(running.birth(pid) for pid in pids):
                await asyncio.sleep(0.02)
    except TimeoutError:
        return False
    return True
