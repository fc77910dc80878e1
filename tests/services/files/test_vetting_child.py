"""Whatever happens to the child that parses a file, the service gets a verdict and keeps its own memory and time."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from services.files.adapters.vetting import ChildVetting
from services.files.ports import Accepted, Rejection, Verdict, VettingUnavailable
from services.files.vetting import child

LIMITED = f"{child.PROGRAM.rsplit('main(', 1)[0]}\nfrom services.files.vetting.inspection import limit\nlimit()\n"


async def run(program: str, data: bytes = b"x", wall_seconds: float = 10) -> Verdict:
    return await child.inspect(data, "image/png", program=program, wall_seconds=wall_seconds)


@pytest.mark.parametrize(
    "program",
    [
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
        "import os; os.abort()",
        "raise SystemExit(3)",
        "print('{\"pixels\": 1}'); raise SystemExit(1)",
        "",
        "print('bonjour')",
        'print(\'{"pixels": "many"}\')',
        'print(\'{"reason": "because"}\')',
        "print('[]')",
        "print('[' * 1000)",
        "print('x' * 10_000_000)",
        "while True: print('x' * 1000, end='')",
        "print('{\"pixels\": 1', flush=True); import time; time.sleep(60)",
        "import sys; sys.stdin.close(); sys.stdout.close()",
    ],
)
async def test_a_child_that_dies_or_babbles_makes_the_file_unreadable(program: str) -> None:
    verdict = await run(program, wall_seconds=1)
    assert isinstance(verdict, Rejection)
    assert verdict.slug == "unreadable-file"


async def test_a_child_that_never_reads_is_stopped_by_the_clock() -> None:
    began = time.monotonic()
    verdict = await run("import time; time.sleep(60)", b"x" * 5_000_000, wall_seconds=0.3)
    assert isinstance(verdict, Rejection)
    assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    "excess",
    [
        "bytearray(1024**3)",
        "os.write(os.open(PATH, os.O_CREAT | os.O_WRONLY), b'x')",
        "[open('/dev/null') for _ in range(64)]",
    ],
    ids=["memory", "disk", "files"],
)
async def test_a_child_has_no_more_than_its_limits(excess: str, tmp_path: Path) -> None:
    program = (
        LIMITED
        + f"""
import os
PATH = {str(tmp_path / "file")!r}
try:
    {excess}
except (MemoryError, OSError):
    print('{{"pixels": 1}}')
"""
    )
    assert await run(program) == Accepted("image/png", pixels=1)


@pytest.mark.slow
async def test_a_child_that_turns_in_circles_is_stopped_after_five_seconds_of_processor() -> None:
    began = time.monotonic()
    assert isinstance(await run(LIMITED + "while True: pass", wall_seconds=30), Rejection)
    assert 4 < time.monotonic() - began < 25


async def test_a_child_sees_neither_the_environment_nor_the_folder_of_the_service(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GUICHET_SECRET", "secret")
    program = "import os; print('{\"pixels\": 1}' if 'GUICHET_SECRET' not in os.environ and os.getcwd() == '/' else 0)"
    assert await run(program) == Accepted("image/png", pixels=1)


async def test_a_child_of_a_cancelled_upload_is_killed(tmp_path: Path) -> None:
    born = tmp_path / "pid"
    program = f"import os, time; open({str(born)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    task = asyncio.create_task(run(program))
    while not (born.exists() and born.read_text()):
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    while Path(f"/proc/{born.read_text()}").exists():
        await asyncio.sleep(0.01)


async def test_at_most_two_children_run_at_once(tmp_path: Path) -> None:
    program = f"""
import os, tempfile, time
here = tempfile.mkstemp(dir={str(tmp_path)!r})[1]
time.sleep(0.15)
print('{{"pixels": %d}}' % len(os.listdir({str(tmp_path)!r})), flush=True)
os.unlink(here)
"""
    vetting = ChildVetting(program=program)
    data = (Path(__file__).parents[2] / "data" / "plan.png").read_bytes()
    verdicts = await asyncio.gather(*(vetting.vet(data, "image/png", "plan.png") for _ in range(6)))
    together = [verdict.pixels for verdict in verdicts if isinstance(verdict, Accepted) and verdict.pixels]
    assert len(together) == 6
    assert max(together) == 2


async def test_a_machine_that_cannot_start_a_child_does_not_blame_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/nonexistent/python")
    with pytest.raises(VettingUnavailable):
        await run("")
