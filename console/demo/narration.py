"""The story told step by step, in plain French, with the time of each."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO


class Narrator:
    """Prints what happens and how long it took."""

    def __init__(self, out: TextIO = sys.stdout) -> None:
        self._out = out
        self.steps: list[tuple[str, float]] = []

    def chapter(self, title: str) -> None:
        """A new chapter begins."""
        print(f"\n{title}", file=self._out, flush=True)

    @contextmanager
    def step(self, text: str) -> Iterator[list[str]]:
        """One step; what is appended to the yielded list is told behind it."""
        details: list[str] = []
        started = time.perf_counter()
        try:
            yield details
        except BaseException:
            print(f"  ✘ {text}", file=self._out, flush=True)
            raise
        seconds = time.perf_counter() - started
        self.steps.append((text, seconds))
        told = f" ({', '.join(details)})" if details else ""
        print(f"  ✔ {text}{told} · {seconds * 1000:.0f} ms", file=self._out, flush=True)
