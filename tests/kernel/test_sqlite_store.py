"""The embedded store: one writing process, one fsync for many commands, nothing half done when the disk gives out."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kernel.audit import Verified, verify_stream
from kernel.codec import Codec
from kernel.envelope import Commit
from kernel.errors import Kind, Refused
from kernel.events import Event
from kernel.eventstore import History
from kernel.stores.schema import StoreInUse, open_reader, open_writer
from kernel.stores.sqlite import SqliteStore
from tests.support.stores import SqliteLab, append, mixed, some, stream
from tests.support.toy import CounterAdded, CounterAudited, CounterNamed, CounterNoted, CounterOpened, context


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[SqliteLab]:
    made = SqliteLab(tmp_path)
    await made.open()
    yield made
    await made.close()


@pytest.fixture
def store(lab: SqliteLab) -> SqliteStore:
    assert lab.store is not None
    return lab.store


def test_the_writing_connection_syncs_every_commit(tmp_path: Path) -> None:
    db = open_writer(tmp_path / "log.db")
    assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert db.execute("PRAGMA synchronous").fetchone() == (2,)
    db.close()


def test_a_database_that_cannot_be_durable_is_refused() -> None:
    with pytest.raises(RuntimeError, match="durable"):
        open_writer(Path(":memory:"))


def test_the_reading_connection_cannot_write(tmp_path: Path) -> None:
    writer = open_writer(tmp_path / "log.db")
    reader = open_reader(tmp_path / "log.db")
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader.execute("DELETE FROM events")
    reader.close()
    writer.close()


SECOND = """
import asyncio, sys
from pathlib import Path
from kernel.codec import Codec
from kernel.stores.schema import StoreInUse
from kernel.stores.sqlite import SqliteStore
from kernel.vault import MemoryKeys, Vault
async def main():
    try:
        SqliteStore(Path(sys.argv[1]), Codec("toy", Vault(MemoryKeys(), b"x" * 32)))
    except StoreInUse:
        print("in use", flush=True)
        return
    print("mine", flush=True)
    await asyncio.sleep(30)
asyncio.run(main())
"""


async def test_a_second_process_is_refused_and_a_dead_one_is_forgotten(lab: SqliteLab, tmp_path: Path) -> None:
    second = [sys.executable, "-c", SECOND, str(tmp_path)]
    refused = await asyncio.to_thread(subprocess.run, second, capture_output=True, text=True, timeout=20)
    assert refused.stdout == "in use\n"
    with pytest.raises(StoreInUse):
        SqliteStore(tmp_path, Codec("toy", lab.vault))
    await lab.close()
    other = await asyncio.create_subprocess_exec(*second, stdout=subprocess.PIPE)
    assert other.stdout is not None
    assert await other.stdout.readline() == b"mine\n"
    with pytest.raises(StoreInUse):
        await lab.open()
    lab.keys.close()
    other.kill()
    await other.wait()
    await lab.open()


@contextmanager
def commits_of(store: SqliteStore) -> Iterator[list[str]]:
    """What the writer says to SQLite about transactions."""
    said: list[str] = []
    store._db.set_trace_callback(lambda sql: said.append(sql) if sql.startswith(("COMMIT", "ROLLBACK")) else None)
    yield said
    store._db.set_trace_callback(None)


async def batch(store: SqliteStore, *attempts: Awaitable[Commit]) -> list[Commit | BaseException]:
    """Hand these to the writer while it is busy, so that they ride in one transaction."""

    def slow(history: History) -> Iterable[Event]:
        time.sleep(0.05)
        return ()

    busy = asyncio.create_task(store.update(stream("busy"), slow, context("busy")))
    await asyncio.sleep(0.01)
    outcomes = await asyncio.gather(*attempts, return_exceptions=True)
    await busy
    return outcomes


async def test_many_commands_ride_in_one_transaction(store: SqliteStore) -> None:
    with commits_of(store) as said:
        await batch(store, *(append(store, str(number), some("x", 2), number) for number in range(100)))
    assert said == ["COMMIT", "COMMIT"]
    assert store.head == 200
    assert (await Verified(store).run())["ok"]


async def test_a_refusal_in_a_batch_harms_no_batch_mate(store: SqliteStore) -> None:
    def refuse(history: History) -> Iterable[Event]:
        yield CounterOpened(counter="a")
        raise Refused(Kind.CONFLICT, "no", "Non.")

    def fail(history: History) -> Iterable[Event]:
        yield CounterOpened(counter="a")
        raise ZeroDivisionError

    attempts: list[Awaitable[Commit]] = []
    for number in range(30):
        attempts += [
            append(store, "a", some("a", 1), number),
            store.update(stream("a"), refuse, context(f"refuse-{number}")),
            store.update(stream("b"), fail, context(f"fail-{number}")),
            append(store, "a", some("a", 1), f"stale-{number}", expected=999),
        ]
    outcomes = await batch(store, *attempts)
    kinds = [type(outcome).__name__ for outcome in outcomes]
    assert kinds == ["Commit", "Refused", "ZeroDivisionError", "Refused"] * 30
    history = await store.read(stream("a"))
    assert [fact.version for fact in history] == list(range(1, 31))
    assert not verify_stream(history)
    assert [fact.position for fact in (await store.scan(0)).facts] == list(range(1, 31))


async def test_a_command_that_sqlite_refuses_half_way_leaves_none_of_its_facts(store: SqliteStore) -> None:
    store._db.execute(
        "CREATE TEMP TRIGGER no BEFORE INSERT ON main.events WHEN NEW.type='CounterAudited'"
        " BEGIN SELECT RAISE(ABORT, 'no such luck'); END"
    )
    half = [CounterOpened(counter="a"), CounterAudited(by="x")]
    outcomes = await batch(
        store, append(store, "b", some("b", 1), 1), append(store, "a", half, 2), append(store, "b", some("b", 1), 3)
    )
    assert [type(outcome).__name__ for outcome in outcomes] == ["Commit", "Refused", "Commit"]
    assert (await store.read(stream("a")), store.head) == ([], 2)
    store._db.execute("DROP TRIGGER no")
    assert (await append(store, "a", half, 2)).version == 2
    assert (await Verified(store).run())["ok"]


async def test_when_sqlite_takes_everything_back_no_batch_mate_is_acknowledged(store: SqliteStore) -> None:
    await append(store, "b", some("b", 1), 0)
    store._db.execute(
        "CREATE TEMP TRIGGER no BEFORE INSERT ON main.events WHEN NEW.type='CounterAudited'"
        " BEGIN SELECT RAISE(ROLLBACK, 'as on a full disk'); END"
    )
    attempts = [
        append(store, "b", some("b", 1), 1),
        append(store, "a", [CounterAudited(by="x")], 2),
        append(store, "b", some("b", 1), 3),
    ]
    outcomes = await batch(store, *attempts)
    assert all(isinstance(outcome, Refused) and outcome.kind is Kind.UNAVAILABLE for outcome in outcomes)
    assert (store.head, len((await store.scan(0)).facts)) == (1, 1)
    store._db.execute("DROP TRIGGER no")
    assert [(await append(store, "b", some("b", 1), number)).version for number in (1, 3)] == [2, 3]
    assert (await Verified(store).run())["ok"]


async def test_nothing_past_the_announced_head_is_shown(store: SqliteStore) -> None:
    await append(store, "a", some("a", 5), 1)
    store._heads = (3, 3)
    page = await store.scan(0)
    assert ([fact.position for fact in page.facts], page.position) == ([1, 2, 3], 3)


async def test_commands_on_one_stream_in_one_batch_see_each_other(store: SqliteStore) -> None:
    def add(history: History) -> Iterable[Event]:
        yield CounterAdded(counter="a", amount=len(history))

    await batch(store, *(store.update(stream("a"), add, context(number)) for number in range(20)))
    facts = [fact.event for fact in await store.read(stream("a"))]
    assert facts == [CounterAdded(counter="a", amount=number) for number in range(20)]


async def test_what_was_accepted_is_finished_before_the_store_closes(lab: SqliteLab, store: SqliteStore) -> None:
    accepted = [asyncio.create_task(append(store, str(number), some("x", 1), number)) for number in range(50)]
    await asyncio.sleep(0)
    await lab.close()
    assert all(isinstance(commit, Commit) for commit in await asyncio.gather(*accepted))
    with pytest.raises(Refused) as caught:
        await append(store, "late", some("x", 1), "late")
    assert caught.value.kind is Kind.UNAVAILABLE
    reopened = await lab.open()
    assert reopened.head == 50


async def test_a_long_history_is_decided_on_like_a_short_one(lab: SqliteLab, store: SqliteStore) -> None:
    await append(store, "a", some("a", 450), 1)
    reopened = await lab.reopen()
    for number in range(3):
        assert (await append(reopened, "a", some("a", 1), f"more-{number}")).version == 451 + number
    assert not verify_stream(await reopened.read(stream("a")))


async def filled(store: SqliteStore, prefix: str) -> int:
    """Write until the disk is full; how many commands were acknowledged before."""
    for number in range(5000):
        try:
            await append(store, f"{prefix}{number}", [CounterNamed(counter="c", label="x" * 2000)], f"{prefix}{number}")
        except Refused as refusal:
            if refusal.kind is Kind.UNAVAILABLE and refusal.retry_after:
                return number
            raise
    raise AssertionError("the disk was never full")


async def full_disk_story(store: SqliteStore, make_room: Callable[[], object]) -> None:
    acknowledged = await filled(store, "before")
    head, facts = store.head, (await store.scan(0, 10_000)).facts
    assert head == acknowledged == len(facts)
    big = [CounterNamed(counter="c", label="x" * 60_000)]
    outcomes = await batch(store, *(append(store, f"full{number}", big, f"full{number}") for number in range(20)))
    assert all(isinstance(o, Refused) and o.kind is Kind.UNAVAILABLE for o in outcomes)
    assert (store.head, len((await store.scan(0, 10_000)).facts)) == (head, head)
    assert not await store.read(stream("full1"))
    make_room()
    outcomes = await batch(store, *(append(store, f"full{number}", big, f"full{number}") for number in range(20)))
    assert all(isinstance(o, Commit) and not o.replayed and o.version == 1 for o in outcomes)
    assert store.head == head + 20
    assert (await Verified(store).run())["ok"]


async def test_a_log_that_may_not_grow_refuses_whole_batches_and_recovers(store: SqliteStore) -> None:
    store._db.execute("PRAGMA max_page_count=40")
    await full_disk_story(store, lambda: store._db.execute("PRAGMA max_page_count=100000"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk")
async def test_a_full_disk_refuses_whole_batches_and_recovers(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if not quietly("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)):
        pytest.skip("this machine mounts nothing")
    lab = SqliteLab(disk / "toy")
    try:
        lab.directory.mkdir()
        await full_disk_story(await lab.open(), lambda: quietly("mount", "-o", "remount,size=16m", str(disk)))
        reopened = await lab.reopen()
        assert (await Verified(reopened).run())["ok"]
    finally:
        await lab.close()
        assert quietly("umount", str(disk))


def quietly(*command: str) -> bool:
    """Run a command; whether it succeeded."""
    return subprocess.run(command, capture_output=True).returncode == 0


FAILING = """
import asyncio, resource, sys
from pathlib import Path
from tests.support.stores import SqliteLab, append, some
async def main():
    store = await SqliteLab(Path(sys.argv[1])).open()
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
    for number in range(10_000):
        await append(store, str(number), some("x", 20), number)
        print(number, flush=True)
asyncio.run(main())
"""


async def test_a_disk_that_fails_ends_the_process_and_what_was_acknowledged_is_there(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FAILING, str(tmp_path)]
    child = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, timeout=60)
    assert child.returncode == 74, child.stderr
    acknowledged = child.stdout.split()
    assert acknowledged
    lab = SqliteLab(tmp_path)
    store = await lab.open()
    for number in acknowledged:
        assert len(await store.read(stream(number))) == 20
    assert (await Verified(store).run())["ok"]
    await lab.close()


@pytest.mark.parametrize("column", ["data", "meta", "type", "at", "chain", "id"])
async def test_a_flipped_byte_in_the_file_is_found_and_stops_no_reader(store: SqliteStore, column: str) -> None:
    log = await mixed(store)
    for victim in (log[0], log[-1], next(fact for fact in log if isinstance(fact.event, CounterNoted))):
        (value,) = store._db.execute(f"SELECT {column} FROM events WHERE position=?", (victim.position,)).fetchone()
        raw = value.encode() if isinstance(value, str) else bytes(value)
        for at in {0, len(raw) // 2, len(raw) - 1}:
            flipped = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
            changed = flipped.decode() if isinstance(value, str) else flipped
            store._db.execute(f"UPDATE events SET {column}=? WHERE position=?", (changed, victim.position))
            assert len((await store.scan(0)).facts) == len(log)
            verdict = await Verified(store).run()
            assert not verdict["ok"]
            assert any(victim.stream in fault for fault in verdict["faults"])
            assert verify_stream(await store.read(victim.stream))
            store._db.execute(f"UPDATE events SET {column}=? WHERE position=?", (value, victim.position))
    assert (await Verified(store).run())["ok"]


@pytest.mark.parametrize("gone", ["first", "middle", "a whole stream"])
async def test_a_deleted_fact_is_found(store: SqliteStore, gone: str) -> None:
    log = await mixed(store)
    own = [fact for fact in log if fact.stream == stream("a")]
    which = {"first": [own[0]], "middle": [own[1]], "a whole stream": own}[gone]
    for fact in which:
        store._db.execute("DELETE FROM events WHERE position=?", (fact.position,))
    verdict = await Verified(store).run()
    assert not verdict["ok"]


async def test_two_swapped_versions_are_found(store: SqliteStore) -> None:
    await append(store, "a", some("a", 4), 1)
    for new, old in ((99, 2), (2, 3), (3, 99)):
        store._db.execute("UPDATE events SET version=? WHERE version=?", (new, old))
    assert verify_stream(await store.read(stream("a")))
    assert not (await Verified(store).run())["ok"]
