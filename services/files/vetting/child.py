"""Runs `inspection` on one file in a process of its own, and believes only a well-formed answer."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from pathlib import Path

from services.files.ports import Accepted, MediaType, Verdict, VettingUnavailable
from services.files.vetting.inspection import WALL_SECONDS
from services.files.vetting.refusals import Reason, Unfit

_log = logging.getLogger(__name__)

_SOURCES = str(Path(__file__).resolve().parents[3])
# -I ignores the environment and the current directory, so the child is told where its own code lies.
_BOOT = (
    "import sys; sys.path.append(sys.argv[1]); from services.files.vetting.inspection import main; main(sys.argv[2])"
)
_ANSWER_BYTES = 1024


async def inspect(data: bytes, media_type: MediaType, wall_seconds: float = WALL_SECONDS) -> Verdict:
    """The child's verdict; a child that dies, hangs or babbles is `unreadable-file`. Raises `VettingUnavailable`."""
    try:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-B", "-c", _BOOT, _SOURCES, media_type),
            stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env={}, cwd="/", start_new_session=True, limit=_ANSWER_BYTES,
        )  # fmt: skip
    except OSError as error:
        raise VettingUnavailable("no process can be started") from error
    line = b""
    try:
        async with asyncio.timeout(wall_seconds):
            line = await _converse(process, data)
    except (TimeoutError, ValueError, OSError) as error:
        _log.warning("a vetting child was stopped: %s", type(error).__name__)
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    return _verdict(line, media_type, process.returncode)


async def _converse(process: Process, data: bytes) -> bytes:
    assert process.stdin is not None
    assert process.stdout is not None
    with suppress(BrokenPipeError, ConnectionResetError):
        process.stdin.write(data)
        await process.stdin.drain()
    process.stdin.close()
    line = await process.stdout.readline()
    await process.wait()
    return line


def _verdict(line: bytes, media_type: MediaType, status: int | None) -> Verdict:
    if status != 0:
        _log.warning("a vetting child ended with status %s", status)
        return Unfit(Reason.TOO_COMPLEX).rejection
    with suppress(ValueError):
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
