"""Keeps the copy up with the cluster: one catch-up subscription to `$all`, filtered by the service's stream prefix."""

from __future__ import annotations

import asyncio
import logging
import re
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from esdbclient import AsyncEventStoreDBClient, NewEvent, RecordedEvent, StreamState
from esdbclient.exceptions import GrpcError, NotFound, WrongCurrentVersion
from pydantic_core import from_json, to_json

from kernel.ids import random_uuid
from kernel.stores.esdb.copy import Copy
from kernel.stores.esdb.link import TIMEOUT, Link, endless
from kernel.stores.esdb.wire import Row, row

BATCH = 1_000
WINDOW = 200
log = logging.getLogger(__name__)


class LogReplaced(RuntimeError):
    """The cluster holds another log than the one that was copied: only a restart begins again."""


class Follower:
    """Two tasks: one listens, one writes what was heard, in batches. `moved` is called when the copy grew.

    A commit of several facts is heard fact by fact and enters the copy whole: a command whose first fact alone was
    known would be answered from half of what it did.
    """

    def __init__(self, source: str, namespace: str, link: Link, copy: Copy, moved: Callable[[], None]) -> None:
        self._source, self._namespace, self._link, self._copy, self._moved = source, namespace, link, copy, moved
        self._heard: asyncio.Queue[RecordedEvent] = asyncio.Queue(2 * BATCH)
        self._begun: list[Row] = []
        self._caught_up = False
        self._seen = 0
        self._tasks: list[asyncio.Task[None]] = []
        self._taking: asyncio.Future[tuple[int, int]] | None = None
        self.live = asyncio.Event()
        self.lost = False

    async def recognise(self) -> str:
        """The epoch of the cluster's log. Raises Refused(unavailable), and LogReplaced if it is not the copied one."""
        epoch = await self._link.call(lambda client: _epoch(client, f"guichet-epoch-{self._namespace}{self._source}"))
        last = self._copy.last
        if self._copy.epoch != epoch or (last and not await self._link.call(lambda client: _holds(client, *last))):
            raise LogReplaced(epoch)
        return epoch

    def start(self) -> None:
        """Begin where the copy ends."""
        self._seen, self._heard, self._begun = self._copy.position, asyncio.Queue(2 * BATCH), []
        self._tasks = [asyncio.create_task(work(), name=f"esdb/{self._source}") for work in (self._listen, self._write)]

    async def close(self) -> None:
        """Stop listening."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._taking is not None:
            await asyncio.wait([self._taking])
        await self._link.close()

    async def _listen(self) -> None:
        try:
            async for item in endless(self._subscribe):
                self._seen = max(self._seen, item.commit_position or 0)
                await self._heard.put(item)
        except LogReplaced:
            self.lost = True
            log.critical("the event store holds another log than before: restart %s", self._source)

    async def _subscribe(self) -> AsyncIterator[RecordedEvent]:
        await self.recognise()
        return await self._link.call(
            lambda client: client.subscribe_to_all(
                commit_position=self._seen or None,
                filter_include=[re.escape(f"{self._namespace}{self._source}.") + ".*"],
                filter_by_stream_name=True,
                include_checkpoints=True,
                include_caught_up=True,
                window_size=WINDOW,
            )
        )

    async def _write(self) -> None:
        while True:
            heard = [await self._heard.get()]
            while len(heard) < BATCH and not self._heard.empty():
                heard.append(self._heard.get_nowait())
            while True:
                try:
                    await self._take(heard)
                    break
                except sqlite3.Error as error:
                    log.error("the copy of %s cannot be written: %s", self._source, error)
                    await asyncio.sleep(1)

    async def _take(self, heard: Sequence[RecordedEvent]) -> None:
        rows = [row(item, self._namespace) for item in heard if not (item.is_checkpoint or item.is_caught_up)]
        rows = [*self._begun, *rows]
        whole = max((index + 1 for index, fact in enumerate(rows) if not fact.more), default=0)
        rows, begun = rows[:whole], rows[whole:]
        # A restart goes on after the last whole commit.
        seen = [row.position for row in rows] if begun else [item.commit_position or 0 for item in heard]
        position = max(seen, default=0)
        if position > self._copy.position:
            self._taking = asyncio.ensure_future(asyncio.to_thread(self._copy.add, rows, position))
            self._copy.took(await asyncio.shield(self._taking), position)
            self._moved()
        self._begun = begun
        self._caught_up = self._caught_up or any(item.is_caught_up for item in heard)
        if self._caught_up and not begun:
            self.live.set()


async def _epoch(client: AsyncEventStoreDBClient, stream: str) -> str:
    """The name of the log, written into it by whoever came first."""
    while True:
        try:
            (first,) = await client.get_stream(stream, limit=1, timeout=TIMEOUT)
        except NotFound:
            born = NewEvent(type="LogOpened", data=to_json({"epoch": str(random_uuid())}))
            try:
                await client.append_to_stream(
                    stream, current_version=StreamState.NO_STREAM, events=[born], timeout=TIMEOUT
                )
            except WrongCurrentVersion:
                continue
        else:
            found: dict[str, Any] = from_json(first.data)
            return str(found["epoch"])


async def _holds(client: AsyncEventStoreDBClient, position: int, id: bytes) -> bool:
    """Whether an event is where it was: not so after the restoration of an older backup."""
    try:
        async with await client.read_all(
            commit_position=position, filter_exclude=(), limit=1, timeout=TIMEOUT
        ) as found:
            return [event.id.bytes async for event in found] == [id]
    except GrpcError as error:
        if "invalid position" in str(error):
            return False
        raise
