"""clamd's INSTREAM, against a server that speaks it; whatever is no verdict must never pass for « clean »."""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncIterator

import pytest

from services.files.adapters.antivirus import Clamd, NoAntivirus
from services.files.ports import MAX_BYTES, Clean, Infected, Unavailable
from tests.support.clamd import EICAR, FakeClamd, fake_clamd
from tests.support.hostile import pdf


@pytest.fixture
async def clamd() -> AsyncIterator[FakeClamd]:
    async with fake_clamd() as server:
        yield server


def antivirus(server: FakeClamd) -> Clamd:
    return Clamd("127.0.0.1", server.port, connect_seconds=1, scan_seconds=0.5)


async def test_an_honest_file_is_clean_and_arrives_whole(clamd: FakeClamd) -> None:
    data = os.urandom(MAX_BYTES)
    assert await antivirus(clamd).scan(data) == Clean("clamd")
    assert clamd.scanned == [data]


async def test_an_empty_file_is_clean(clamd: FakeClamd) -> None:
    assert await antivirus(clamd).scan(b"") == Clean("clamd")


@pytest.mark.parametrize("data", [EICAR, pdf() + EICAR, b"\x89PNG\r\n\x1a\n" + EICAR], ids=["raw", "pdf", "png"])
async def test_a_known_malware_is_infected_wherever_it_hides(clamd: FakeClamd, data: bytes) -> None:
    assert await antivirus(clamd).scan(data) == Infected("clamd", "Eicar-Signature")


@pytest.mark.parametrize("size", [200_000, MAX_BYTES])
async def test_a_file_over_its_size_limit_has_no_verdict(clamd: FakeClamd, size: int) -> None:
    clamd.stream_max = 100_000
    verdict = await antivirus(clamd).scan(b"x" * size)
    assert isinstance(verdict, Unavailable)


async def test_an_engine_that_does_not_answer_in_time_has_no_verdict(clamd: FakeClamd) -> None:
    clamd.silent = True
    assert await antivirus(clamd).scan(b"x") == Unavailable("clamd did not answer: TimeoutError")


@pytest.mark.parametrize(
    "answer",
    [
        b"stream: Can't allocate memory ERROR\0",
        b"UNKNOWN COMMAND\0",
        b"OK? NO\0",
        b"stream: OK",
        b"\0",
        b"",
        b"x" * 10_000,
    ],
)
async def test_an_answer_that_is_no_verdict_is_not_clean(clamd: FakeClamd, answer: bytes) -> None:
    clamd.answer = answer
    assert isinstance(await antivirus(clamd).scan(b"x"), Unavailable)


async def test_an_engine_that_is_down_has_no_verdict() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        assert isinstance(await Clamd("127.0.0.1", taken.getsockname()[1]).scan(b"x"), Unavailable)


async def test_an_engine_that_never_accepts_has_no_verdict() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        with socket.create_connection(full.getsockname()), socket.socket() as second:
            second.setblocking(False)
            second.connect_ex(full.getsockname())
            verdict = await Clamd("127.0.0.1", full.getsockname()[1], connect_seconds=0.2, scan_seconds=0.2).scan(b"x")
    assert isinstance(verdict, Unavailable)


async def test_without_an_antivirus_the_verdict_says_that_nobody_looked() -> None:
    assert await NoAntivirus().scan(EICAR) == Clean("none")
