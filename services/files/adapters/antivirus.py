"""`Antivirus` over clamd's INSTREAM (clamd(8)), and the one that looks at nothing."""

from __future__ import annotations

import asyncio
import struct
from contextlib import suppress

from services.files.ports import Clean, Infected, ScanResult, Unavailable

CONNECT_SECONDS = 2.0
SCAN_SECONDS = 20.0
_CHUNK = 64 * 1024
_ANSWER_BYTES = 4096


class Clamd:
    """One connection a scan. Whatever is neither OK nor FOUND is no verdict, the size limit included: fail closed."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        connect_seconds: float = CONNECT_SECONDS,
        scan_seconds: float = SCAN_SECONDS,
    ) -> None:
        self._host, self._port = host, port
        self._connect_seconds, self._scan_seconds = connect_seconds, scan_seconds

    async def scan(self, data: bytes) -> ScanResult:
        try:
            async with asyncio.timeout(self._connect_seconds):
                reader, writer = await asyncio.open_connection(self._host, self._port, limit=_ANSWER_BYTES)
        except OSError as error:
            return Unavailable(f"clamd cannot be reached: {type(error).__name__}")
        try:
            async with asyncio.timeout(self._scan_seconds):
                return _read(await _instream(reader, writer, data))
        except (OSError, EOFError, asyncio.LimitOverrunError) as error:
            return Unavailable(f"clamd did not answer: {type(error).__name__}")
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


class NoAntivirus:
    """For an installation without clamd: every file is clean in the eyes of « none »."""

    async def scan(self, data: bytes) -> ScanResult:
        return Clean("none")


async def _instream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, data: bytes) -> str:
    # clamd closes its side as soon as the size limit is passed; its answer may still be read.
    with suppress(BrokenPipeError, ConnectionResetError):
        writer.write(b"zINSTREAM\0")
        for at in range(0, len(data), _CHUNK):
            chunk = data[at : at + _CHUNK]
            writer.write(struct.pack(">I", len(chunk)) + chunk)
            await writer.drain()
        writer.write(struct.pack(">I", 0))
        await writer.drain()
    return (await reader.readuntil(b"\0"))[:-1].decode(errors="replace")


def _read(answer: str) -> ScanResult:
    if answer == "stream: OK":
        return Clean("clamd")
    if answer.startswith("stream: ") and answer.endswith(" FOUND"):
        return Infected("clamd", answer.removeprefix("stream: ").removesuffix(" FOUND"))
    return Unavailable(f"clamd: {answer[:200]}")
