"""The clients of EventStoreDB nobody here wrote, behind one face, so that one sentence is checked with each of them."""

from __future__ import annotations

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from esdbclient import AsyncEventStoreDBClient, EventStoreDBClient, NewEvent, RecordedEvent, StreamState
from esdbclient.common import AbstractAsyncCatchupSubscription
from esdbclient.exceptions import NotFound

Version = int | StreamState
PATIENCE = 10.0
"""Seconds a test waits for what must come."""


def event(type: str = "Happened", data: bytes = b"{}", *, id: UUID | None = None, metadata: bytes = b"") -> NewEvent:
    """An event to append."""
    return NewEvent(type=type, data=data, metadata=metadata, id=id or uuid4())


def events(count: int, type: str = "Happened") -> list[NewEvent]:
    """Events numbered from 1 in their data."""
    return [event(type, json.dumps({"n": number}).encode()) for number in range(1, count + 1)]


def link(target: RecordedEvent) -> NewEvent:
    """A link to an event."""
    return event("$>", f"{target.stream_position}@{target.stream_name}".encode())


class Subscription(ABC):
    """A live subscription."""

    @abstractmethod
    async def next(self) -> RecordedEvent:
        """What comes next, within PATIENCE. Raises StopAsyncIteration, and the client's errors."""

    @abstractmethod
    async def stop(self) -> None:
        """End it."""

    async def take(self, count: int) -> list[RecordedEvent]:
        """So many."""
        return [await self.next() for _ in range(count)]

    async def until_caught_up(self) -> list[RecordedEvent]:
        """What comes before it is caught up."""
        found: list[RecordedEvent] = []
        while not (item := await self.next()).is_caught_up:
            found.append(item)
        return found


class Client(ABC):
    """What the tests use of a client. Reading takes the keywords of esdbclient."""

    @abstractmethod
    async def append(self, stream: str, version: Version, *events: NewEvent, timeout: float | None = None) -> int:
        """The commit position."""

    @abstractmethod
    async def read(self, stream: str, **how: Any) -> list[RecordedEvent]:
        """A stream."""

    @abstractmethod
    async def read_all(self, **how: Any) -> list[RecordedEvent]:
        """The log."""

    @abstractmethod
    async def follow(self, stream: str, **how: Any) -> Subscription:
        """Subscribe to a stream."""

    @abstractmethod
    async def follow_all(self, **how: Any) -> Subscription:
        """Subscribe to the log."""

    @abstractmethod
    async def delete(self, stream: str, version: Version) -> None:
        """Soft."""

    @abstractmethod
    async def tombstone(self, stream: str, version: Version) -> None:
        """Hard."""

    @abstractmethod
    async def describe(self, stream: str, metadata: dict[str, Any], version: Version = StreamState.ANY) -> None:
        """Set a stream's metadata."""

    @abstractmethod
    async def described(self, stream: str) -> tuple[dict[str, Any], Version]:
        """A stream's metadata and its version."""

    @abstractmethod
    async def close(self) -> None:
        """Let go."""

    async def revisions(self, stream: str, **how: Any) -> list[int]:
        """The revisions a reader is shown; none of a stream that does not exist."""
        try:
            return [found.stream_position for found in await self.read(stream, **how)]
        except NotFound:
            return []


class AsyncioClient(Client):
    """esdbclient on asyncio: every append goes through BatchAppend, one call each."""

    def __init__(self, client: AsyncEventStoreDBClient) -> None:
        self.client = client

    async def append(self, stream: str, version: Version, *events: NewEvent, timeout: float | None = None) -> int:
        return int(await self.client.append_to_stream(stream, current_version=version, events=events, timeout=timeout))

    async def read(self, stream: str, **how: Any) -> list[RecordedEvent]:
        return list(await self.client.get_stream(stream, **how))

    async def read_all(self, **how: Any) -> list[RecordedEvent]:
        async with await self.client.read_all(**how) as found:
            return [item async for item in found]

    async def follow(self, stream: str, **how: Any) -> Subscription:
        return AsyncioSubscription(await self.client.subscribe_to_stream(stream, **how))

    async def follow_all(self, **how: Any) -> Subscription:
        return AsyncioSubscription(await self.client.subscribe_to_all(**how))

    async def delete(self, stream: str, version: Version) -> None:
        await self.client.delete_stream(stream, current_version=version)

    async def tombstone(self, stream: str, version: Version) -> None:
        await self.client.tombstone_stream(stream, current_version=version)

    async def describe(self, stream: str, metadata: dict[str, Any], version: Version = StreamState.ANY) -> None:
        await self.client.set_stream_metadata(stream, metadata=metadata, current_version=version)

    async def described(self, stream: str) -> tuple[dict[str, Any], Version]:
        return await self.client.get_stream_metadata(stream)

    async def close(self) -> None:
        await self.client.close()


class AsyncioSubscription(Subscription):
    """Over an asynchronous iterator."""

    def __init__(self, items: AbstractAsyncCatchupSubscription) -> None:
        self._items = items

    async def next(self) -> RecordedEvent:
        async with asyncio.timeout(PATIENCE):
            return await anext(self._items)

    async def stop(self) -> None:
        await self._items.stop()


class SyncClient(Client):
    """esdbclient on threads. `alone`: an event by itself goes through Append, otherwise through BatchAppend."""

    def __init__(self, client: EventStoreDBClient, *, alone: bool) -> None:
        self.client, self._alone = client, alone

    async def append(self, stream: str, version: Version, *events: NewEvent, timeout: float | None = None) -> int:
        what: NewEvent | Sequence[NewEvent] = events[0] if self._alone and len(events) == 1 else events
        return int(
            await asyncio.to_thread(
                self.client.append_to_stream, stream, current_version=version, events=what, timeout=timeout
            )
        )

    async def read(self, stream: str, **how: Any) -> list[RecordedEvent]:
        return list(await asyncio.to_thread(self.client.get_stream, stream, **how))

    async def read_all(self, **how: Any) -> list[RecordedEvent]:
        return await asyncio.to_thread(lambda: list(self.client.read_all(**how)))

    async def follow(self, stream: str, **how: Any) -> Subscription:
        return SyncSubscription(await asyncio.to_thread(self.client.subscribe_to_stream, stream, **how))

    async def follow_all(self, **how: Any) -> Subscription:
        return SyncSubscription(await asyncio.to_thread(self.client.subscribe_to_all, **how))

    async def delete(self, stream: str, version: Version) -> None:
        await asyncio.to_thread(self.client.delete_stream, stream, current_version=version)

    async def tombstone(self, stream: str, version: Version) -> None:
        await asyncio.to_thread(self.client.tombstone_stream, stream, current_version=version)

    async def describe(self, stream: str, metadata: dict[str, Any], version: Version = StreamState.ANY) -> None:
        await asyncio.to_thread(self.client.set_stream_metadata, stream, metadata=metadata, current_version=version)

    async def described(self, stream: str) -> tuple[dict[str, Any], Version]:
        return await asyncio.to_thread(self.client.get_stream_metadata, stream)

    async def close(self) -> None:
        await asyncio.to_thread(self.client.close)


class SyncSubscription(Subscription):
    """Over an iterator, each step in a thread."""

    END = object()

    def __init__(self, items: Any) -> None:
        self._items = items

    async def next(self) -> RecordedEvent:
        async with asyncio.timeout(PATIENCE):
            item: Any = await asyncio.to_thread(next, self._items, self.END)
        if item is self.END:
            raise StopAsyncIteration
        found: RecordedEvent = item
        return found

    async def stop(self) -> None:
        await asyncio.to_thread(self._items.stop)


async def connect(kind: str, uri: str, **how: Any) -> Client:
    """A client of a kind: `append` and `batch` are the synchronous one by either RPC, `asyncio` the other."""
    if kind == "asyncio":
        client = AsyncEventStoreDBClient(uri, **how)
        await client.connect()
        return AsyncioClient(client)
    return SyncClient(await asyncio.to_thread(lambda: EventStoreDBClient(uri, **how)), alone=kind == "append")
