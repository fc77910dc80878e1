"""The port to the log: one way to write, several to read. Adapters live in `kernel.stores`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from kernel.envelope import Commit, Context, Recorded
from kernel.events import Event

EVENTSTOREDB = ("esdb://", "esdb+discover://", "kurrentdb://", "kurrentdb+discover://")
"""How connection strings of a cluster begin."""

History = Sequence[Recorded]
Decision = Callable[[History], Iterable[Event]]


@dataclass(frozen=True, slots=True)
class Page:
    """Facts in order, up to `position`: the last position looked at, which may lie past the last fact shown."""

    facts: Sequence[Recorded]
    position: int


class EventStore(Protocol):
    """The log of one service. Positions are opaque integers that only grow and are only compared.

    Every method raises `Refused(unavailable)` when the store does not answer. `epoch` changes with the log.
    """

    source: str
    epoch: str

    @property
    def head(self) -> int:
        """The position of the last fact, 0 when there is none."""

    @property
    def public_head(self) -> int:
        """The position of the last public fact, 0 when there is none."""

    async def update(self, stream: str, decide: Decision, ctx: Context) -> Commit:
        """Load, look for this command, decide, append: one retryable step, durable when it returns.

        `decide` is pure and synchronous; it may run more than once. A command already in the stream is answered from
        its own events (`replayed`). Raises whatever `decide` refuses, `Refused(idempotency-mismatch)` when the command
        id was used for something else, `Refused(stale-version)` when `ctx.expected` is not the current version, and
        (through an aggregate) `UnknownFact` when the stream holds facts this code does not know.
        """

    async def read(self, stream: str, *, upto: int | datetime | None = None) -> list[Recorded]:
        """A stream from its first fact, whole or up to a version or an instant (a prefix by version either way)."""

    async def scan(self, after: int, limit: int = 500, *, public: bool = False, route: str | None = None) -> Page:
        """The facts after a position, in order; all, the public ones, or those of one routing id."""

    async def changed(self, after: int, timeout: float) -> bool:
        """Wait until `head > after`, at most `timeout` seconds; whether it is."""

    def forget(self, stream: str | None = None) -> None:
        """Drop what is cached of a stream, or of all, after a key was destroyed."""

    async def close(self) -> None:
        """Finish what was accepted, then let go."""
