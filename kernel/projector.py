"""Keeps read models up to date: follow, fold a page, checkpoint in the same transaction, wake who waits."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager

from kernel.clock import system_clock
from kernel.db import Databases, Db, Overtaken, Row, Rows, Tx
from kernel.envelope import Recorded
from kernel.errors import Refused
from kernel.feed import EpochChanged, FeedPage, Source
from kernel.ids import random_uuid, short_id
from kernel.position import Vector
from kernel.projection import Projection, advance, save_checkpoint

REPLACED = "replaced"
MOVED, FLIPPED = "moved", "flipped"
LOOK = 0.05
"""Seconds between two looks at what another process folds, while somebody waits for it and no news comes."""
log = logging.getLogger(__name__)


class ReadModel:
    """One version of a projection, its tables, how far they have got, and when they last got further."""

    def __init__(self, projection: Projection, db: Rows, *, shared: bool) -> None:
        self.projection, self._db, self._shared = projection, db, shared
        self.positions: dict[str, int] = dict.fromkeys(projection.sources, 0)
        self.epochs: dict[str, str] = {}
        self.moved_at = system_clock()
        self._tick = asyncio.Event()

    @property
    def db(self) -> Db:
        """Where queries go."""
        return self._db

    async def load(self) -> None:
        """Read the checkpoints."""
        for row in await self._checkpoints():
            self.positions[row["source"]] = row["position"]
            if row["epoch"]:
                self.epochs[row["source"]] = row["epoch"]
        self.wake()

    async def apply(self, source: str, page: FeedPage) -> None:
        """Fold a page and its checkpoint in one transaction.

        Raises EpochChanged, Overtaken (its own idea of where it stands is right again then), or Refused(unavailable).
        """
        self.check(source, page.epoch)
        wanted, at = self.projection.wanted(source), self.positions[source]
        facts = [fact for fact in page.facts if fact.type in wanted]

        def work(tx: Tx, fold: Callable[[Tx, Sequence[Recorded]], None]) -> None:
            advance(tx, source, at, page.position, page.epoch)
            fold(tx, facts)
            tx.tell(f"{MOVED} {self.projection.label} {source} {page.position}")

        try:
            await self._db.write(lambda tx: work(tx, self.projection.fold))
        except Refused:
            raise
        except Overtaken:
            await self.load()
            raise
        except Exception as failure:
            name = type(failure).__name__
            log.warning("%s: a page does not fold (%s), fact by fact then", self.projection.name, name)
            await self._db.write(lambda tx: work(tx, self.projection.fold_carefully))
        self.heard(source, page.position)

    def heard(self, source: str, position: int) -> None:
        """A source was folded up to a position, here or by another process."""
        self.positions[source] = max(position, self.positions[source])
        self.moved_at = system_clock()
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
                    await self._news()
        return self._at(vector, own)

    async def _news(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK if self._shared else None):
                await self._tick.wait()
            return
        with contextlib.suppress(Refused):
            for row in await self._checkpoints():
                self.heard(row["source"], row["position"])

    async def _checkpoints(self) -> list[Row]:
        return await self._db.read("SELECT source, position, epoch FROM checkpoint")

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

    async def become(self, other: ReadModel) -> None:
        """Take over the rows of another build of the same projection; who reads or waits here does not notice."""
        await self._db.become(other._db)
        self.positions, self.epochs = dict(other.positions), dict(other.epochs)
        await self._db.write(lambda tx: tx.tell(f"{FLIPPED} {self.projection.label}"))
        self.wake()

    async def land(self) -> None:
        """What was built so far moves to where it will stay."""
        await self._db.land()

    async def delete(self) -> None:
        """Remove the tables."""
        await self._db.delete()

    def still(self) -> AbstractAsyncContextManager[None]:
        """Keep the other processes from folding."""
        return self._db.still()


class Projector:
    """Follows the sources of one projection and folds what arrives into its live read model."""

    def __init__(self, projection: Projection, databases: Databases, sources: Mapping[str, Source]) -> None:
        self.projection, self._databases = projection, databases
        self.sources = [sources[name] for name in projection.sources]
        self.live = self._model()
        self._turn = asyncio.Lock()

    async def start(self) -> None:
        """Read where the last run stopped, or another process stands."""
        await self.live.load()

    async def start_over(self, own: Source, upto: int) -> None:
        """Build again from nothing what the service's own facts say, and take over; the rest is followed then."""
        model = self.beside(short_id(random_uuid()))
        await self.catch_up(own, model, upto)
        await self.flip(model)

    async def follow(self, source: Source) -> None:
        """Fold one source for ever. Raises EpochChanged, and Overtaken when the read model moved by itself."""
        wanted = self.projection.wanted(source.name)
        at = self.live.positions[source.name]
        try:
            async for page in source.follow(at, wanted):
                async with self._turn:
                    self.live.check(source.name, page.epoch)
                    if self.live.positions[source.name] != at:
                        raise Overtaken(f"{self.projection.name} does not stand at {at} of {source.name} any more")
                    if page.position > at:
                        await self.live.apply(source.name, page)
                        at = page.position
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
            with contextlib.suppress(Overtaken):
                await model.apply(source.name, FeedPage(facts, min(page.position, upto), page.epoch))
        return count

    def beside(self, name: str) -> ReadModel:
        """An empty read model beside the live one."""
        return self._model(name)

    @contextlib.asynccontextmanager
    async def paused(self) -> AsyncIterator[None]:
        """Hold the live read model still, in every process, to compare it or to replace it."""
        async with self._turn, self.live.still():
            if self._databases.shared:
                await self.live.load()
            yield

    async def flip(self, model: ReadModel) -> None:
        """Let `model` take over from the live one. Call it while `paused`; readers see one or the other, whole."""
        await self.live.become(model)

    def _model(self, beside: str = "") -> ReadModel:
        projection = self.projection
        rows = self._databases.rows(projection.label, projection.tables_ddl, beside)
        return ReadModel(projection, rows, shared=self._databases.shared)
