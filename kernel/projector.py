"""Keeps read models up to date: follow, fold a page, checkpoint in the same transaction, wake who waits."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from kernel.db import Db, SqliteDb, Tx
from kernel.errors import Refused
from kernel.feed import EpochChanged, FeedPage, Source
from kernel.position import Vector
from kernel.projection import CHECKPOINTS, Projection, save_checkpoint

REPLACED = "replaced"
log = logging.getLogger(__name__)


class ReadModel:
    """One version of a projection in one file, and how far it has got."""

    def __init__(self, projection: Projection, path: Path, thread: ThreadPoolExecutor) -> None:
        self.projection = projection
        self._db = SqliteDb(path, thread, durable=False, ddl=CHECKPOINTS + projection.ddl)
        self.positions: dict[str, int] = dict.fromkeys(projection.sources, 0)
        self.epochs: dict[str, str] = {}
        self._tick = asyncio.Event()

    @property
    def path(self) -> Path:
        """Its file."""
        return self._db.path

    @property
    def db(self) -> Db:
        """Where queries go."""
        return self._db

    async def load(self) -> None:
        """Read the checkpoints."""
        for row in await self._db.read("SELECT source, position, epoch FROM checkpoint"):
            self.positions[row["source"]], self.epochs[row["source"]] = row["position"], row["epoch"]

    async def apply(self, source: str, page: FeedPage) -> None:
        """Fold a page and its checkpoint in one transaction. Raises EpochChanged, or Refused(unavailable)."""
        self.check(source, page.epoch)
        wanted = self.projection.wanted(source)
        facts = [fact for fact in page.facts if fact.type in wanted]

        def fast(tx: Tx) -> None:
            self.projection.fold(tx, facts)
            save_checkpoint(tx, source, page.position, page.epoch)

        def careful(tx: Tx) -> None:
            self.projection.fold_carefully(tx, facts)
            save_checkpoint(tx, source, page.position, page.epoch)

        try:
            await self._db.write(fast)
        except Refused:
            raise
        except Exception as failure:
            name = type(failure).__name__
            log.warning("%s: a page does not fold (%s), fact by fact then", self.projection.name, name)
            await self._db.write(careful)
        self.positions[source] = page.position
        self.wake()

    def check(self, source: str, epoch: str) -> None:
        """Raises EpochChanged when the rows were folded from another log than this one."""
        if self.epochs.setdefault(source, epoch) != epoch:
            raise EpochChanged(f"{self.projection.name}: the log of {source} was replaced, rebuild this read model")

    async def distrust(self, source: str) -> None:
        """Remember that the log of a source is not the one that was folded, until the read model is rebuilt."""
        self.epochs[source] = REPLACED
        position = self.positions[source]
        await self._db.write(lambda tx: save_checkpoint(tx, source, position, REPLACED))

    def wake(self) -> None:
        """Let those who wait look again."""
        self._tick.set()
        self._tick = asyncio.Event()

    async def reached(self, vector: Vector, own: str, timeout: float) -> bool:
        """Wait until every source it folds has got as far as `vector` says; whether it has."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                while not self._at(vector, own):
                    await self._tick.wait()
        return self._at(vector, own)

    def _at(self, vector: Vector, own: str) -> bool:
        return all(
            position >= (vector[source].own if source == own else vector[source].public)
            for source, position in self.positions.items()
            if source in vector
        )

    async def digest(self) -> Mapping[str, str]:
        """A hash of the rows of each table."""
        return await self._db.write(self.projection.digest)

    async def parked(self) -> Sequence[dict[str, object]]:
        """The facts that did not fold."""
        return await self._db.read("SELECT * FROM parked ORDER BY source, position LIMIT 1000")

    def become(self, other: ReadModel) -> None:
        """Take over the rows of another file of the same projection; who reads or waits here does not notice."""
        self._db.become(other._db)
        self.positions, self.epochs = dict(other.positions), dict(other.epochs)
        self.wake()

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def delete(self) -> None:
        """Remove the file."""
        self._db.delete()


class Projector:
    """Follows the sources of one projection and folds what arrives into its live read model."""

    def __init__(
        self,
        projection: Projection,
        directory: Path,
        sources: Mapping[str, Source],
        thread: ThreadPoolExecutor,
    ) -> None:
        self.projection, self._directory, self._thread = projection, directory, thread
        self.sources = [sources[name] for name in projection.sources]
        self.live = ReadModel(projection, directory / projection.file(), thread)
        self._turn = asyncio.Lock()

    async def start(self) -> None:
        """Read where the last run stopped."""
        await self.live.load()

    async def start_over(self) -> None:
        """Begin again from nothing."""
        empty = self.beside("empty")
        self.live.become(empty)

    async def follow(self, source: Source) -> None:
        """Fold one source for ever. Raises EpochChanged."""
        wanted = self.projection.wanted(source.name)
        try:
            async for page in source.follow(self.live.positions[source.name], wanted):
                async with self._turn:
                    self.live.check(source.name, page.epoch)
                    if page.position > self.live.positions[source.name]:
                        await self.live.apply(source.name, page)
        except EpochChanged:
            await self.live.distrust(source.name)
            raise

    async def catch_up(self, source: Source, model: ReadModel, upto: int) -> int:
        """Fold a source into `model` up to a position; the number of facts it looked at."""
        count = 0
        while model.positions[source.name] < upto:
            page = await source.page(model.positions[source.name])
            if page.position <= model.positions[source.name]:
                break
            facts = [fact for fact in page.facts if fact.position <= upto]
            count += len(facts)
            await model.apply(source.name, FeedPage(facts, min(page.position, upto), page.epoch))
        return count

    def beside(self, name: str) -> ReadModel:
        """An empty read model beside the live one."""
        return ReadModel(self.projection, self._directory / f"{self.projection.file()}.{name}", self._thread)

    @contextlib.asynccontextmanager
    async def paused(self) -> AsyncIterator[None]:
        """Hold the live read model still, to compare it or to replace it."""
        async with self._turn:
            yield

    def flip(self, model: ReadModel) -> None:
        """Let `model` take over from the live one. Call it while `paused`; readers see one or the other, whole."""
        self.live.become(model)
