"""One node: its log, its writer while it leads, and the faults it was ordered to show."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from dataclasses import dataclass
from pathlib import Path

from tests.esdb_server.access import Access, header
from tests.esdb_server.cluster import Cluster
from tests.esdb_server.errors import NotLeader, Unavailable
from tests.esdb_server.log import Log, open_for_reading, open_for_writing
from tests.esdb_server.wire import Call
from tests.esdb_server.writer import Writer

POLL = 0.02
"""Seconds between two looks of a follower at the log."""
ELECTION = 0.1
ABSTENTION = 1.0
"""Seconds a leader that resigned stands back."""


@dataclass(frozen=True)
class Options:
    """Sizes in bytes, times in seconds. `lose_every`: each so-manyth append is written and its reply lost."""

    max_append_size: int = 1024 * 1024
    write_timeout: float = 2.0
    write_delay: float = 0.0
    lose_every: int = 0


class Node:
    """What the services stand on. Made inside a running event loop."""

    def __init__(self, directory: Path, cluster: Cluster, access: Access, options: Options) -> None:
        self.cluster, self.access, self.options = cluster, access, options
        self._path = directory / "log.db"
        self._writer: Writer | None = None
        open_for_writing(self._path).close()
        self.log = Log(open_for_reading(self._path))
        self._tick = asyncio.Event()
        self._appends = itertools.count(1)
        self.stopping = False
        self._stands_back = False
        self._elect()
        self._duties = [asyncio.create_task(duty()) for duty in (self._watch, self._stand)]

    def writer(self, call: Call) -> Writer:
        """The writer, for a caller who may write. Raises NotLeader, Unavailable, AccessDenied, NotAuthenticated."""
        self.access.check(call, writes=True)
        if self._writer is None:
            raise self._elsewhere()
        return self._writer

    def reader(self, call: Call) -> Log:
        """The log, for a caller who may read and does not insist on a leader elsewhere. Raises as `writer`."""
        self.access.check(call)
        if header(call, "requires-leader").lower() == "true" and not self.cluster.leads:
            raise self._elsewhere()
        return self.log

    def replied(self) -> None:
        """Called before the reply to an append. Raises Unavailable when this one is to be lost."""
        if self.options.lose_every and next(self._appends) % self.options.lose_every == 0:
            raise Unavailable("the reply was lost, on order")

    async def changed(self, end: int) -> None:
        """Wait until the log goes on after `end`. Raises Unavailable when the server stops."""
        while not self.stopping and self.log.end <= end:
            await self._tick.wait()
        if self.stopping:
            raise Unavailable("Server Is Not Ready")

    async def resign(self) -> None:
        """Let another node lead, if there is one."""
        self._stands_back = True
        await self._abdicate()
        await asyncio.sleep(ABSTENTION)
        self._stands_back = False

    async def close(self) -> None:
        """Answer those who wait, write what was accepted, let go."""
        self.stopping = True
        self._woken()
        for duty in self._duties:
            duty.cancel()
        await self._abdicate()
        self.cluster.close()

    def _elsewhere(self) -> NotLeader | Unavailable:
        leader = self.cluster.leader()
        return NotLeader(*leader) if leader and leader != self.cluster.me else Unavailable("Server Is Not Ready")

    def _woken(self) -> None:
        self._tick.set()
        self._tick = asyncio.Event()

    def _elect(self) -> None:
        if self._writer is None and not self._stands_back and self.cluster.claim():
            self._writer = Writer(self._path, self._woken, self.options.write_delay)

    async def _abdicate(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            await writer.close()
        self.cluster.resign()

    async def _stand(self) -> None:
        while True:
            await asyncio.sleep(ELECTION)
            with contextlib.suppress(OSError):
                self._elect()

    async def _watch(self) -> None:
        # The leader is told by its writer; a follower sees that the file changed.
        seen = None
        while True:
            await asyncio.sleep(POLL)
            (version,) = self.log.db.execute("PRAGMA data_version").fetchone()
            if self._writer is None and version != seen:
                seen = version
                self._woken()
