"""What the processes of one service know of each other through PostgreSQL: news, and which schemas are in use.

One connection a process: it listens, and holds a shared lock on every schema it uses, which its death lets go.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Any

import psycopg

LOOK = 2.0
PAUSE = 1.0
log = logging.getLogger(__name__)
USED = "hashtextextended('used:' || %s, 0)"


class Presence:
    """Listens for ever once it is started. News that may have been missed are told as `None`: look again."""

    def __init__(self, arguments: dict[str, Any], channel: str) -> None:
        self._arguments, self._channel = arguments, channel
        self._used: set[str] = set()
        self._locked: set[str] = set()
        self._hear: Callable[[str | None], None] = lambda news: None
        self._task: asyncio.Task[None] | None = None

    def use(self, schema: str) -> None:
        """Say that a schema is in use; others see it within two seconds."""
        self._used.add(schema)

    def leave(self, schema: str) -> None:
        """Say that it is not in use any more."""
        self._used.discard(schema)

    def start(self, hear: Callable[[str | None], None]) -> None:
        """Listen from now on."""
        self._hear = hear
        self._task = asyncio.create_task(self._run(), name="presence")

    async def close(self) -> None:
        """Hang up."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            with contextlib.suppress(psycopg.Error, OSError):
                async with await psycopg.AsyncConnection.connect(**self._arguments) as connection:
                    await connection.execute(f"LISTEN {self._channel}")
                    self._locked = set()
                    self._hear(None)
                    await self._listen(connection)
            log.warning("PostgreSQL does not answer: what other processes do is not heard")
            await asyncio.sleep(PAUSE)

    async def _listen(self, connection: psycopg.AsyncConnection[Any]) -> None:
        while True:
            for schema in self._used - self._locked:
                await connection.execute(f"SELECT pg_advisory_lock_shared({USED})", (schema,))
            for schema in self._locked - self._used:
                await connection.execute(f"SELECT pg_advisory_unlock_shared({USED})", (schema,))
            self._locked = set(self._used)
            async for notice in connection.notifies(timeout=LOOK):
                self._hear(notice.payload)


async def unused(connection: psycopg.AsyncConnection[Any], schema: str) -> bool:
    """Whether no process of the service uses a schema."""
    cursor = await connection.execute(f"SELECT pg_try_advisory_lock({USED})", (schema,))
    (free,) = await cursor.fetchone() or (False,)
    if free:
        await connection.execute(f"SELECT pg_advisory_unlock({USED})", (schema,))
    return bool(free)
