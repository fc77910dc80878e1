"""Reads run on the event loop: none may hold it for seconds, and none is punished for those before it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kernel.databases import sqlite
from kernel.databases.sqlite import SqliteDb
from kernel.errors import Kind, Refused

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) AS c FROM n"
COSTLY = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 20000) SELECT count(*) AS c FROM n"


@pytest.fixture
def rows(tmp_path: Path) -> Iterator[SqliteDb]:
    with ThreadPoolExecutor(1) as thread:
        opened = SqliteDb(tmp_path / "rows.db", thread, durable=False)
        yield opened
        opened.close()


async def test_a_query_without_end_is_refused_as_unavailable(rows: SqliteDb, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "LONGEST_READ", 0.05)
    for _ in range(2):
        with pytest.raises(Refused) as caught:
            await rows.read(ENDLESS)
        assert caught.value.kind is Kind.UNAVAILABLE


async def test_a_query_asked_again_and_again_is_always_answered(rows: SqliteDb) -> None:
    for _ in range(150):
        assert await rows.read(COSTLY) == [{"c": 20000}]
