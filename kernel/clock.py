"""Time, handed in: the only place that reads the machine's clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """The present instant, aware, UTC."""
    return datetime.now(UTC)


class FrozenClock:
    """A clock for tests that moves only when told."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def advance(self, **delta: float) -> None:
        """Move forward by `timedelta(**delta)`."""
        self.at += timedelta(**delta)


def rfc3339(at: datetime) -> str:
    """UTC, microseconds, `Z`: sorts as text in the order of time (RFC 3339 §5.6)."""
    if at.tzinfo is not UTC:
        at = at.astimezone(UTC)
    return at.isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def parse_rfc3339(text: str) -> datetime:
    """The inverse of `rfc3339`; accepts any offset. Raises ValueError on a naive or malformed instant."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("an instant needs an offset")
    return at.astimezone(UTC)
