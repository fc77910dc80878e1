"""One installation at a time on a data directory: the claim, what runs under it, and what an earlier one left behind.

`<data>/run/lock` is held by the kernel for as long as the supervisor lives, whatever kills it. `<data>/run/up.json`
says what runs and where it answers; other subcommands read it.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO


class AlreadyRunning(Exception):
    """Another supervisor holds this data directory."""


@dataclass
class Installation:
    """What runs on a data directory. `born` tells the supervisor's birth, `children` each component's id and birth."""

    pid: int
    born: str = ""
    demo: bool = False
    urls: dict[str, str] = field(default_factory=dict)
    children: dict[str, tuple[int, str]] = field(default_factory=dict)


def read(data: Path) -> Installation | None:
    """What the last `guichet up` on this data directory wrote, or None when there was none."""
    try:
        return Installation(**json.loads((data / "run" / "up.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None


def current(data: Path) -> Installation | None:
    """What runs on this data directory now, or None when nothing does: what subcommands ask before they talk to it."""
    found = read(data)
    return found if found is not None and found.born and birth(found.pid) == found.born else None


class Claim:
    """The right to run on a data directory, held until `release` or the death of this process."""

    def __init__(self, data: Path, lock: IO[str]) -> None:
        self._data = data
        self._lock = lock
        self.installation = Installation(os.getpid(), birth(os.getpid()) or "")

    def write(self) -> None:
        """Tells other processes what runs now; a reader sees the old file or the new one, never half of it."""
        draft = self._data / "run" / "up.json.new"
        draft.write_text(json.dumps(asdict(self.installation), indent=1))
        draft.replace(self._data / "run" / "up.json")

    def started(self, name: str, pid: int) -> None:
        """Remembers a component's process, for whoever comes after a supervisor that was killed."""
        self.installation.children[name] = (pid, birth(pid) or "")
        # On a full disk a component that came back matters more than the note about it.
        with contextlib.suppress(OSError):
            self.write()

    def release(self) -> None:
        """Nothing runs any more."""
        (self._data / "run" / "up.json").unlink(missing_ok=True)
        self._lock.close()


def claim(data: Path) -> tuple[Claim, list[str]]:
    """Takes the data directory, and ends what an earlier supervisor left there: the names of what was ended.

    Raises AlreadyRunning, with a sentence for the person, when a supervisor lives.
    """
    room = data / "run"
    room.mkdir(parents=True, exist_ok=True)
    room.chmod(0o700)
    lock = (room / "lock").open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise AlreadyRunning(_refusal(data)) from None
    return Claim(data, lock), _reap(read(data))


def _refusal(data: Path) -> str:
    other = read(data)
    where = f" (processus {other.pid}, {other.urls.get('gateway', 'sans portail')})" if other else ""
    return (
        f"Guichet tourne déjà sur le dossier de données {data}{where}. "
        "Arrêtez-le d'abord, ou donnez un autre dossier avec GUICHET_DATA."
    )


def _reap(left: Installation | None) -> list[str]:
    """On Linux the children of a killed supervisor die with it; elsewhere they are ended here."""
    if left is None:
        return []
    alive = {name: pid for name, (pid, born) in left.children.items() if born and birth(pid) == born}
    for pid in alive.values():
        _kill(pid)
    patience = time.monotonic() + 10
    while any(birth(pid) == left.children[name][1] for name, pid in alive.items()):
        if time.monotonic() > patience:
            break
        time.sleep(0.02)
    return sorted(alive)


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def birth(pid: int) -> str | None:
    """When a process was born, or None when it is gone: a number that is used again has another birth."""
    if sys.platform != "linux":
        shown = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
        return shown.stdout.strip() or None
    try:
        # The name of the program, in parentheses, may hold spaces; the state and the start time come after it.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return None
    return None if fields[0] == "Z" else f"{boot}:{fields[19]}"
