"""Several processes of one service over one PostgreSQL: one works, all show, none undoes what another did."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from kernel import projector as projectors
from kernel import reactor as reactors
from kernel.codec import Codec
from kernel.databases import postgres, presence
from kernel.db import Overtaken
from kernel.envelope import Recorded
from kernel.errors import Refused, unavailable
from kernel.feed import FeedPage, LocalSource
from kernel.leases import SharedLeases
from kernel.projector import Projector
from kernel.reactor import Reactor
from kernel.runtime.declaration import Service, Worker
from kernel.runtime.runtime import Runtime
from kernel.stores.memory import MemoryStore
from kernel.vault import MemoryKeys, Vault
from tests.support.databases import Place, place
from tests.support.service import Desk, serving
from tests.support.stores import SECRET, append, some
from tests.support.toy import SERVICE, CounterAdded, CounterOpened, totals


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Real processes beat more slowly."""
    keywords = SharedLeases.__init__.__kwdefaults__ or {}
    monkeypatch.setitem(keywords, "beat", 0.2)
    monkeypatch.setitem(keywords, "patience", 0.8)
    monkeypatch.setattr(presence, "LOOK", 0.05)
    monkeypatch.setattr(reactors, "FIRST_DELAY", 0.01)


@pytest.fixture
async def where(tmp_path: Path) -> AsyncIterator[Place]:
    async with place("postgresql", tmp_path) as made:
        yield made


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore(Codec("toy", Vault(MemoryKeys(), SECRET)))


class Fleet:
    """Processes of one service over one log and one database."""

    def __init__(self, where: Place, store: MemoryStore) -> None:
        self.where, self.store = where, store
        self.desks: list[Desk] = []
        self._stacks: list[AsyncExitStack] = []

    async def start(self, service: Service = SERVICE) -> Desk:
        """One more process."""
        stack = AsyncExitStack()
        home = self.where.directory
        home.mkdir(exist_ok=True)
        desk = await stack.enter_async_context(serving(service, home, store=self.store, database=self.where.url))
        self.desks.append(desk)
        self._stacks.append(stack)
        return desk

    async def stop(self, number: int = 0) -> None:
        """One ends in good order."""
        del self.desks[number]
        await self._stacks.pop(number).aclose()

    async def close(self) -> None:
        while self.desks:
            await self.stop()


@pytest.fixture
async def fleet(where: Place, store: MemoryStore) -> AsyncIterator[Fleet]:
    made = Fleet(where, store)
    yield made
    await made.close()


async def until(condition: Callable[[], bool], seconds: float = 8) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


async def made(desk: Desk) -> str:
    """A counter made through one process, shown by it at once."""
    answer = await desk.client.post("/api/counters", headers=desk.as_account("a1"))
    assert (answer.status_code, answer.headers.get("guichet-stale")) == (201, None)
    id: str = answer.json()["id"]
    return id


async def shown(desk: Desk) -> set[str]:
    items = (await desk.client.get("/api/counters?limit=100", headers=desk.as_account("a1"))).json()["items"]
    return {item["id"] for item in items}


async def test_every_process_shows_what_one_of_them_folds(fleet: Fleet) -> None:
    one, two = await fleet.start(), await fleet.start()
    ids = {await made(desk) for _ in range(5) for desk in (one, two)}
    assert await shown(one) == await shown(two) == ids
    answer = await two.client.post("/api/counters", headers=two.as_account("a1"))
    seen = {"Guichet-Position": answer.headers["guichet-position"]}
    got = await one.client.get(f"/api/counters/{answer.json()['id']}", headers=one.as_account("a1") | seen)
    assert (got.status_code, got.headers.get("guichet-stale")) == (200, None)


async def test_another_goes_on_when_the_one_at_work_stops(fleet: Fleet) -> None:
    one, two = await fleet.start(), await fleet.start()
    ids = {await made(one), await made(two)}
    await fleet.stop(0)
    await until(lambda: all(two.run.leases.held(name) for name in ("projection/" + totals.label,)))  # type: ignore[attr-defined]
    ids.add(await made(two))
    assert await shown(two) == ids


async def test_waiting_for_another_process_needs_no_news(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence.Presence, "start", lambda self, hear: None)
    one, two = await fleet.start(), await fleet.start()
    ids = {await made(desk) for _ in range(3) for desk in (one, two)}
    assert await shown(two) == ids


async def test_who_slept_while_another_went_on_changes_nothing(where: Place, store: MemoryStore) -> None:
    source = LocalSource(store)
    await append(
        store, "c1", [CounterOpened(counter="c1"), *(CounterAdded(counter="c1", amount=n) for n in (1, 2, 3))], 1
    )
    sleeper, other = (Projector(totals, where.open(), {"toy": source}) for _ in range(2))
    await sleeper.start()
    await sleeper.catch_up(source, sleeper.live, 2)
    await other.start()
    await other.catch_up(source, other.live, 4)
    page = await store.scan(2)
    with pytest.raises(Overtaken):
        await sleeper.live.apply("toy", FeedPage(page.facts, page.position, store.epoch))
    assert sleeper.live.positions == {"toy": 4}
    assert await other.live.db.read("SELECT total FROM total") == [{"total": 6}]
    sleeper.live.positions["toy"] = 9
    with pytest.raises(Overtaken):
        await sleeper.live.apply("toy", FeedPage((), 10, store.epoch))
    following = asyncio.create_task(sleeper.follow(source))
    await append(store, "c1", [CounterAdded(counter="c1", amount=10)], 2)
    await until(lambda: sleeper.live.positions["toy"] == 5)
    following.cancel()
    assert await other.live.db.read("SELECT total FROM total") == [{"total": 16}]


async def test_a_rebuild_in_one_process_stops_no_other(fleet: Fleet) -> None:
    one, two = await fleet.start(), await fleet.start()
    ids = {await made(one)}
    for _ in range(3):
        replayed = await two.run.replay_of("totals", flip=True).run()
        assert (replayed["identical"], replayed["differences"]) == (True, [])
        ids |= {await made(one), await made(two)}
        assert await shown(one) == await shown(two) == ids


def adding(met: list[str], obstacle: list[Exception]) -> Reactor[Runtime]:
    """Grows every new counter by one."""
    reactor: Reactor[Runtime] = Reactor("adding")

    @reactor.on(CounterOpened)
    async def _(run: Runtime, fact: CounterOpened, recorded: Recorded) -> None:
        met.append(run.owner)
        if obstacle:
            raise obstacle[0]

        def decide(history: Iterable[Recorded]) -> Iterable[CounterAdded]:
            return [CounterAdded(counter=fact.counter, amount=1)]

        await run.store.update(recorded.stream, decide, run.reaction(recorded, "adding"))

    return reactor


async def test_reactions_happen_in_one_process_and_go_on_in_another(fleet: Fleet, store: MemoryStore) -> None:
    met: list[str] = []
    service = replace(SERVICE, reactors=(adding(met, []),))
    one, two = await fleet.start(service), await fleet.start(service)
    for desk in (one, two, one):
        await made(desk)
    await until(lambda: store.head == 6)
    assert set(met) == {one.run.owner}
    await fleet.stop(0)
    await made(two)
    await until(lambda: store.head == 8)
    assert met.count(two.run.owner) == 1


async def test_what_is_parked_may_be_decided_on_in_any_process(fleet: Fleet, store: MemoryStore) -> None:
    obstacle: list[Exception] = [KeyError()]
    service = replace(SERVICE, reactors=(adding([], obstacle),))
    one, two = await fleet.start(service), await fleet.start(service)
    id = await made(two)
    operator = two.as_service("console", "operate")

    async def parked() -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = (await two.client.get("/parked", headers=operator)).json()["reactors"]
        return [row for row in rows if row["parked"]]

    async with asyncio.timeout(5):
        while not await parked():
            await asyncio.sleep(0.02)
    obstacle.clear()
    body = {"action": "retry", "reactor": "adding", "source": "toy", "stream": f"toy.counter-{id}"}
    assert (await two.client.post("/parked", headers=operator, json=body)).status_code == 200
    await until(lambda: store.head == 2)
    assert await parked() == []
    assert one.run.ready


async def test_a_worker_works_once_unless_it_shares_its_work(fleet: Fleet) -> None:
    at_work: list[str] = []

    async def work(run: Runtime) -> None:
        at_work.append(run.owner)
        await asyncio.Event().wait()

    for everywhere, expected in ((False, 1), (True, 2)):
        at_work.clear()
        service = replace(SERVICE, workers=(Worker("w", work, everywhere=everywhere),))
        for _ in range(2):
            await fleet.start(service)
        await until(lambda: len(at_work) >= expected)  # noqa: B023
        await asyncio.sleep(0.5)
        assert len(set(at_work)) == len(at_work) == expected
        await fleet.close()


async def test_a_key_destroyed_in_one_process_opens_nothing_in_another(fleet: Fleet) -> None:
    one, two = await fleet.start(), await fleet.start()
    token = one.run.codec.vault.seal("counter:a", b"text", b"")
    one.run.codec.vault.flush()
    assert token is not None
    assert two.run.codec.vault.open("counter:a", token, b"") == b"text"
    await asyncio.to_thread(one.run.codec.vault.destroy, "counter:a")
    await until(lambda: two.run.codec.vault.open("counter:a", token, b"") is None)
    assert two.run.codec.vault.seal("counter:a", b"late", b"") is None


async def test_two_processes_that_make_a_key_at_once_end_with_one(where: Place) -> None:
    one, two = (Vault(where.open().keys, SECRET) for _ in range(2))
    first, second = one.seal("s", b"1", b""), two.seal("s", b"2", b"")
    assert first is not None
    assert second is not None
    one.flush()
    with pytest.raises(Refused, match="unavailable"):
        two.flush()
    again = two.seal("s", b"2", b"")
    assert again is not None
    two.flush()
    assert (one.open("s", again, b""), two.open("s", first, b"")) == (b"2", b"1")


async def test_an_earlier_version_stays_as_long_as_a_process_uses_it(
    where: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "UNUSED", 0.0)
    older, newer = where.open(), where.open()
    for databases, label in ((older, "totals.v1-0a0b0c0d"), (newer, "totals.v2-0a0b0c0d")):
        databases.start(lambda news: None)
        await databases.rows(label, totals.tables_ddl).read("SELECT 1 AS one")
    await newer.rows("totals.v2-0a0b0c0d", totals.tables_ddl, "killed").land()
    await asyncio.sleep(0.3)

    def schemas() -> set[str]:
        with psycopg.connect(where.url) as connection:
            rows = connection.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'toy%'").fetchall()
        return {name for (name,) in rows}

    current, before = "toy_totals_v2_0a0b0c0d", "toy_totals_v1_0a0b0c0d"
    await newer.forget_others(["totals.v2-0a0b0c0d"])
    assert schemas() >= {before, current, f"{current}__killed"}
    await where.shut(older)
    await where.shut(newer)
    left = where.directory / "toy" / "read" / "totals.v2-0a0b0c0d.db.killed"
    left.write_text("what a rebuild that was killed left")
    again = where.open()
    again.rows("totals.v2-0a0b0c0d", totals.tables_ddl)
    for _ in range(2):
        await again.forget_others(["totals.v2-0a0b0c0d"])
    assert {name for name in schemas() if "totals" in name} == {current}
    assert not left.exists()


async def test_a_server_that_hangs_up_is_called_again(fleet: Fleet) -> None:
    desk = await fleet.start()
    ids = {await made(desk)}
    for _ in range(3):
        with psycopg.connect(fleet.where.url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE pid<>pg_backend_pid() AND datname=current_database()"
            )
        await asyncio.sleep(0.05)
        ids.add(await made(desk))
        assert await shown(desk) == ids


async def test_without_a_server_everything_is_unavailable_and_nothing_hangs(tmp_path: Path) -> None:
    databases = postgres.PostgresDatabases("toy", "postgresql://nobody@127.0.0.1:9/none", tmp_path)
    db = databases.state("CREATE TABLE IF NOT EXISTS t(id TEXT);")
    async with asyncio.timeout(10):
        with pytest.raises(Refused, match="unavailable"):
            await db.read("SELECT 1 AS one")
        with pytest.raises(Refused, match="unavailable"):
            await db.write(lambda tx: tx.run("SELECT 1 AS one"))
        for _ in range(50):
            with pytest.raises(Refused, match="unavailable"):
                databases.keys.find("s")
    await databases.close()


async def test_facts_fold_to_the_same_rows_in_both_engines(where: Place, store: MemoryStore, tmp_path: Path) -> None:
    for number in range(20):
        await append(store, f"c{number}", [CounterOpened(counter=f"c{number}"), *some(f"c{number}", 5)], number)
    source = LocalSource(store)
    digests = []
    async with place("sqlite", tmp_path / "sqlite") as lite:
        for one in (lite, where):
            projector = Projector(totals, one.open(), {"toy": source})
            await projector.catch_up(source, projector.live, store.head)
            digests.append(await projector.live.digest())
    assert digests[0] == digests[1]
    assert projectors.LOOK < 1
    assert unavailable().retry_after
