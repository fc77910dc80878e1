"""What changes on demandes, heard on the bus: kinds and ids for whoever follows one, never what was said.

The bus may lose or repeat; here nothing is lost in silence. Each source's facts are chained by the position of the one
before: where the chain breaks, everybody is told that something was missed and reads again. So is whoever comes back
after more than is remembered, or after a restart.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from kernel.clock import Clock, system_clock
from kernel.feed import Hint, Hints

REMEMBERED: Final = 10_000  # changes, for those who come back
WAITING: Final = 100  # changes that one follower may be behind
MISSED: Final = "missed"
_SILENCE: Final = 3600.0  # seconds; producers say something every ten

# What everybody who follows a demande is told, by the fact that tells it. Facts that are not here are not told.
KINDS: Final = {
    "dossiers.DemandeStatusChanged": "status",
    "dossiers.DemandeWithdrawn": "status",
    "dossiers.ImplicitDecisionTaken": "status",
    "dossiers.DemandeJoined": "history",
    "dossiers.DocumentsAwaited": "history",
    "dossiers.DocumentsReceived": "history",
    "dossiers.DocumentsCompleted": "history",
    "dossiers.AttestationRequested": "history",
    "dossiers.AttestationIssued": "history",
    "dossiers.ReasonsRequested": "history",
    "dossiers.ReasonsGiven": "history",
    "discussion.DiscussionOpened": "discussion",
    "discussion.DocumentsRequested": "discussion",
    "discussion.DiscussionClosed": "discussion",
    "discussion.MessagePosted": "message",
    "discussion.MessageRead": "read",
    "files.FileVetted": "file",
}
# What is the service's own business.
INTERNAL: Final = {
    "dossiers.DemandeAssigned": "desk",
    "dossiers.OpinionRequested": "desk",
    "dossiers.OpinionGiven": "desk",
    "dossiers.OpinionWithdrawn": "desk",
    "dossiers.OpinionDelayed": "desk",
}
SOURCES: Final = tuple(sorted({name.partition(".")[0] for name in (*KINDS, *INTERNAL)}))


@dataclass(frozen=True, slots=True)
class Change:
    """Something changed. `at` is in seconds since the epoch; `source` and `position` say where reads must have got."""

    number: int
    at: float
    demande: str
    kind: str
    internal: bool = False
    source: str = ""
    position: int = 0


@dataclass(eq=False)
class Follower:
    """Who follows one demande; `session` is his session's id. `ended`: the session is over, or the gateway stops."""

    demande: str
    session: str
    agent: bool
    ended: bool = False
    _pending: deque[Change] = field(default_factory=deque)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, change: Change) -> None:
        """Have it told, unless it is not his business. Who is too far behind is told that he missed something."""
        if change.internal and not self.agent:
            return
        if len(self._pending) >= WAITING:
            self._pending.clear()
            change = Change(change.number, change.at, self.demande, MISSED)
        self._pending.append(change)
        self._wake.set()

    def end(self) -> None:
        """Tell nothing more."""
        self.ended = True
        self._wake.set()

    async def next(self, timeout: float) -> list[Change]:
        """What is to be told; nothing after `timeout` seconds of silence, or at the end."""
        if not self._pending and not self.ended:
            try:
                async with asyncio.timeout(timeout):
                    await self._wake.wait()
            except TimeoutError:
                return []
        self._wake.clear()
        told = list(self._pending)
        self._pending.clear()
        return told


class Live:
    """The changes of late, and who follows them. `start` with the bus's hints by source, `stop` at the end."""

    def __init__(self, *, clock: Clock = system_clock, remembered: int = REMEMBERED) -> None:
        self._time = clock
        # An id of another process, or of another life of this one, says nothing here.
        self._mark = secrets.token_hex(4)
        self._changes: deque[Change] = deque(maxlen=remembered)
        self._number, self._since = 0, self._now()
        self._followers: defaultdict[str, set[Follower]] = defaultdict(set)
        self._seen: dict[str, tuple[str, int]] = {}
        self._ahead: dict[str, int] = {}
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, hints: Iterable[tuple[str, Hints]]) -> None:
        """Begin to listen."""
        self._tasks = [asyncio.create_task(self._listen(source, each), name=f"live-{source}") for source, each in hints]

    def stop(self) -> None:
        """Stop listening, and let every follower go."""
        for task in self._tasks:
            task.cancel()
        for follower in [one for each in self._followers.values() for one in each]:
            follower.end()

    @property
    def following(self) -> int:
        """How many followers there are."""
        return sum(len(each) for each in self._followers.values())

    def of_session(self, session: str) -> int:
        """How many of them belong to one session."""
        return sum(one.session == session for each in self._followers.values() for one in each)

    def id_of(self, number: int) -> str:
        """The id of an event, for `Last-Event-ID`."""
        return f"{self._mark}-{number}"

    @property
    def last(self) -> int:
        """The number of the last change."""
        return self._number

    def follow(self, follower: Follower, *, after: str = "", since: float | None = None) -> None:
        """Add a follower, who is told first what changed after an event's id, or since an instant."""
        for change in self._replayed(follower.demande, after, since):
            follower.tell(change)
        self._followers[follower.demande].add(follower)

    def leave(self, follower: Follower) -> None:
        """Forget a follower."""
        followers = self._followers.get(follower.demande, set())
        followers.discard(follower)
        if not followers:
            self._followers.pop(follower.demande, None)

    def close_session(self, session: str) -> None:
        """A session is over: those who follow in its name are let go."""
        for follower in [one for each in self._followers.values() for one in each if one.session == session]:
            follower.end()

    def hear(self, source: str, hint: Hint | None) -> None:
        """Take note of what the bus says; None: it was away, or said too much at once."""
        if hint is None:
            self._seen.pop(source, None)
            self._miss()
            return
        epoch, last = self._seen.get(source, (hint.epoch, hint.previous))
        if epoch != hint.epoch:
            last = hint.previous
            self._miss()
        if hint.fact is None:
            self._beat(source, hint, last)
            return
        if hint.position <= last:
            return
        if hint.previous > last:
            self._miss()
        self._seen[source] = (hint.epoch, hint.position)
        name = f"{source}.{hint.fact.type}"
        kind = KINDS.get(name) or INTERNAL.get(name)
        if kind is not None and hint.fact.route:
            self._tell(hint.fact.route, kind, name in INTERNAL, source, hint.position)

    def _now(self) -> float:
        return self._time().timestamp()

    def _beat(self, source: str, hint: Hint, last: int) -> None:
        # A heartbeat may overtake the facts before it. Those that are missing still at the next one are lost.
        if self._ahead.pop(source, 0) > last:
            self._miss()
            last = hint.previous
        elif hint.previous > last:
            self._ahead[source] = hint.previous
        self._seen[source] = (hint.epoch, last)

    def _tell(self, demande: str, kind: str, internal: bool, source: str, position: int) -> None:
        self._number += 1
        change = Change(self._number, self._now(), demande, kind, internal, source, position)
        self._changes.append(change)
        for follower in self._followers.get(demande, ()):
            follower.tell(change)

    def _miss(self) -> None:
        self._number += 1
        self._changes.clear()
        self._since = self._now()
        for demande, followers in self._followers.items():
            for follower in followers:
                follower.tell(Change(self._number, self._since, demande, MISSED))

    def _replayed(self, demande: str, after: str, since: float | None) -> list[Change]:
        kept = [change for change in self._changes if change.demande == demande]
        full = len(self._changes) == self._changes.maxlen
        oldest = self._changes[0] if self._changes else None
        missed = [Change(self._number, self._now(), demande, MISSED)]
        if after:
            mark, _, number = after.partition("-")
            known = mark == self._mark and number.isdecimal() and len(number) < 16 and int(number) <= self._number
            floor = oldest.number - 1 if oldest else self._number
            return [c for c in kept if c.number > int(number)] if known and int(number) >= floor else missed
        if since is None:
            return []
        begins = oldest.at if oldest and full else self._since
        return [c for c in kept if c.at >= since] if since >= begins else missed

    async def _listen(self, source: str, hints: Hints) -> None:
        try:
            while True:
                self.hear(source, await hints.next(_SILENCE))
        finally:
            hints.close()
