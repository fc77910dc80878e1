"""The event store on an EventStoreDB (KurrentDB) cluster: appends go there, reads come from a local copy of the log.

An append states the exact version it follows, so deciding on a copy that lags is harmless: the cluster refuses, the
copy catches up, the decision is made again. What the copy alone would refuse is refused only once the cluster was
asked. While the cluster is away, commands are refused as unavailable and readers go on.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import OrderedDict
from datetime import datetime
from pathlib import Path
from weakref import WeakValueDictionary

from esdbclient import StreamState
from esdbclient.exceptions import MaximumAppendSizeExceededError, NotFound, StreamIsDeleted, WrongCurrentVersion

from kernel.clock import Clock, system_clock
from kernel.codec import Codec
from kernel.envelope import Commit, Context, Recorded
from kernel.errors import Kind, Refused, unavailable
from kernel.eventstore import Decision, Page
from kernel.stores.esdb.copy import Copy
from kernel.stores.esdb.follower import Follower, LogReplaced
from kernel.stores.esdb.link import PATIENCE, TIMEOUT, Link
from kernel.stores.esdb.wire import new_events
from kernel.stores.schema import from_row
from kernel.stores.step import Draft, owned, step

CACHED_STREAMS = 4_000
CACHED_LENGTH = 200
log = logging.getLogger(__name__)


class EventStoreDbStore:
    """`EventStore` over a connection string (`esdb://…`), its copy in `directory`. Made by `open`."""

    def __init__(
        self,
        uri: str,
        directory: Path,
        codec: Codec,
        clock: Clock = system_clock,
        *,
        namespace: str = "",
        patience: float = PATIENCE,
    ) -> None:
        self.source, self._codec, self._clock = codec.service, codec, clock
        self._copy = Copy(directory.resolve())
        self._namespace, self._patience = namespace, patience
        self._calls = Link(uri, patience)
        self._follower = Follower(self.source, namespace, Link(uri, patience), self._copy, self._moved)
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._histories: OrderedDict[str, list[Recorded]] = OrderedDict()
        self._tick = asyncio.Event()
        self._closed = False
        self.epoch = self._copy.epoch

    @classmethod
    async def open(
        cls,
        uri: str,
        directory: Path,
        codec: Codec,
        clock: Clock = system_clock,
        *,
        namespace: str = "",
        patience: float = PATIENCE,
    ) -> EventStoreDbStore:
        """A store whose copy is up to date, or as it was left while the cluster is away.

        `namespace` begins the stream names of this installation, where several share a cluster.
        `patience`: the seconds a cluster that does not answer is tried again before a command is refused.
        Raises Refused(unavailable) when the cluster is away and nothing was copied yet, and StoreInUse.
        """
        store = cls(uri, directory, codec, clock, namespace=namespace, patience=patience)
        try:
            await store._begin()
        except BaseException:
            await store.close()
            raise
        return store

    @property
    def head(self) -> int:
        return self._copy.head

    @property
    def public_head(self) -> int:
        return self._copy.public_head

    async def update(self, stream: str, decide: Decision, ctx: Context) -> Commit:
        owned(self.source, stream)
        turn = self._turns.setdefault(stream, asyncio.Lock())
        until = time.monotonic() + self._patience
        try:
            async with asyncio.timeout(self._patience):
                await turn.acquire()
        except TimeoutError:
            raise unavailable() from None
        try:
            # Whoever wrote last is best placed to write next: an unlucky replica may have to try many times.
            while not self._closed and not self._follower.lost:
                if (commit := await self._attempt(stream, decide, ctx)) is not None:
                    return commit
                if time.monotonic() > until:
                    break
        finally:
            turn.release()
        raise unavailable()

    async def read(self, stream: str, *, upto: int | datetime | None = None) -> list[Recorded]:
        rows = self._copy.stream(owned(self.source, stream), 0, upto)
        return [from_row(self.source, self._codec, row) for row in rows]

    async def scan(self, after: int, limit: int = 500, *, public: bool = False, route: str | None = None) -> Page:
        head = self.head
        rows = self._copy.page(after, head, limit, public, route)
        facts = [from_row(self.source, self._codec, row) for row in rows]
        last = facts[-1].position if facts else after
        return Page(facts, last if len(facts) == limit else max(head, last))

    async def changed(self, after: int, timeout: float) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                while self.head <= after:
                    await self._tick.wait()
        return self.head > after

    def forget(self, stream: str | None = None) -> None:
        self._histories.pop(stream, None) if stream else self._histories.clear()

    async def close(self) -> None:
        self._closed = True
        await self._follower.close()
        await self._calls.close()
        self._copy.close()

    async def _begin(self) -> None:
        try:
            await self._follower.recognise()
        except LogReplaced as replaced:
            if self._copy.epoch:
                log.warning("the event store holds another log: %s is copied again", self.source)
            self.epoch = str(replaced)
            self._copy.clear(self.epoch)
        except Refused:
            if not self._copy.epoch:
                raise
            log.warning("the event store does not answer: %s starts from its copy", self.source)
            self._follower.start()
            return
        self._follower.start()
        await self._follower.live.wait()

    async def _attempt(self, stream: str, decide: Decision, ctx: Context) -> Commit | None:
        """What the command comes to; None to try again on a longer history."""
        history = self._history(stream)
        try:
            outcome = step(stream, history, decide, ctx, self._codec, self._clock())
        except Exception:
            if await self._grew(stream, len(history)):
                return None
            raise
        if outcome.replayed is not None:
            last = outcome.replayed[-1]
            public = last.position if last.public else last.previous
            return Commit(stream, last.version, last.position, public, True, outcome.replayed)
        if not outcome.fresh:
            if await self._grew(stream, len(history)):
                return None
            return Commit(stream, len(history), self.head, self.public_head, False)
        await asyncio.to_thread(self._codec.vault.flush)
        try:
            position = await self._append(stream, len(history), outcome.fresh)
        except WrongCurrentVersion:
            await self._grew(stream, len(history))
            return None
        await self._reached(position)
        facts = self._history(stream)[len(history) : len(history) + len(outcome.fresh)]
        if [fact.chain for fact in facts] != [draft.chain for draft in outcome.fresh]:
            # The cluster knows an append by its ids alone: another replica recorded this command, maybe from another
            # body and certainly with other random values. On the longer history it is known for what it is.
            await self._grew(stream, len(history))
            return None
        last = facts[-1]
        public = last.position if last.public else last.previous
        return Commit(stream, last.version, last.position, public, False, facts)

    async def _append(self, stream: str, version: int, drafts: list[Draft]) -> int:
        name, expected = self._namespace + stream, version - 1 if version else StreamState.NO_STREAM
        # Always a batch, always the same ids: a reply that was lost is found again by the repetition.
        events = new_events(drafts)
        try:
            return await self._calls.call(
                lambda client: client.append_to_stream(name, current_version=expected, events=events, timeout=TIMEOUT)
            )
        except MaximumAppendSizeExceededError as error:
            log.error("%s: an append was too large (%s)", stream, error)
            raise Refused(
                Kind.TOO_LARGE,
                "append-too-large",
                "Cette demande contient trop de données pour être enregistrée en une fois. Réduisez-la, "
                "puis recommencez.",
            ) from None
        except StreamIsDeleted:
            log.error("%s was deleted in the event store", stream)
            raise unavailable() from None

    async def _grew(self, stream: str, version: int) -> bool:
        """Whether the cluster holds more of a stream than was known; if so, the copy does when this returns."""
        try:
            found = await self._calls.call(
                lambda client: client.get_stream(self._namespace + stream, stream_position=version, timeout=TIMEOUT)
            )
        except NotFound:
            return False
        if not found:
            return False
        await self._reached(found[-1].commit_position or 0)
        return True

    async def _reached(self, position: int) -> None:
        try:
            async with asyncio.timeout(self._patience):
                while self.head < position:
                    await self._tick.wait()
        except TimeoutError:
            log.warning("the copy of %s does not follow", self.source)
            raise unavailable() from None

    def _history(self, stream: str) -> list[Recorded]:
        known = self._histories.get(stream, [])
        rows = self._copy.stream(stream, len(known), None)
        history = [*known, *(from_row(self.source, self._codec, row) for row in rows)]
        if len(history) <= CACHED_LENGTH:
            self._histories[stream] = history
            self._histories.move_to_end(stream)
            if len(self._histories) > CACHED_STREAMS:
                self._histories.popitem(last=False)
        return history

    def _moved(self) -> None:
        self._tick.set()
        self._tick = asyncio.Event()
