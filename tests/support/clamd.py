"""A small INSTREAM server that speaks as clamd 1.4 does; it knows EICAR, and can be told to misbehave."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

# Written backwards: an antivirus on a developer's machine would otherwise delete this file.
EICAR = b"*H+H$!ELIF-TSET-SURIVITNA-DRADNATS-RACIE$}7)CC7)^P(45XZP\\4[PA@%P!O5X"[::-1]


@dataclass
class FakeClamd:
    """`stream_max` is StreamMaxLength in bytes; `silent` never answers; `answer` replaces what it would say."""

    port: int = 0
    stream_max: int = 12 * 1024 * 1024
    silent: bool = False
    answer: bytes | None = None
    scanned: list[bytes] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if await reader.readuntil(b"\0") == b"zINSTREAM\0":
                writer.write(await self._scan(reader))
                await writer.drain()
        except (OSError, EOFError):
            pass
        finally:
            writer.close()

    async def _scan(self, reader: asyncio.StreamReader) -> bytes:
        data = b""
        while size := struct.unpack(">I", await reader.readexactly(4))[0]:
            if len(data) + size > self.stream_max:
                return b"INSTREAM size limit exceeded. ERROR\0"
            data += await reader.readexactly(size)
        self.scanned.append(data)
        if self.silent:
            await reader.read()
        if self.answer is not None:
            return self.answer
        return b"stream: Eicar-Signature FOUND\0" if EICAR in data else b"stream: OK\0"


@asynccontextmanager
async def fake_clamd() -> AsyncIterator[FakeClamd]:
    """One that listens on a free loopback port."""
    clamd = FakeClamd()
    server = await asyncio.start_server(clamd.serve, "127.0.0.1", 0)
    clamd.port = server.sockets[0].getsockname()[1]
    async with server:
        yield clamd
