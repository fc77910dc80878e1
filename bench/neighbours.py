"""How busy the machine is with something else: on two cores, a neighbour changes every rate."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


class Neighbours:
    """What others than this program, its children and `pids` take of the processors."""

    def __init__(self, pids: Sequence[int]) -> None:
        self._pids = pids
        self._started, self._others = time.perf_counter(), self._taken()

    def share(self) -> float:
        """Their share of the whole machine since the last call, or since the beginning."""
        started, others = self._started, self._others
        self._started, self._others = time.perf_counter(), self._taken()
        return (self._others - others) / (self._started - started) / (os.cpu_count() or 1)

    def wait_until(self, share: float, seconds: int) -> None:
        """Return when they take less than `share`, or after `seconds`."""
        for _ in range(seconds // 2):
            self.share()
            time.sleep(2)
            if self.share() < share:
                return

    def _taken(self) -> float:
        user, nice, system, _, _, irq, softirq = map(int, Path("/proc/stat").read_text().split()[1:8])
        own = os.times()
        ours = own.user + own.system + own.children_user + own.children_system
        return (user + nice + system + irq + softirq) / _TICK - ours - sum(map(processor_seconds, self._pids))


def processor_seconds(pid: int) -> float:
    """What a process has had; unlike a rate, it hardly suffers from busy neighbours."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK
