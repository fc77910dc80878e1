"""A small question to a server, without a client library: the supervisor stays light."""

from __future__ import annotations

import asyncio
import contextlib


async def http_status(port: int, path: str, within: float = 2.0) -> int | None:
    """The status of `GET path` on a loopback port, or None when nothing answers in time."""
    head = await _asked(port, path, within, whole=False)
    try:
        return int(head.split()[1])
    except (IndexError, ValueError):
        return None


async def http_says(port: int, path: str, words: bytes, within: float = 2.0) -> bool:
    """Whether the answer to `GET path` on a loopback port holds `words`."""
    return words in await _asked(port, path, within, whole=True)


async def listens(port: int, within: float = 1.0) -> bool:
    """Whether something accepts connections on a loopback port."""
    try:
        async with asyncio.timeout(within):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


async def _asked(port: int, path: str, within: float, *, whole: bool) -> bytes:
    """The status line, or the whole answer as it came; nothing when nobody answers in time."""
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"
    try:
        async with asyncio.timeout(within):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(request.encode())
                return await (reader.read() if whole else reader.readline())
            finally:
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()
    except (OSError, ValueError):
        return b""
