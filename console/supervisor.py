"""Starts every component at once, says when each is ready, keeps them running, and stops them in order."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from console.component import Component, Stage
from console.process import NeverStarted, Supervised

Say = Callable[[str], None]
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Supervisor:
    """Runs components until a signal; `born(name, pid)` is told of each process as soon as it exists."""

    def __init__(self, components: Sequence[Component], logs: Path, born: Callable[[str, int], None], say: Say) -> None:
        self._say = say
        self._supervised = [
            Supervised(component, logs / f"{component.name}.log", born, say) for component in components
        ]
        self._stop = asyncio.Event()
        self._hurry = asyncio.Event()

    async def run(self, when_ready: Callable[[], None], patience: float) -> int:
        """Returns 0 after a signal, 1 when something could not be started within `patience` seconds."""
        _watch_children_without_threads()
        for number in STOPS:
            asyncio.get_running_loop().add_signal_handler(number, self._asked_to_stop)
        keepers = [asyncio.create_task(one.keep()) for one in self._supervised]
        try:
            return await self._until_stopped(keepers, when_ready, patience)
        except NeverStarted as failure:
            self._say(str(failure))
            return 1
        finally:
            await self._stop_everything()
            for keeper in keepers:
                keeper.cancel()
            await asyncio.gather(*keepers, return_exceptions=True)

    async def _until_stopped(
        self, keepers: list[asyncio.Task[None]], when_ready: Callable[[], None], patience: float
    ) -> int:
        ready = asyncio.create_task(self._all_ready())
        stop = asyncio.create_task(self._stop.wait())
        failure = asyncio.create_task(_first_failure(keepers))
        try:
            await asyncio.wait({ready, stop, failure}, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
            if ready.done():
                when_ready()
                await asyncio.wait({stop, failure}, return_when=asyncio.FIRST_COMPLETED)
            if failure.done():
                failure.result()
            if stop.done():
                return 0
        finally:
            for waiting in (ready, stop, failure):
                waiting.cancel()
        for late in (one for one in self._supervised if not one.ready.is_set()):
            self._say(f"{late.component.name} n'est pas prêt après {patience:.0f} s.\n{late.last_lines()}")
        return 1

    async def _all_ready(self) -> None:
        for one in self._supervised:
            await one.ready.wait()

    def _asked_to_stop(self) -> None:
        if self._stop.is_set():
            self._hurry.set()
        else:
            self._say("Arrêt en cours : les services d'abord, les serveurs ensuite.")
        self._stop.set()

    async def _stop_everything(self) -> None:
        for stage in Stage:
            group = [one for one in self._supervised if one.component.stage is stage]
            await asyncio.gather(*(one.stop(self._hurry) for one in group))


async def _first_failure(keepers: list[asyncio.Task[None]]) -> None:
    done, _ = await asyncio.wait(keepers, return_when=asyncio.FIRST_EXCEPTION)
    for keeper in done:
        keeper.result()


def _watch_children_without_threads() -> None:
    """Before Python 3.12, asyncio keeps one thread per child process unless told that the kernel can say it."""
    if sys.version_info < (3, 12) and hasattr(os, "pidfd_open"):
        watcher = asyncio.PidfdChildWatcher()
        watcher.attach_loop(asyncio.get_running_loop())
        asyncio.set_child_watcher(watcher)
