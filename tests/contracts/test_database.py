"""One SQL text, two engines: the same rows, the same order, the same refusals."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from kernel.databases.statements import numbered, table_names, tables_ddl
from kernel.db import Databases, Db, Tx
from kernel.errors import Refused
from tests.support.databases import ENGINES, Place, place

DDL = """
CREATE TABLE IF NOT EXISTS thing(id TEXT PRIMARY KEY, n INTEGER NOT NULL, share DOUBLE PRECISION NOT NULL, bytes BLOB);
CREATE INDEX IF NOT EXISTS thing_by_n ON thing(n, id) WHERE id <> '';
CREATE TABLE IF NOT EXISTS pair(one TEXT NOT NULL, two INTEGER NOT NULL, PRIMARY KEY(one, two));
"""
PUT = "INSERT INTO thing VALUES(:id, :n, :share, :bytes)"


class Wrong(Exception):
    """What a piece of work raises."""


@pytest.fixture(params=sorted(ENGINES))
async def where(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Place]:
    async with place(request.param, tmp_path) as made:
        yield made


@pytest.fixture
def databases(where: Place) -> Databases:
    return where.open()


@pytest.fixture
def db(databases: Databases) -> Db:
    return databases.state(DDL)


async def put(db: Db, id: str, n: int = 0, share: float = 0.0, bytes: bytes | None = None) -> None:
    await db.write(lambda tx: tx.run(PUT, id=id, n=n, share=share, bytes=bytes))


async def ids(db: Db, clause: str = "", **params: Any) -> list[str]:
    return [row["id"] for row in await db.read(f"SELECT id FROM thing {clause} ORDER BY id", **params)]


async def test_values_come_back_as_they_went(db: Db) -> None:
    texts = ["", "é'\"", "a:b %s %(x)s $1 \\", "𝄞", "ligne\nligne"]
    for number, text in enumerate(texts):
        await put(db, text, n=2**63 - 1 - number, share=0.1 + number, bytes=bytes(range(256)))
    await put(db, "least", n=-(2**63), share=-1e300)
    rows = {row["id"]: row for row in await db.read("SELECT * FROM thing")}
    assert set(rows) == {*texts, "least"}
    assert rows[texts[1]] == {"id": texts[1], "n": 2**63 - 2, "share": 1.1, "bytes": bytes(range(256))}
    assert rows["least"] == {"id": "least", "n": -(2**63), "share": -1e300, "bytes": None}
    assert [type(value) for value in rows[""].values()] == [str, int, float, bytes]


async def test_a_yes_or_no_is_a_number(db: Db) -> None:
    await put(db, "a", n=True)
    assert await db.read("SELECT n, n=1 AS yes, n=2 AS no FROM thing") == [{"n": 1, "yes": 1, "no": 0}]
    assert [type(value) for row in await db.read("SELECT n, n=1 AS yes FROM thing") for value in row.values()] == [
        int
    ] * 2


async def test_sums_and_counts_are_numbers(db: Db) -> None:
    for n in (1, 2, 3):
        await put(db, str(n), n=n)
    sql = "SELECT count(*) AS n, sum(n) AS total, min(id) AS first, coalesce(sum(share), 0) AS share FROM thing"
    assert await db.read(sql) == [{"n": 3, "total": 6, "first": "1", "share": 0}]
    assert await db.read("SELECT sum(n) AS total FROM thing WHERE n>5") == [{"total": None}]


async def test_only_names_outside_literals_are_parameters(db: Db) -> None:
    await put(db, "a")
    sql = "SELECT ':id' AS one, 'it''s :n' AS two, \"id\" AS three /* :x */ FROM thing WHERE id=:id AND :id=:id -- :y\n"
    assert await db.read(sql, id="a", unused=1) == [{"one": ":id", "two": "it's :n", "three": "a"}]
    with pytest.raises(Exception, match=r"\bb\b"):
        await db.read("SELECT id FROM thing WHERE id=:b", id="a")


async def test_texts_are_ordered_and_compared_byte_by_byte(db: Db) -> None:
    names = ["Zoé", "abc", "a_c", "a%c", "Émile", "éclair", "aBc", "-", "10", "9"]
    for name in names:
        await put(db, name)
    assert await ids(db) == sorted(names, key=lambda name: name.encode())
    assert await ids(db, "WHERE id>:a AND id<:b", a="Zz", b="b") == ["a%c", "aBc", "a_c", "abc"]
    assert await ids(db, "WHERE id LIKE :w ESCAPE '\\'", w="a\\_c") == ["a_c"]
    assert await ids(db, "WHERE id LIKE :w ESCAPE '\\'", w="%b%") == ["abc"]
    assert await ids(db, "WHERE (n, id) > (:n, :id)", n=0, id="a_c") == ["abc", "Émile", "éclair"]


async def test_a_row_is_put_once_or_changed(db: Db) -> None:
    def once(tx: Tx) -> list[list[dict[str, Any]]]:
        sql = "INSERT INTO thing VALUES('a', 1, 0, NULL) ON CONFLICT DO NOTHING RETURNING id"
        again = "INSERT INTO thing VALUES('a', :n, 0, NULL) ON CONFLICT(id) DO UPDATE SET n=excluded.n"
        return [
            tx.run(sql),
            tx.run(sql),
            tx.run(f"{again} WHERE thing.n<excluded.n RETURNING n", n=5),
            tx.run(f"{again} WHERE thing.n<excluded.n RETURNING n", n=3),
            tx.run("UPDATE thing SET n=n+1 WHERE id='a'"),
            tx.run("DELETE FROM thing WHERE id='a' RETURNING n"),
        ]

    assert await db.write(once) == [[{"id": "a"}], [], [{"n": 5}], [], [], [{"n": 6}]]


async def test_what_raises_leaves_nothing(db: Db) -> None:
    def work(tx: Tx) -> None:
        tx.run(PUT, id="a", n=1, share=0, bytes=None)
        raise Wrong

    for _ in range(3):
        with pytest.raises(Wrong):
            await db.write(work)
    assert await ids(db) == []
    await put(db, "b")
    assert await ids(db) == ["b"]


async def test_a_wrong_statement_is_told_and_leaves_nothing(db: Db) -> None:
    await put(db, "a")

    def twice(tx: Tx) -> None:
        tx.run(PUT, id="b", n=1, share=0, bytes=None)
        tx.run(PUT, id="a", n=1, share=0, bytes=None)

    for work in (twice, lambda tx: tx.run("INSERT INTO nowhere VALUES(1)"), lambda tx: tx.run("SELECT nonsense")):
        with pytest.raises(Exception, match=r"UNIQUE|unique|nowhere|nonsense"):
            await db.write(work)
    with pytest.raises(Exception, match="nonsense"):
        await db.read("SELECT nonsense")
    assert await ids(db) == ["a"]


async def test_a_savepoint_says_at_once_what_went_wrong(db: Db) -> None:
    def work(tx: Tx) -> list[str]:
        kept = []
        for id in ("a", "b", "a", "c"):
            tx.run("SAVEPOINT one")
            try:
                tx.run(PUT, id=id, n=0, share=0, bytes=None)
                tx.run("RELEASE one")
                kept.append(id)
            except Exception:
                tx.run("ROLLBACK TO one")
                tx.run("RELEASE one")
        return kept

    assert await db.write(work) == ["a", "b", "c"]
    assert await ids(db) == ["a", "b", "c"]


async def test_what_work_reads_does_not_change_before_it_writes(db: Db) -> None:
    await put(db, "count")

    def grow(tx: Tx) -> None:
        (row,) = tx.run("SELECT n FROM thing WHERE id='count'")
        tx.run("UPDATE thing SET n=:n WHERE id='count'", n=row["n"] + 1)

    await asyncio.gather(*(db.write(grow) for _ in range(40)))
    assert await db.read("SELECT n FROM thing") == [{"n": 40}]


async def test_a_thousand_statements_of_one_transaction(db: Db) -> None:
    def work(tx: Tx) -> int:
        for n in range(3000):
            tx.run("INSERT INTO pair VALUES(:one, :two) ON CONFLICT DO NOTHING", one=f"p{n % 7}" * 40, two=n)
        (row,) = tx.run("SELECT count(*) AS n FROM pair")
        return int(row["n"])

    assert await db.write(work) == 3000
    assert len(await db.read("SELECT * FROM pair")) == 3000


async def test_many_different_statements_are_no_burden(db: Db) -> None:
    await put(db, "a")
    for number in range(700):
        assert await db.read(f"SELECT {number} AS n FROM thing WHERE id=:id", id="a") == [{"n": number}]


async def test_a_read_sees_what_was_committed_and_only_that(db: Db) -> None:
    await put(db, "a")
    inside, seen = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def slow(tx: Tx) -> None:
        tx.run(PUT, id="b", n=0, share=0, bytes=None)
        tx.run("SELECT 1 AS one")
        loop.call_soon_threadsafe(inside.set)
        asyncio.run_coroutine_threadsafe(seen.wait(), loop).result(5)

    writing = asyncio.create_task(db.write(slow))
    await inside.wait()
    assert await ids(db) == ["a"]
    seen.set()
    await writing
    assert await ids(db) == ["a", "b"]


async def test_what_was_committed_is_there_for_the_next_process(where: Place, databases: Databases, db: Db) -> None:
    await put(db, "a")
    await where.shut(databases)
    assert await ids(where.open().state(DDL)) == ["a"]


async def test_services_do_not_see_each_other(where: Place, db: Db) -> None:
    await put(db, "a")
    assert await ids(where.open("other").state(DDL)) == []


async def test_a_rebuilt_set_of_tables_takes_over_under_its_readers(databases: Databases) -> None:
    live, seen, done = databases.rows("things.v1-0a0b0c0d", DDL), set(), asyncio.Event()
    await put(live, "0")

    async def read() -> None:
        while not done.is_set():
            seen.add(tuple(await ids(live)))
            await asyncio.sleep(0)

    readers = [asyncio.create_task(read()) for _ in range(3)]
    for number in range(1, 6):
        beside = databases.rows("things.v1-0a0b0c0d", DDL, f"b{number}")
        await put(beside, str(number))
        async with live.still():
            await live.become(beside)
        assert await ids(live) == [str(number)]
        await put(live, f"{number}+")
        await asyncio.sleep(0.01)
    done.set()
    await asyncio.gather(*readers)
    assert seen <= {("0",), *((str(n),) for n in range(1, 6)), *((str(n), f"{n}+") for n in range(1, 6))}


async def test_a_set_of_tables_that_failed_is_removed(databases: Databases) -> None:
    for _ in range(2):
        beside = databases.rows("things.v1-0a0b0c0d", DDL, "beside")
        assert await ids(beside) == []
        await put(beside, "a")
        await beside.delete()


async def test_what_fails_beside_is_told_sooner_or_later_and_then_at_once(databases: Databases) -> None:
    beside = databases.rows("things.v1-0a0b0c0d", DDL, "beside")
    await put(beside, "a")
    told = 0
    for id in ("a", "b", "a", "a"):
        try:
            await put(beside, id)
        except Exception:
            told += 1
    assert told == 3
    assert await ids(beside) in (["a"], ["a", "b"])
    await put(beside, "c")
    await beside.delete()


async def test_keys_are_kept_left_alone_and_destroyed(where: Place, databases: Databases) -> None:
    keys = databases.keys
    assert keys.find("s:1") is None
    keys.add({"s:1": b"one", "s:2": b"two"})
    keys.add({"s:1": b"one", "s:3": b"three"})
    keys.destroy("s:2")
    keys.destroy("s:9")
    await where.shut(databases)
    found = where.open().keys
    assert [found.find(f"s:{n}") for n in (1, 2, 3, 9, 4)] == [b"one", b"", b"three", b"", None]
    for subject in ("s:1", "s:2"):
        # Where processes share the keys, whoever comes second is told so.
        with suppress(Refused):
            found.add({subject: b"another"})
    assert [found.find("s:1"), found.find("s:2")] == [b"one", b""]


def test_a_statement_is_numbered_by_its_names() -> None:
    statement = numbered("SELECT :b::text, ':no', :a, :b -- :c\n FROM t WHERE x = \":d\"")
    assert statement.text == "SELECT $1::text, ':no', $2, $1 -- :c\n FROM t WHERE x = \":d\""
    assert (statement.names, statement.answers) == (("b", "a"), True)
    assert not numbered("INSERT INTO t VALUES('RETURNING')").answers
    assert numbered("delete from t returning x").answers


def test_tables_have_the_types_of_the_other_engine() -> None:
    ddl = "CREATE TABLE IF NOT EXISTS b(text TEXT, n INTEGER DEFAULT 'TEXT') WITHOUT ROWID;CREATE TABLE a(x BLOB);"
    assert tables_ddl(ddl) == (
        "CREATE TABLE IF NOT EXISTS b(text TEXT COLLATE \"C\", n BIGINT DEFAULT 'TEXT') ;CREATE TABLE a(x BYTEA);"
    )
    assert table_names(ddl) == ["a", "b"]
