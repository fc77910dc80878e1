"""One supervised process: started, watched, started again with back-off when it dies, and stopped."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
import time
from asyncio.subprocess import DEVNULL, STDOUT, Process
from collections.abc import Callable
from pathlib import Path
from typing import IO

from console.component import Component

FIRST_DELAY, LONGEST_DELAY = 0.5, 15.0
SETTLED = 30.0
ATTEMPTS = 3
ASK_FIRST, ASK_LATER = 0.05, 0.25
LOG_BYTES, LOG_FILES = 5_000_000, 3
PR_SET_PDEATHSIG = 1
CANNOT_EXECUTE = 126


class NeverStarted(Exception):
    """A component died several times without ever being ready."""


class Supervised:
    """A component and its present process. `say` receives French sentences for the person at the terminal."""

    def __init__(self, component: Component, log: Path, born: Callable[[str, int], None], say: Callable[[str], None]):
        self.component = component
        self.ready = asyncio.Event()
        self._log = log
        self._born = born
        self._say = say
        self._process: Process | None = None
        self._stopping = False

    async def keep(self) -> None:
        """Runs the component until `stop`. Raises NeverStarted when it cannot be brought up at all."""
        rotate(self._log)
        delay, deaths = FIRST_DELAY, 0
        while not self._stopping:
            began = time.monotonic()
            code = await self._once(began)
            if self._stopping:
                return
            deaths += 1
            lived = time.monotonic() - began
            if not self.ready.is_set() and deaths >= ATTEMPTS:
                raise NeverStarted(f"{self.component.name} n'a pas pu démarrer ({_how(code)}).\n{self.last_lines()}")
            delay = FIRST_DELAY if lived > SETTLED else delay
            self._say(f"{self.component.name} s'est arrêté ({_how(code)}) : nouvel essai dans {_seconds(delay)}.")
            await asyncio.sleep(delay)
            delay = min(2 * delay, LONGEST_DELAY)

    async def stop(self, hurry: asyncio.Event) -> None:
        """Asks the process to end, and ends it when it takes more than its patience, or when `hurry` is set."""
        self._stopping = True
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        ended = asyncio.ensure_future(process.wait())
        rushed = asyncio.ensure_future(hurry.wait())
        await asyncio.wait({ended, rushed}, timeout=self.component.patience, return_when=asyncio.FIRST_COMPLETED)
        rushed.cancel()
        if not ended.done():
            if not hurry.is_set():
                self._say(
                    f"{self.component.name} ne s'est pas arrêté en {_seconds(self.component.patience)} : il est tué."
                )
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        await ended
        for path in self.component.litter:
            path.unlink(missing_ok=True)

    def last_lines(self, count: int = 15) -> str:
        """The end of its log, indented, for a terminal."""
        with contextlib.suppress(OSError), self._log.open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - 8_000))
            lines = log.read().decode(errors="replace").splitlines()[-count:]
            return "\n".join(f"    | {line}" for line in lines)
        return ""

    async def _once(self, began: float) -> int:
        try:
            with self._log.open("ab") as log:
                self._process = await _spawn(self.component, log)
        except OSError as refusal:
            # No memory, no process left, no program: it may pass, and the other components go on meanwhile.
            self._say(f"{self.component.name} : {refusal}")
            return CANNOT_EXECUTE
        self._born(self.component.name, self._process.pid)
        watch = asyncio.create_task(self._until_ready(began))
        try:
            return await self._process.wait()
        finally:
            watch.cancel()
            # Whatever it started itself goes with it: it leads its own process group.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)

    async def _until_ready(self, began: float) -> None:
        # Another process has no event to wait for; this ends once it is up.
        pause = ASK_FIRST
        while not await self.component.ready():
            await asyncio.sleep(pause)
            pause = min(pause * 1.3, ASK_LATER)
        again = "de nouveau prêt" if self.ready.is_set() else "prêt"
        self._say(f"{self.component.name:<12} {again} en {_seconds(time.monotonic() - began)}")
        self.ready.set()


async def _spawn(component: Component, log: IO[bytes]) -> Process:
    """Its own session, so that the terminal's Ctrl-C reaches the supervisor alone, which stops things in order."""
    return await asyncio.create_subprocess_exec(
        *component.argv,
        env=dict(component.environment),
        cwd=component.folder,
        stdin=DEVNULL,
        stdout=log,
        stderr=STDOUT,
        start_new_session=True,
        preexec_fn=_dies_with(os.getpid()) if sys.platform == "linux" else None,
    )


def _dies_with(parent: int) -> Callable[[], None]:
    """The kernel kills the child when the supervisor dies, even of kill -9 (prctl(2), PR_SET_PDEATHSIG)."""
    prctl = ctypes.CDLL(None).prctl

    def before_exec() -> None:
        prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return before_exec


def rotate(log: Path) -> None:
    """Puts a log that has grown aside, at start; the oldest is dropped."""
    log.parent.mkdir(parents=True, exist_ok=True)
    if not log.exists() or log.stat().st_size < LOG_BYTES:
        return
    for n in range(LOG_FILES - 1, 0, -1):
        older = log.with_name(f"{log.name}.{n}")
        if older.exists():
            older.replace(log.with_name(f"{log.name}.{n + 1}"))
    log.replace(log.with_name(f"{log.name}.1"))


def _how(code: int) -> str:
    return f"code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"


def _seconds(duration: float) -> str:
    return f"{duration:.1f} s".replace(".", ",")
