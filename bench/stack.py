"""The whole installation: time to ready, the demo journey, command to mail accepted, memory, idle processor, sizes.

    python -m bench.stack [--starts 3] [--mails 100]

Starts its own `guichet up --demo` on free ports with an empty data directory.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from bench.report import machine, publish, spread, table
from bench.sizes import largest, packages
from console.demo.command import PIECES, play
from console.demo.journey import file_demande
from console.demo.narration import Narrator
from console.demo.portal import Mailbox, Portal

IDLE_SECONDS = 30
READY_SECONDS = 60


def main() -> None:
    """Measure, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--starts", type=int, default=3)
    parser.add_argument("--mails", type=int, default=100)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="guichet-bench-") as name:
        data = Path(name)
        ready: list[float] = []
        for _ in range(chosen.starts - 1):
            with stack(data) as (seconds, _):
                ready.append(seconds)
        with stack(data) as (seconds, supervisor):
            ready.append(seconds)
            urls = json.loads((data / "run" / "up.json").read_text())["urls"]
            portal, mailbox = Portal(urls["gateway"]), Mailbox(urls["mailbox"])
            idle, memory = at_rest(supervisor)
            journeys = [journey(portal, mailbox) for _ in range(3)]
            waits = mails(portal, urls["mailbox"], chosen.mails)
    publish("stack", _report(ready, idle, memory, journeys, waits))


@contextmanager
def stack(data: Path) -> Iterator[tuple[float, psutil.Process]]:
    """A running installation, and how long it took to be ready."""
    environment = os.environ | {"GUICHET_PORT": "0", "GUICHET_MAILBOX_PORT": "0", "GUICHET_DATA": str(data)}
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "console", "up", "--demo"], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if "est prêt" in line:
                break
            if time.perf_counter() - started > READY_SECONDS:
                raise SystemExit("the installation does not get ready")
        yield time.perf_counter() - started, psutil.Process(process.pid)
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)


def at_rest(supervisor: psutil.Process) -> tuple[float, float]:
    """Percent of one core while nothing happens, and the proportional memory of all processes in MB."""
    processes = [supervisor, *supervisor.children(recursive=True)]
    before = sum(sum(process.cpu_times()[:2]) for process in processes)
    time.sleep(IDLE_SECONDS)
    spent = sum(sum(process.cpu_times()[:2]) for process in processes) - before
    return spent / IDLE_SECONDS * 100, sum(process.memory_full_info().pss for process in processes) / 1e6


def journey(portal: Portal, mailbox: Mailbox) -> float:
    """Seconds of the whole demo."""
    started = time.perf_counter()
    play(portal, mailbox, Narrator(io.StringIO()), PIECES)
    return time.perf_counter() - started


def mails(portal: Portal, mailbox: str, count: int) -> list[float]:
    """Milliseconds from a filing's answer to its receipt in the mailbox, one after the other, sorted."""
    box = Mailbox(mailbox)
    terms = portal.get("/api/terms")["version"]
    waits = []
    for number in range(count):
        email = f"bench{number}.{os.urandom(3).hex()}@example.org"
        contact = {"email": email, "first_name": "Ada", "last_name": "Martin", "postal_address": "1 rue des Lilas"}
        filed = file_demande(
            portal,
            Narrator(io.StringIO()),
            "bourse-departementale-collegien",
            {"kind": "self"},
            contact=contact,
            terms_version=terms,
        )
        started = time.perf_counter()
        box.wait(email, lambda mail, number=filed["tracking_number"]: number in mail.text)  # type: ignore[misc]
        waits.append((time.perf_counter() - started) * 1000)
    return sorted(waits)


def _report(ready: list[float], idle: float, memory: float, journeys: list[float], waits: list[float]) -> str:
    rows = [
        ["`guichet up --demo` to ready, s", spread(ready, 1), "≤ 15, aim 6"],
        ["the demo journey, s", spread(journeys, 1), "–"],
        ["filing answered → receipt in the mailbox, p50 ms", f"{statistics.median(waits):.0f}", "–"],
        ["the same, p99 ms", f"{waits[min(len(waits) - 1, int(len(waits) * 0.99))]:.0f}", "–"],
        ["memory at rest, all processes, PSS MB", f"{memory:.0f}", "≤ 800"],
        ["processor at rest, % of one core", f"{idle:.1f}", "≤ 5"],
    ]
    sizes = [[name, str(files), f"{lines:,}"] for name, files, lines in packages()]
    big = ", ".join(f"`{name}` {lines}" for name, lines in largest(3))
    return "\n\n".join(
        [
            "# The whole installation",
            f"{machine()}. The first start is on an empty data directory; {len(waits)} mails, looked for every 50 ms.",
            table(["what", "measured", "asked"], rows),
            "## Sizes",
            table(["package", "files", "lines"], sizes),
            f"Largest files: {big}.",
        ]
    )


if __name__ == "__main__":
    main()
