"""The supervisor, with small programs of a test as components."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from console.component import Component, Stage
from console.process import rotate
from console.supervisor import Supervisor
from tests.support.up import gone

FOR_EVER = "import time; time.sleep(600)"


async def always() -> bool:
    return True


async def never() -> bool:
    return False


def component(
    name: str,
    code: str = FOR_EVER,
    ready: Callable[[], Awaitable[bool]] = always,
    stage: Stage = Stage.SERVICE,
    patience: float = 5.0,
) -> Component:
    return Component(name, stage, [sys.executable, "-c", code], os.environ, ready, patience=patience)


class Run:
    """A supervisor at work in this process."""

    def __init__(self, folder: Path, *components: Component, patience: float = 20.0) -> None:
        self.said: list[str] = []
        self.born: list[tuple[str, int]] = []
        self.is_ready = asyncio.Event()
        self.supervisor = Supervisor(
            components, folder, lambda name, pid: self.born.append((name, pid)), self.said.append
        )
        self.task = asyncio.create_task(self.supervisor.run(self.is_ready.set, patience))

    async def ready(self) -> None:
        async with asyncio.timeout(10):
            await self.is_ready.wait()

    async def stopped(self) -> int:
        os.kill(os.getpid(), signal.SIGTERM)
        return await asyncio.wait_for(self.task, 20)

    async def says(self, words: str, times: int = 1) -> None:
        async with asyncio.timeout(10):
            while sum(words in line for line in self.said) < times:
                await asyncio.sleep(0.02)


async def test_a_component_that_dies_is_started_again_and_it_is_said(tmp_path: Path) -> None:
    run = Run(tmp_path, component("files"))
    await run.ready()
    os.kill(run.born[0][1], signal.SIGKILL)
    await run.says("files s'est arrêté (signal SIGKILL) : nouvel essai dans 0,5 s.")
    await run.says("de nouveau prêt")
    assert [name for name, _ in run.born] == ["files", "files"]
    assert await run.stopped() == 0


async def test_each_further_death_is_followed_by_a_longer_wait(tmp_path: Path) -> None:
    run = Run(tmp_path, component("files", "raise SystemExit(3)"))
    await run.says("nouvel essai dans 0,5 s")
    await run.says("nouvel essai dans 1,0 s")
    await run.says("nouvel essai dans 2,0 s")
    await run.stopped()


async def test_what_cannot_be_started_ends_the_start_and_shows_its_last_words(tmp_path: Path) -> None:
    run = Run(
        tmp_path, component("files", "raise SystemExit('la base est illisible')", ready=never), component("other")
    )
    assert await asyncio.wait_for(run.task, 15) == 1
    failure = next(line for line in run.said if "n'a pas pu démarrer" in line)
    assert failure.startswith("files n'a pas pu démarrer (code 1).")
    assert "    | la base est illisible" in failure
    assert not run.is_ready.is_set()
    assert await gone([pid for _, pid in run.born])


async def test_a_program_that_is_not_there_ends_the_start_and_is_named(tmp_path: Path) -> None:
    missing = Component("files", Stage.SERVICE, ["/nowhere/files"], os.environ, always)
    run = Run(tmp_path, missing)
    assert await asyncio.wait_for(run.task, 15) == 1
    assert "/nowhere/files" in run.said[0]
    assert "files n'a pas pu démarrer (code 126)." in run.said[-1]


async def test_what_is_never_ready_ends_the_start_and_shows_its_last_words(tmp_path: Path) -> None:
    waiting = "import time; print('j\\'attends', flush=True); time.sleep(600)"
    run = Run(tmp_path, component("files", waiting, ready=never), patience=1.0)
    assert await asyncio.wait_for(run.task, 15) == 1
    assert any("files n'est pas prêt après 1 s." in line and "| j'attends" in line for line in run.said)


async def test_the_gateway_stops_first_then_services_and_servers_last(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    journal.touch()

    def noting(name: str) -> str:
        return (
            "import signal, sys, time\n"
            "def stop(*_):\n"
            "    time.sleep(0.2)\n"
            f"    open({str(journal)!r}, 'a').write({name + ' '!r})\n"
            "    sys.exit()\n"
            "signal.signal(signal.SIGTERM, stop)\n"
            f"open({str(tmp_path / name)!r}, 'w')\n"
            "time.sleep(600)\n"
        )

    def started(name: str) -> Callable[[], Awaitable[bool]]:
        async def ready() -> bool:
            return (tmp_path / name).exists()

        return ready

    stages = {"server": Stage.SERVER, "service": Stage.SERVICE, "gateway": Stage.GATEWAY}
    run = Run(tmp_path, *(component(name, noting(name), started(name), stage) for name, stage in stages.items()))
    await run.ready()
    assert await run.stopped() == 0
    assert journal.read_text().split() == ["gateway", "service", "server"]
    assert await gone([pid for _, pid in run.born])


DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('sourd', flush=True); time.sleep(600)"


async def hears_nothing(log: Path) -> None:
    async with asyncio.timeout(10):
        while "sourd" not in log.read_text():
            await asyncio.sleep(0.02)


async def test_a_component_deaf_to_sigterm_is_killed_after_its_patience(tmp_path: Path) -> None:
    run = Run(tmp_path, component("deaf", DEAF, patience=0.3))
    await run.ready()
    await hears_nothing(tmp_path / "deaf.log")
    assert await run.stopped() == 0
    assert await gone([run.born[0][1]])


async def test_a_second_signal_does_not_wait(tmp_path: Path) -> None:
    run = Run(tmp_path, component("deaf", DEAF, patience=60.0))
    await run.ready()
    await hears_nothing(tmp_path / "deaf.log")
    os.kill(os.getpid(), signal.SIGINT)
    await run.says("Arrêt en cours")
    assert await run.stopped() == 0
    assert await gone([run.born[0][1]])


async def test_what_a_component_started_itself_goes_with_it(tmp_path: Path) -> None:
    parent = (
        "import subprocess, sys, time\n"
        f"child = subprocess.Popen([sys.executable, '-c', {FOR_EVER!r}])\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    run = Run(tmp_path, component("files", parent))
    await run.ready()
    log = tmp_path / "files.log"
    async with asyncio.timeout(10):
        while not log.read_text().strip():
            await asyncio.sleep(0.02)
    await run.stopped()
    assert await gone([int(log.read_text())])


def test_a_log_that_has_grown_is_put_aside_at_start(tmp_path: Path) -> None:
    log = tmp_path / "files.log"
    for generation in range(5):
        log.write_bytes(bytes([48 + generation]) * 5_000_001)
        rotate(log)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["files.log.1", "files.log.2", "files.log.3"]
    assert (tmp_path / "files.log.1").read_bytes()[:1] == b"4"


def test_a_small_log_is_kept(tmp_path: Path) -> None:
    log = tmp_path / "files.log"
    log.write_text("hier\n")
    rotate(log)
    assert log.read_text() == "hier\n"
