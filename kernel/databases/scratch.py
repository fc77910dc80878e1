"""A read model for PostgreSQL that is built in a SQLite file first, where no statement crosses a network.

It lands in its schema whole, by COPY, the indexes last: a rebuild costs the server next to nothing, and no dead rows.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from kernel.databases.sqlite import SqliteDb
from kernel.databases.statements import table_names
from kernel.db import Db, Row, Tx

if TYPE_CHECKING:
    from kernel.databases.postgres import PostgresDb

T = TypeVar("T")
Tables = Iterable[tuple[str, Iterable[Sequence[Any]]]]


class Scratch:
    """`Rows` that are built beside, for `target`."""

    def __init__(self, target: PostgresDb, path: Path, threads: ThreadPoolExecutor) -> None:
        self.target, self._path = target, path
        self._lite: SqliteDb | None = SqliteDb(path, threads, durable=False, scratch=True, ddl=target.ddl)

    @property
    def schema(self) -> str:
        """Where it lands."""
        return self.target.schema

    async def read(self, sql: str, **params: Any) -> list[Row]:
        return await self._where.read(sql, **params)

    async def write(self, work: Callable[[Tx], T]) -> T:
        return await self._where.write(work)

    async def land(self) -> None:
        """Move in; what follows is folded there."""
        if self._lite is not None:
            with contextlib.closing(sqlite3.connect(self._path, check_same_thread=False)) as file:
                await self.target.fill(_tables(file, self.target.ddl))
            lite, self._lite = self._lite, None
            await lite.delete()

    @contextlib.asynccontextmanager
    async def still(self) -> AsyncIterator[None]:
        """Nobody else knows of it."""
        yield

    async def become(self, other: Scratch) -> None:
        """Only what is live is taken over from."""
        raise TypeError(f"{self.schema} is not live")

    async def delete(self) -> None:
        """Remove it, wherever it is."""
        if self._lite is not None:
            await self._lite.delete()
            self._lite = None
            self.target.leave()
        else:
            await self.target.delete()

    def close(self) -> None:
        """Let go of the file."""
        if self._lite is not None:
            self._lite.close()

    @property
    def _where(self) -> Db:
        return self.target if self._lite is None else self._lite


def remove_scratches(directory: Path) -> None:
    """Remove what a rebuild that was killed left."""
    for path in directory.glob("*.db.*"):
        path.unlink(missing_ok=True)


def _tables(file: sqlite3.Connection, ddl: str) -> Iterator[tuple[str, Iterable[Sequence[Any]]]]:
    for table in table_names(ddl):
        yield table, map(_landed, file.execute(f"SELECT * FROM {table}"))


def _landed(row: Sequence[Any]) -> Sequence[Any]:
    # PostgreSQL has no NUL in a text.
    return [value.replace("\0", "\ufffd") if isinstance(value, str) and "\0" in value else value for value in row]
