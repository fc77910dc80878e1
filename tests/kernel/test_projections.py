"""Read models: rows and checkpoint together or not at all, poison parks one stream, a rebuild changes nothing."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from kernel.audit import Replayed
from kernel.codec import Codec
from kernel.databases import sqlite
from kernel.databases.sqlite import SqliteDatabases, SqliteDb
from kernel.db import Tx
from kernel.envelope import Recorded
from kernel.errors import Kind, Refused
from kernel.events import Event
from kernel.feed import EpochChanged, FeedPage, LocalSource
from kernel.position import Mark
from kernel.projection import Projection
from kernel.projector import Projector
from kernel.stores.memory import MemoryStore
from kernel.vault import MemoryKeys, Vault
from tests.support.service import serving
from tests.support.stores import SECRET, append, some, stream
from tests.support.toy import SERVICE, CounterAdded, CounterAudited, CounterNamed, CounterOpened, ThingHappened, totals

POISON, DEATH = 1_000_013, 1_000_099
DDL = "CREATE TABLE IF NOT EXISTS seen(id TEXT, amount INTEGER, PRIMARY KEY(id, amount));"


class Crash(BaseException):
    """The process dies here."""


class Shop:
    """A log, and a projector over it in a directory."""

    def __init__(self, directory: Path, projection: Projection) -> None:
        self.directory, self.projection = directory / "read", projection
        self.store = MemoryStore(Codec("toy", Vault(MemoryKeys(), SECRET)))
        self.source = LocalSource(self.store)
        self.databases = SqliteDatabases(directory)
        self.projector = self._projector()

    def _projector(self) -> Projector:
        return Projector(self.projection, self.databases, {"toy": self.source, "other": self.source})

    async def fold(self) -> None:
        """Fold what the log holds."""
        await self.projector.catch_up(self.source, self.projector.live, self.store.head)

    async def restart(self) -> None:
        """What a new process sees."""
        await self.databases.close()
        self.databases = SqliteDatabases(self.directory.parent)
        self.projector = self._projector()
        await self.projector.start()

    async def rows(self, sql: str = "SELECT id, amount FROM seen ORDER BY id, amount") -> list[tuple[Any, ...]]:
        return [tuple(row.values()) for row in await self.projector.live.db.read(sql)]

    async def parked(self) -> list[tuple[object, ...]]:
        return [(row["stream"], row["version"], row["error"]) for row in await self.projector.live.parked()]

    async def close(self) -> None:
        await self.databases.close()


def seen() -> Projection:
    """Notes every addition; one amount is poison, at another the process dies."""
    projection = Projection("seen", version=1, ddl=DDL)

    @projection.on(CounterAdded)
    def _(tx: Tx, fact: CounterAdded, recorded: Recorded) -> None:
        tx.run("INSERT INTO seen VALUES(:id, :amount)", id=fact.counter, amount=fact.amount)
        if fact.amount == POISON:
            raise KeyError("what jean.dupont@example.org typed")
        if fact.amount == DEATH:
            raise Crash

    return projection


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    made = Shop(tmp_path, seen())
    yield made
    await made.close()


async def added(shop: Shop, id: str, *amounts: int) -> None:
    for amount in amounts:
        await append(shop.store, id, [CounterAdded(counter=id, amount=amount)], f"{id}-{amount}")


async def test_rows_and_checkpoint_survive_together(shop: Shop) -> None:
    await added(shop, "a", 1, 2)
    await shop.fold()
    await shop.restart()
    assert (await shop.rows(), shop.projector.live.positions["toy"]) == ([("a", 1), ("a", 2)], 2)
    await shop.fold()
    assert await shop.rows() == [("a", 1), ("a", 2)]


async def test_a_crash_between_rows_and_checkpoint_leaves_neither(shop: Shop) -> None:
    await added(shop, "a", 1)
    await shop.fold()
    await added(shop, "a", 2, DEATH)
    with suppress(Crash):
        await shop.fold()
    await shop.restart()
    assert (await shop.rows(), shop.projector.live.positions["toy"]) == ([("a", 1)], 1)


async def test_poison_parks_its_stream_and_nothing_else(shop: Shop) -> None:
    await added(shop, "a", 1, POISON, 3)
    await added(shop, "b", 1, 2)
    await shop.fold()
    assert await shop.rows() == [("a", 1), ("b", 1), ("b", 2)]
    await shop.restart()
    await added(shop, "a", 4)
    await added(shop, "b", 3)
    await shop.fold()
    assert await shop.rows() == [("a", 1), ("b", 1), ("b", 2), ("b", 3)]
    assert [(where, version) for where, version, _ in await shop.parked()] == [(stream("a"), v) for v in (2, 3, 4)]
    assert shop.projector.live.positions["toy"] == shop.store.head


async def test_what_is_said_of_poison_names_no_person(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    await added(shop, "a", POISON)
    await shop.fold()
    assert "KeyError" in caplog.text
    assert "KeyError" in str(await shop.parked())
    assert "jean" not in caplog.text + str(await shop.parked())


async def test_a_fact_this_code_does_not_know_parks_its_stream(shop: Shop) -> None:
    await added(shop, "a", 1)
    await added(shop, "b", 1)
    facts = list((await shop.store.scan(0)).facts)
    unknown = Recorded(**{name: getattr(facts[0], name) for name in Recorded.__slots__} | {"event": None})
    await shop.projector.live.apply("toy", FeedPage([unknown, facts[1]], 2, shop.store.epoch))
    assert await shop.rows() == [("b", 1)]
    assert [where for where, _, _ in await shop.parked()] == [stream("a")]


async def test_a_wrong_statement_is_poison_and_a_full_disk_is_not(tmp_path: Path) -> None:
    projection = Projection("seen", version=1, ddl=DDL)

    @projection.on(CounterAdded)
    def _(tx: Tx, fact: CounterAdded, recorded: Recorded) -> None:
        tx.run("INSERT INTO seen VALUES(:id, :amount)", id=fact.counter * 1000, amount=fact.amount)

    @projection.on(CounterAudited)
    def _(tx: Tx, fact: CounterAudited, recorded: Recorded) -> None:
        tx.run("INSERT INTO nowhere VALUES(1)")

    shop = Shop(tmp_path, projection)
    await append(shop.store, "a", [CounterAudited(by="x")], 1)
    await shop.fold()
    assert len(await shop.parked()) == 1
    rows = shop.projector.live.db
    assert isinstance(rows, SqliteDb)
    connection: sqlite3.Connection = rows._db
    connection.execute("PRAGMA max_page_count=10")
    await append(shop.store, "b", some("b", 20) * 200, "many")
    with pytest.raises(Refused) as caught:
        await shop.fold()
    assert caught.value.kind is Kind.UNAVAILABLE
    connection.execute("PRAGMA max_page_count=100000")
    await shop.fold()
    assert (await shop.rows("SELECT count(*) FROM parked")) == [(1 + 199 * 20,)]
    assert len(await shop.rows()) == 20
    await shop.close()


async def test_a_handler_for_each_type_and_one_only() -> None:
    projection = seen()
    with pytest.raises(TypeError, match="twice"):

        @projection.on(CounterOpened, CounterAdded)
        def _(tx: Tx, fact: CounterOpened | CounterAdded, recorded: Recorded) -> None:
            """Too late."""

    assert projection.sources == ["toy"]


def test_other_tables_are_another_file() -> None:
    files = {Projection("seen", version=v, ddl=ddl).file() for v in (1, 2) for ddl in (DDL, DDL + " ")}
    assert len(files) == 4
    assert Projection("seen", version=1, ddl=DDL).file() == Projection("seen", version=1, ddl=DDL).file()


async def test_a_rebuild_beside_gives_the_same_rows_and_leaves_nothing(shop: Shop) -> None:
    await added(shop, "a", 1, POISON, 3)
    await append(shop.store, "b", some("b", 1200), "many")
    await shop.fold()
    replayed = await Replayed(shop.projector).run()
    assert (replayed["identical"], replayed["differences"], replayed["events"]) == (True, [], shop.store.head)
    assert {path.name.partition("-w")[0].partition("-s")[0] for path in shop.directory.iterdir()} == {
        shop.projection.file()
    }
    await shop.projector.live.db.write(lambda tx: tx.run("DELETE FROM seen WHERE amount=7"))
    assert (await Replayed(shop.projector).run())["differences"] == ["seen"]


async def test_readers_do_not_notice_that_a_rebuilt_model_takes_over(shop: Shop) -> None:
    await added(shop, "a", *range(1, 50))
    await shop.fold()
    await shop.projector.live.db.write(lambda tx: tx.run("DELETE FROM seen WHERE amount=7"))
    reader, counts, done = shop.projector.live.db, set(), asyncio.Event()

    async def read() -> None:
        while not done.is_set():
            (row,) = await reader.read("SELECT count(*) AS n FROM seen")
            counts.add(row["n"])
            await asyncio.sleep(0)

    reading = [asyncio.create_task(read()) for _ in range(5)]
    waiting = asyncio.create_task(shop.projector.live.reached({"toy": Mark(60, 60)}, "toy", 5))
    following = asyncio.create_task(shop.projector.follow(shop.source))
    for _ in range(5):
        replayed = await Replayed(shop.projector, flip=True).run()
        await asyncio.sleep(0.01)
    assert replayed["identical"]
    await added(shop, "a", *range(50, 65))
    async with asyncio.timeout(5):
        assert await waiting
        while 64 not in counts:
            await asyncio.sleep(0.001)
    done.set()
    await asyncio.gather(*reading)
    following.cancel()
    assert counts <= {48, 49, *range(50, 65)}
    await shop.restart()
    assert len(await shop.rows()) == 64
    assert not [path for path in shop.directory.iterdir() if not path.name.startswith(shop.projection.file())]


async def test_a_rebuild_that_fails_leaves_the_live_rows_and_no_file(shop: Shop) -> None:
    await added(shop, "a", 1, 2)
    await shop.fold()
    await added(shop, "a", DEATH)
    shop.projector.live.positions["toy"] = 3
    for flip in (False, True):
        with pytest.raises(Crash):
            await Replayed(shop.projector, flip=flip).run()
    assert await shop.rows() == [("a", 1), ("a", 2)]
    assert len([path for path in shop.directory.iterdir() if path.suffix == ".db"]) == 1
    assert not [path for path in shop.directory.iterdir() if not path.name.startswith(shop.projection.file())]


async def test_another_log_stops_the_projection_until_it_is_rebuilt(shop: Shop) -> None:
    await added(shop, "a", 1, 2)
    await shop.fold()
    for page in (FeedPage((), 2, "another"), FeedPage((), 9, "another")):
        with pytest.raises(EpochChanged):
            await shop.projector.live.apply("toy", page)
    shop.store = MemoryStore(Codec("toy", Vault(MemoryKeys(), SECRET)))
    shop.source = LocalSource(shop.store)
    await shop.restart()
    await added(shop, "z", 1, 2, 3, 4)
    for _ in range(2):
        with pytest.raises(EpochChanged):
            async with asyncio.timeout(20):
                await shop.projector.follow(shop.source)
        await shop.restart()
    assert await shop.rows() == [("a", 1), ("a", 2)]
    await Replayed(shop.projector, flip=True).run()
    await shop.fold()
    assert await shop.rows() == [("z", amount) for amount in (1, 2, 3, 4)]


async def test_a_log_that_became_shorter_is_not_trusted_once_it_has_grown_again(shop: Shop) -> None:
    await added(shop, "a", 1, 2, 3)
    await shop.fold()
    shop.store._log.pop()
    with pytest.raises(EpochChanged):
        async with asyncio.timeout(20):
            await shop.projector.follow(shop.source)
    await added(shop, "z", 1, 2, 3)
    await shop.restart()
    with pytest.raises(EpochChanged):
        async with asyncio.timeout(20):
            await shop.projector.follow(shop.source)


async def test_a_service_whose_log_was_replaced_builds_its_read_models_again(tmp_path: Path) -> None:
    async with serving(SERVICE, tmp_path) as desk:
        for _ in range(3):
            await desk.client.post("/api/counters", headers=desk.as_account("a1"))
    read = tmp_path / "toy" / "read"
    for path in (tmp_path / "toy").glob("log.db*"):
        path.unlink()
    (read / f"{totals.file()}.killed").write_text("what a killed rebuild left")
    (read / "totals.v0-00000000.db").write_text("an earlier version")
    async with serving(SERVICE, tmp_path) as desk:
        body = (await desk.client.get("/api/counters", headers=desk.as_account("a1"))).json()
        assert body["items"] == []
        made = (await desk.client.post("/api/counters", headers=desk.as_account("a1"))).json()["id"]
        body = (await desk.client.get("/api/counters", headers=desk.as_account("a1"))).json()
        assert [item["id"] for item in body["items"]] == [made]
        names = {path.name.removesuffix("-wal").removesuffix("-shm") for path in read.iterdir()}
    assert names == {totals.file()}


async def test_waiting_compares_each_source_with_its_own_mark(tmp_path: Path) -> None:
    projection = Projection("both", version=1, ddl=DDL)

    @projection.on(CounterAdded, ThingHappened)
    def _(tx: Tx, fact: Event, recorded: Recorded) -> None:
        """Nothing to do."""

    shop = Shop(tmp_path, projection)
    live = shop.projector.live
    live.positions |= {"toy": 10, "other": 5}

    async def reached(**vector: tuple[int, int]) -> bool:
        return await live.reached({name: Mark(*mark) for name, mark in vector.items()}, "toy", 0.01)

    assert await reached()
    assert await reached(elsewhere=(99, 99))
    assert await reached(toy=(10, 99))
    assert not await reached(toy=(11, 0))
    assert await reached(other=(99, 5))
    assert not await reached(other=(0, 6))
    assert not await reached(toy=(10, 10), other=(6, 6))
    await shop.close()


async def test_a_query_without_end_is_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "LONGEST_READ", 0.05)
    thread = ThreadPoolExecutor(1)
    db = SqliteDb(tmp_path / "x.db", thread, durable=False, ddl=DDL)
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM n) SELECT count(*) FROM n"
    with pytest.raises(Refused) as caught:
        await db.read(endless)
    assert caught.value.kind is Kind.UNAVAILABLE
    assert await db.read("SELECT 1 AS one") == [{"one": 1}]
    with pytest.raises(sqlite3.OperationalError):
        await db.read("SELECT nonsense")
    with pytest.raises(sqlite3.OperationalError):
        await db.write(lambda tx: tx.run("SELECT nonsense"))
    thread.shutdown()
    db.close()


async def test_a_sealed_value_reaches_the_rows_in_clear_and_goes_with_a_rebuild(tmp_path: Path) -> None:
    shop = Shop(tmp_path, totals)
    await append(shop.store, "a", [CounterOpened(counter="a"), CounterNamed(counter="a", label="Zoé")], 1)
    await shop.fold()
    assert await shop.rows("SELECT label FROM total") == [("Zoé",)]
    shop.store._codec.vault.destroy("counter:a")
    await Replayed(shop.projector, flip=True).run()
    assert await shop.rows("SELECT label FROM total") == [("donnée effacée",)]
    assert "Zoé".encode() not in b"".join(path.read_bytes() for path in shop.directory.iterdir())
    await shop.close()
