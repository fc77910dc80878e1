"""Lines of the packages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("kernel", "services", "gateway", "console", "bench", "tests")


def packages() -> Iterator[tuple[str, int, int]]:
    """Name, number of Python files and of lines; services one by one."""
    for name in PACKAGES:
        rooms = sorted(p for p in (ROOT / name).iterdir() if p.is_dir() and p.name != "__pycache__")
        for room in rooms if name == "services" else [ROOT / name]:
            files = list(room.rglob("*.py"))
            yield str(room.relative_to(ROOT)), len(files), sum(_lines(file) for file in files)


def largest(count: int) -> list[tuple[str, int]]:
    """The longest files outside the tests."""
    files = [file for name in PACKAGES[:-1] for file in (ROOT / name).rglob("*.py")]
    ranked = sorted(((str(file.relative_to(ROOT)), _lines(file)) for file in files), key=lambda item: -item[1])
    return ranked[:count]


def _lines(file: Path) -> int:
    return file.read_text(encoding="utf-8").count("\n")
