"""When the mail server is away, all mails wait together, and one probe at a time asks whether it is back."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

LONGEST_PAUSE = 60.0
DELAYS_IN_A_ROW = 10
"""So many mails put off one after the other, by a quota for example: the server wants to be left alone."""


def pause(schedule: Sequence[float], failures: int) -> timedelta:
    """How long to wait after so many failures in a row, give or take a fifth so that clients spread out."""
    seconds = schedule[min(max(failures, 1), len(schedule)) - 1]
    return timedelta(seconds=seconds * random.uniform(0.8, 1.2))  # noqa: S311


class Circuit:
    """Open while the server is not to be bothered. `schedule`: seconds to wait after each failure in a row."""

    def __init__(self, schedule: Sequence[float]) -> None:
        self._schedule = [min(seconds, LONGEST_PAUSE) for seconds in schedule]
        self._failures = self._delays = 0
        self.until: datetime | None = None

    def failed(self, now: datetime) -> None:
        """The server did not answer, or takes mail from nobody."""
        self._failures += 1
        self._delays = 0
        self.until = now + pause(self._schedule, self._failures)

    def delayed(self, now: datetime) -> None:
        """The server put one mail off."""
        self._delays += 1
        if self._delays >= DELAYS_IN_A_ROW:
            self.failed(now)

    def answered(self) -> None:
        """The server answers again: mails may try. Until one passes, a failure counts as one more in a row."""
        self.until = None

    def passed(self) -> None:
        """A mail came to its end: all is well."""
        self._failures = self._delays = 0
        self.until = None
