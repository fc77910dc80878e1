"""Calls to a cluster that may be away, change its leader or lose a reply: tried again for a while, then refused."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from esdbclient import AsyncEventStoreDBClient
from esdbclient.exceptions import (
    AccessDeniedError,
    BadRequestError,
    EventStoreDBClientException,
    MaximumAppendSizeExceededError,
    NotFound,
    StreamIsDeleted,
    WrongCurrentVersion,
)

from kernel.errors import Refused, unavailable

T = TypeVar("T")
PATIENCE = 5.0
"""Seconds a call is tried again: an election of a leader takes some."""
IMPATIENCE = 0.5
"""The same, after a call that was given up."""
FINAL = (
    AccessDeniedError,
    BadRequestError,
    MaximumAppendSizeExceededError,
    NotFound,
    StreamIsDeleted,
    WrongCurrentVersion,
)
"""Errors that say something; any other one says that nobody knows what happened."""
TIMEOUT = 3.0
"""Seconds one attempt may take."""
CHANNEL = (
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 2_000),
    # The client's own option for this bears a name gRPC does not know.
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 10_000),
)
log = logging.getLogger(__name__)


class Client(AsyncEventStoreDBClient):
    """Counts its reconnections, because they drop what is under way.

    Appends then end with a cancellation nobody ordered; reads and subscriptions end as if there were no more to read.
    """

    reconnections = 0

    async def reconnect(self, grpc_target: str | None = None) -> None:
        self.reconnections += 1
        await super().reconnect(grpc_target)


class Link:
    """A client of the cluster, connected when first used. Not to be shared by calls and a subscription."""

    def __init__(self, uri: str, patience: float = PATIENCE) -> None:
        self._uri, self._patience = uri, patience
        self._client: Client | None = None
        self._connecting = asyncio.Lock()
        self._away = False

    async def call(self, attempt: Callable[[AsyncEventStoreDBClient], Awaitable[T]]) -> T:
        """The outcome, or one of FINAL. Raises Refused(unavailable). Attempts must bear repetition."""
        loop = asyncio.get_running_loop()
        until, pause = loop.time() + (min(IMPATIENCE, self._patience) if self._away else self._patience), 0.05
        while True:
            try:
                client = await self._connected()
                before = client.reconnections
                outcome = await attempt(client)
                if _cancelled():
                    raise asyncio.CancelledError  # the client takes a cancellation for the end of what it reads
                if client.reconnections == before:
                    self._away = False
                    return outcome
            except FINAL:
                self._away = False
                raise
            except (EventStoreDBClientException, asyncio.CancelledError) as error:
                if isinstance(error, asyncio.CancelledError) and _cancelled():
                    raise
                log.info("the event store does not answer: %s", type(error).__name__)
            if loop.time() + pause > until:
                self._away = True
                raise unavailable()
            await asyncio.sleep(pause)
            pause = min(pause * 2, 1.0)

    async def close(self) -> None:
        """Let go of the connection."""
        client, self._client = self._client, None
        if client is not None:
            with suppress(EventStoreDBClientException):
                await client.close()

    async def _connected(self) -> Client:
        async with self._connecting:
            if self._client is None:
                client = Client(self._uri)
                client.grpc_options += CHANNEL
                await client.connect()
                self._client = client
            return self._client


async def endless(subscribe: Callable[[], Awaitable[AsyncIterator[T]]]) -> AsyncIterator[T]:
    """What a subscription sends, subscribed again whenever it ends, whichever way it does."""
    pause = 0.05
    while True:
        try:
            async for item in await subscribe():
                yield item
                pause = 0.05
            if _cancelled():
                raise asyncio.CancelledError
            log.info("the subscription ended without a word")
        except (EventStoreDBClientException, Refused, asyncio.CancelledError) as error:
            if isinstance(error, asyncio.CancelledError) and _cancelled():
                raise
            log.info("the subscription ended: %s", type(error).__name__)
        await asyncio.sleep(pause)
        pause = min(pause * 2, 2.0)


def _cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
