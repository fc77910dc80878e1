"""One line to PostgreSQL: how it is opened, whether somebody is at its end, and how to wait for an answer."""

from __future__ import annotations

import asyncio
import contextlib
import select
import time
from typing import Any

import psycopg

from kernel.databases.wire import Wire
from kernel.db import Row
from kernel.errors import unavailable

LONGEST_STATEMENT = 60.0


def arguments(url: str, service: str) -> dict[str, Any]:
    """How to connect: in five seconds or not at all, and noticing a server that is gone."""
    return {
        "conninfo": url,
        "autocommit": True,
        "connect_timeout": 5,
        "application_name": f"guichet {service}",
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 20_000,
    }


class Line:
    """A connection, its wire, and the schema its names mean."""

    def __init__(self, connection: psycopg.Connection[Any] | psycopg.AsyncConnection[Any]) -> None:
        self.connection, self.schema = connection, ""
        self.wire = Wire(connection.pgconn)
        self.socket = connection.pgconn.socket

    def alive(self) -> bool:
        """Whether an idle line still has a server at its end. Asks nobody."""
        poll = select.poll()
        poll.register(self.socket, select.POLLIN)
        with contextlib.suppress(psycopg.Error):
            # First come the server's last words, then the end.
            while poll.poll(0):
                self.wire.pg.consume_input()
        return self.wire.pg.status == psycopg.pq.ConnStatus.OK

    def close(self) -> None:
        """Hang up."""
        self.wire.pg.finish()

    def settle(self) -> list[Row]:
        """Wait, in a thread, for the answer to all that was sent. Raises what `Wire.answer` raises."""
        wire, latest = self.wire, time.monotonic() + LONGEST_STATEMENT + 5
        wire.end()
        poll = select.poll()
        while True:
            blocked = wire.feed()
            if wire.done():
                return wire.answer()
            poll.register(self.socket, select.POLLIN | (select.POLLOUT if blocked else 0))
            if not poll.poll(max(0.0, latest - time.monotonic()) * 1000):
                self.close()
                raise unavailable()
            wire.pg.consume_input()

    async def settled(self) -> list[Row]:
        """The same, on the event loop."""
        wire, loop = self.wire, asyncio.get_running_loop()
        wire.end()
        while True:
            blocked = wire.feed()
            if wire.done():
                return wire.answer()
            ready: asyncio.Future[None] = loop.create_future()
            loop.add_reader(self.socket, _wake, ready)
            if blocked:
                loop.add_writer(self.socket, _wake, ready)
            try:
                await ready
            finally:
                loop.remove_reader(self.socket)
                if blocked:
                    loop.remove_writer(self.socket)
            wire.pg.consume_input()


def _wake(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)
