"""The program of the limited child: one file on standard input, one line of JSON on standard output."""

from __future__ import annotations

import json
import resource
import signal
import sys

from services.files.ports import MAX_BYTES
from services.files.vetting.refusals import Reason, Unfit

MEMORY_BYTES = 1024**3
CPU_SECONDS = 5
WALL_SECONDS = 10
OPEN_FILES = 32


def main(media_type: str) -> None:
    """Give up everything that a parser does not need, then read the file and answer."""
    limit()
    data = sys.stdin.buffer.read(MAX_BYTES + 1)
    print(json.dumps(answer(data, media_type)))


def answer(data: bytes, media_type: str) -> dict[str, str | int]:
    """`{"pages": n}`, `{"pixels": n}` or `{"reason": code}`. A parser may raise anything on hostile bytes."""
    try:
        match media_type:
            case "application/pdf":
                from services.files.vetting.documents import inspect_pdf

                return {"pages": inspect_pdf(data)}
            case "image/png" | "image/jpeg":
                from services.files.vetting.images import inspect_image

                return {"pixels": inspect_image(data, "PNG" if media_type == "image/png" else "JPEG")}
            case _:
                return {"reason": Reason.UNKNOWN_KIND}
    except Unfit as unfit:
        return {"reason": unfit.reason}
    except (MemoryError, RecursionError):
        return {"reason": Reason.TOO_COMPLEX}
    except Exception:
        return {"reason": Reason.DAMAGED}


def limit() -> None:
    """The child limits itself before it reads a byte: a limit set between fork and exec could deadlock the service."""
    for what, soft in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(what)[1]
        value = soft if hard == resource.RLIM_INFINITY else min(soft, hard)
        resource.setrlimit(what, (value, value))
    # Should the service die, nobody would be left to stop a child that hangs.
    signal.alarm(WALL_SECONDS)
