"""Runs `inspection` on one file in a process of its own, and believes only a well-formed answer."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from asyncio.subprocess import DEVNULL, PIPE
from contextlib import suppress
from pathlib import Path
from typing import cast

from services.files.ports import Accepted, MediaType, Verdict, VettingUnavailable
from services.files.vetting.inspection import WALL_SECONDS
from services.files.vetting.refusals import Reason, Unfit

_log = logging.getLogger(__name__)

_SOURCES = str(Path(__file__).resolve().parents[3])
# -I ignores the environment and the current directory, so the child is told where its own code lies.
PROGRAM = f"""
import sys
sys.path.append({_SOURCES!r})
from services.files.vetting.inspection import main
main(sys.argv[1])
"""
_ANSWER_BYTES = 256
_BURIAL_SECONDS = 2


async def inspect(
    data: bytes, media_type: MediaType, *, program: str = PROGRAM, wall_seconds: float = WALL_SECONDS
) -> Verdict:
    """The child's verdict; a child that dies, hangs or babbles is `unreadable-file`. Raises `VettingUnavailable`."""
    try:
        transport, talk = await asyncio.get_running_loop().subprocess_exec(
            _Talk,
            *(sys.executable, "-I", "-B", "-c", program, media_type),
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            env={},
            cwd="/",
            start_new_session=True,
        )
    except OSError as error:
        raise VettingUnavailable("no process can be started") from error
    talk.ask(data)
    try:
        await asyncio.wait([talk.ended], timeout=wall_seconds)
    finally:
        # Kills the child if it still runs, upload cancelled or not.
        transport.close()
        await asyncio.wait([talk.ended], timeout=_BURIAL_SECONDS)
    return _verdict(bytes(talk.answer), media_type, transport.get_returncode())


class _Talk(asyncio.SubprocessProtocol):
    """One question, one answer. asyncio's stream API would wait for ever on a killed child that said too much."""

    def __init__(self) -> None:
        self.answer = bytearray()
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._child = cast(asyncio.SubprocessTransport, transport)

    def ask(self, data: bytes) -> None:
        stdin = cast(asyncio.WriteTransport, self._child.get_pipe_transport(0))
        stdin.write(data)
        stdin.close()

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        if len(self.answer) + len(data) > _ANSWER_BYTES:
            self._child.close()
        else:
            self.answer += data

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_result(None)


def _verdict(line: bytes, media_type: MediaType, status: int | None) -> Verdict:
    if status != 0:
        _log.warning("a vetting child ended with status %s", status)
        return Unfit(Reason.TOO_COMPLEX).rejection
    with suppress(ValueError, RecursionError):
        match json.loads(line):
            case {"pages": int(pages)}:
                return Accepted(media_type, pages=pages)
            case {"pixels": int(pixels)}:
                return Accepted(media_type, pixels=pixels)
            case {"reason": str(reason)}:
                return Unfit(Reason(reason)).rejection
            case _:
                pass
    return Unfit(Reason.DAMAGED).rejection
