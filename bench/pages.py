"""The pages: server time, weight, script, and Lighthouse's marks for the four that people see most.

    python -m bench.pages [--requests 60] [--runs 3]

Starts its own `guichet up --demo` with people and demandes in it, as the tests of pages do.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench.neighbours import Neighbours
from bench.report import machine, publish, table
from gateway.cookies import SESSION
from tests.support.browser import FLAGS, chromium, launched
from tests.support.browser_pages import PAGES
from tests.support.browser_visits import Shown, Visitor
from tests.support.browser_world import NOBODY, World, comes_to_life
from tests.support.npm import LIGHTHOUSE, installed
from tests.support.stack import Stack

SEEN_MOST = ("accueil", "brouillon, étape 3", "tableau de bord", "instruction, toutes")
CATEGORIES = ("performance", "accessibility", "best-practices")
WARM, SLOWEST = 10, 100  # requests before measuring; ms at p95


@dataclass(frozen=True)
class Measured:
    """Milliseconds at p50 and p95, bytes of a first load, bytes of script in it."""

    shown: Shown
    p50: float
    p95: float
    weight: int
    script: int


def main() -> None:
    """Measure, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=60)
    parser.add_argument("--runs", type=int, default=3, help="of Lighthouse for each page; 0 does without")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="guichet-bench-") as place:
        stack = Stack(Path(place) / "var").start()
        try:
            world = comes_to_life(stack)
            stack.settled()
            neighbours = Neighbours([pid for pid, _ in stack.installation.children.values()])
            measured = pages(world, chosen.requests)
            busy = neighbours.share()
            marks = lighthouse(world, Path(place), chosen.runs) if chosen.runs else {}
        finally:
            stack.close()
    publish("pages", _report(measured, marks, busy, chosen))


def pages(world: World, requests: int) -> list[Measured]:
    """Every page that is simply opened, once per state."""
    looked_at = [shown for shown in PAGES if shown.status == 200 and shown.acts is None]
    with launched() as browser:
        visitor = Visitor(browser, world)
        found = []
        for shown in looked_at:
            visit = visitor.visits(shown)
            visit.page.close()
            times = server_times(world, shown, requests)
            p95 = times[min(len(times) - 1, int(len(times) * 0.95))]
            found.append(Measured(shown, statistics.median(times), p95, visit.weight, visit.scripts))
    return found


def server_times(world: World, shown: Shown, requests: int) -> list[float]:
    """Milliseconds from asking to the last byte, one request after the other, sorted."""
    cookies = {} if shown.who == NOBODY else {SESSION: world.sessions[shown.who]}
    address = world.address(shown.route, **shown.wild) + shown.query
    times = []
    with httpx.Client(base_url=world.url, cookies=cookies, headers={"Accept": "text/html"}, timeout=30) as client:
        for number in range(WARM + requests):
            started = time.perf_counter()
            answer = client.get(address)
            assert answer.status_code < 400, answer.text
            if number >= WARM:
                times.append((time.perf_counter() - started) * 1000)
    return sorted(times)


def lighthouse(world: World, place: Path, count: int) -> dict[str, list[int]]:
    """The marks out of 100, by page, in the order of CATEGORIES: the median of a few runs of each."""
    program, node = installed(LIGHTHOUSE), shutil.which("node")
    if node is None:
        raise SystemExit("Lighthouse se lance avec Node.js, qui est introuvable.")
    environment = os.environ | {"CHROME_PATH": chromium()}
    found = {}
    for shown in (shown for shown in PAGES if shown.name in SEEN_MOST):
        headers = {} if shown.who == NOBODY else {"Cookie": f"{SESSION}={world.sessions[shown.who]}"}
        (place / "headers.json").write_text(json.dumps(headers))
        runs = []
        for _ in range(count):
            command = [
                *(node, str(program), world.url + world.address(shown.route, **shown.wild) + shown.query, "--quiet"),
                *(
                    "--output=json",
                    f"--output-path={place / 'marks.json'}",
                    f"--only-categories={','.join(CATEGORIES)}",
                ),
                *(f"--extra-headers={place / 'headers.json'}", f"--chrome-flags=--headless=new {' '.join(FLAGS)}"),
            ]
            _lighthouse(command, environment)
            report = json.loads((place / "marks.json").read_text())
            runs.append([round(report["categories"][category]["score"] * 100) for category in CATEGORIES])
        found[shown.name] = [round(statistics.median(marks)) for marks in zip(*runs, strict=True)]
    return found


def _lighthouse(command: list[str], environment: dict[str, str]) -> None:
    """Run it, a second time when the browser would not; what it says then is said."""
    for last in (False, True):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=180, check=False)
        if done.returncode == 0:
            return
        if last:
            raise RuntimeError(done.stderr[-1000:])


def _report(measured: list[Measured], marks: dict[str, list[int]], busy: float, chosen: argparse.Namespace) -> str:
    rows = [
        [one.shown.name, one.shown.who, f"{one.p50:.0f}", f"{one.p95:.0f}", _kilo(one.weight), _kilo(one.script)]
        for one in sorted(measured, key=lambda one: -one.p95)
    ]
    slow = [one.shown.name for one in measured if one.p95 > SLOWEST]
    parts = [
        "# The pages",
        f"{machine()}. {chosen.requests} requests a page, one after the other, on a warm stack; others took"
        f" {busy:.0%} of the machine meanwhile. Weights are what the browser received for a first load with an"
        " empty cache.",
        table(["page, slowest first", "who", "p50 ms", "p95 ms (≤ 100)", "kB (≤ 150)", "script kB (≤ 20)"], rows),
        f"Slower than {SLOWEST} ms at p95: {', '.join(slow) or 'none'}.",
    ]
    if marks:
        lines = [[name, *map(str, line)] for name, line in marks.items()]
        parts += [
            "## Lighthouse",
            f"Version {LIGHTHOUSE.version}, its mobile profile (slow 4G, processor slowed four times), the median of"
            f" {chosen.runs} runs; asked: 95 or more.",
            table(["page", *CATEGORIES], lines),
        ]
    return "\n\n".join(parts)


def _kilo(count: int) -> str:
    return f"{count / 1000:.1f}"


if __name__ == "__main__":
    main()
