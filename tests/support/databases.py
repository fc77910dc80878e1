"""Both engines, opened the same way: what holds on one and not on the other is no contract."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager
from pathlib import Path

from kernel.databases import open_databases
from kernel.db import Databases
from tests.support.postgres import new_database


class Place(ABC):
    """Where one service keeps its databases, across the processes that use it."""

    url: str
    several: bool
    """Whether several processes may use it at once."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._open: list[Databases] = []

    @abstractmethod
    def remove(self) -> None:
        """Leave nothing behind."""

    def open(self, service: str = "toy") -> Databases:
        """What a process opens."""
        opened = open_databases(service, self.url, self.directory / service)
        self._open.append(opened)
        return opened

    async def shut(self, opened: Databases) -> None:
        """What a process that ends closes."""
        self._open.remove(opened)
        await opened.close()

    async def close(self) -> None:
        """Every process ends."""
        for opened in list(self._open):
            await self.shut(opened)


class SqlitePlace(Place):
    """A directory."""

    url = "sqlite:"
    several = False

    def remove(self) -> None:
        """It is a temporary one."""


class PostgresPlace(Place):
    """A database of its own."""

    several = True

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self._made: AbstractContextManager[str] = new_database()
        self.url = self._made.__enter__()

    def remove(self) -> None:
        self._made.__exit__(None, None, None)


ENGINES: dict[str, type[Place]] = {"postgresql": PostgresPlace, "sqlite": SqlitePlace}


@asynccontextmanager
async def place(engine: str, directory: Path) -> AsyncIterator[Place]:
    """An empty place, removed afterwards."""
    made = await asyncio.to_thread(ENGINES[engine], directory)
    try:
        yield made
    finally:
        await made.close()
        await asyncio.to_thread(made.remove)
