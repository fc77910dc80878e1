"""A small question to a server, without a client library: the supervisor stays light."""

from __future__ import annotations

import asyncio
import contextlib


async def http_status(port: int, path: str, within: float = 2.0) -> int | None:
    """The status of `GET path` on a loopback port, or None when nothing answers in time."""
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"
    try:
        async with asyncio.timeout(within):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(request.encode())
                line = await reader.readline()
            finally:
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()
        return int(line.split()[1])
    except (OSError, IndexError, ValueError):
        return None
