"""Personal data is sealed everywhere, and gone for ever once its key is destroyed."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap

import kernel.vault
from kernel.audit import Verified, verify_stream
from kernel.codec import Codec
from kernel.envelope import Recorded
from kernel.errors import Kind, Refused, UnknownFact
from kernel.events import ERASED, Event
from kernel.eventstore import History
from kernel.stores.sqlite import SqliteStore
from kernel.vault import MemoryKeys, SqliteKeys, Vault
from tests.support.stores import SECRET, SqliteLab, append, some, stream
from tests.support.toy import CounterNamed, CounterNoted, context, counter

CANARY = "canari-7f3a-jaune"


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


def bytes_of(directory: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(directory.rglob("*")) if path.is_file())


def named(label: str, id: str = "a") -> CounterNamed:
    return CounterNamed(counter=id, label=label)


async def test_sealed_values_are_in_clear_in_no_file(lab: SqliteLab, store: SqliteStore, tmp_path: Path) -> None:
    for number in range(30):
        await append(store, "a", [named(f"{CANARY}-{number}")], number)
    await append(store, "a", [CounterNoted(counter="a", text=CANARY, code=CANARY)], "noted")
    assert b"CounterNamed" in bytes_of(tmp_path)
    assert CANARY.encode() not in bytes_of(tmp_path)
    await lab.close()
    assert CANARY.encode() not in bytes_of(tmp_path)


async def test_a_key_is_kept_wrapped_under_the_secret_of_the_service(lab: SqliteLab, store: SqliteStore) -> None:
    await append(store, "a", [named(CANARY)], 1)
    wrapped = lab.keys.find("counter:a")
    assert wrapped is not None
    assert len(wrapped) == 40
    with pytest.raises(InvalidUnwrap):
        Vault(lab.keys, b"another secret, as long as it is").open("counter:a", b"x" * 40, b"")


async def test_a_destroyed_key_takes_every_value_with_it(lab: SqliteLab, store: SqliteStore) -> None:
    await append(store, "a", [named("Zoé"), CounterNoted(counter="a", text="t", code="c")], 1)
    await append(store, "b", [named("Léo", "b")], 2)
    lab.vault.destroy("counter:a")
    expected = [named(ERASED), CounterNoted(counter="a", text=ERASED, code=ERASED)]
    assert [fact.event for fact in await store.read(stream("a"))] == expected
    assert [fact.event for fact in (await store.scan(0)).facts] == [*expected, named("Léo", "b")]
    store = await lab.reopen()
    assert [fact.event for fact in await store.read(stream("a"))] == expected


async def test_decisions_forget_with_the_store(lab: SqliteLab, store: SqliteStore) -> None:
    await append(store, "a", [named("Zoé")], 1)
    lab.vault.destroy("counter:a")
    store.forget(stream("a"))
    seen: list[list[Event | None]] = []

    def decide(history: History) -> list[Event]:
        seen.append([fact.event for fact in history])
        return []

    await store.update(stream("a"), decide, context(2))
    assert seen == [[named(ERASED)]]
    replayed = await append(store, "a", [], 1)
    assert [fact.event for fact in replayed.events] == [named(ERASED)]


async def test_a_destroyed_key_is_in_no_file(lab: SqliteLab, store: SqliteStore, tmp_path: Path) -> None:
    for number in range(200):
        await append(store, str(number), [named("x", str(number))], number)
    wrapped = lab.keys.find("counter:77")
    assert wrapped is not None
    assert wrapped in bytes_of(tmp_path)
    lab.vault.destroy("counter:77")
    assert wrapped not in bytes_of(tmp_path)


async def test_the_chain_holds_after_an_erasure(lab: SqliteLab, store: SqliteStore) -> None:
    await append(store, "a", [named("Zoé"), *some("a", 2)], 1)
    lab.vault.destroy("counter:a")
    store.forget()
    await append(store, "a", [named("late")], 2)
    assert not verify_stream(await store.read(stream("a")))
    assert (await Verified(store).run())["ok"]
    reopened = await lab.reopen()
    assert (await Verified(reopened).run())["ok"]


async def test_a_late_fact_brings_nobody_back(lab: SqliteLab, store: SqliteStore, tmp_path: Path) -> None:
    lab.vault.destroy("counter:a")
    for attempt in range(2):
        commit = await append(store, "a", [named(CANARY)], f"late-{attempt}")
        assert [fact.event for fact in commit.events] == [named(ERASED)]
        assert [fact.event for fact in await store.read(stream("a"))] == [named(ERASED)] * (attempt + 1)
        assert CANARY.encode() not in bytes_of(tmp_path)
        store = await lab.reopen()
    lab.keys.add({"counter:a": b"a key that arrives late"})
    assert lab.keys.find("counter:a") == b""


class Watched(MemoryKeys):
    """A key table that can fail, and tells what the log holds at the moment a key becomes durable."""

    def __init__(self, log: Path) -> None:
        super().__init__()
        self.log, self.broken = log, False
        self.facts_when_added: list[int] = []

    def add(self, keys: Mapping[str, bytes]) -> None:
        if self.broken:
            raise sqlite3.OperationalError("database or disk is full")
        with sqlite3.connect(self.log) as db:
            self.facts_when_added += [count for (count,) in db.execute("SELECT count(*) FROM events")]
        super().add(keys)


async def test_a_key_is_durable_before_the_fact_it_seals(tmp_path: Path) -> None:
    keys = Watched(tmp_path / "log.db")
    store = SqliteStore(tmp_path, Codec("toy", Vault(keys, SECRET)))
    await append(store, "a", [named("Zoé")], 1)
    await append(store, "a", [named("Zoé")], 2)
    await append(store, "b", [named("Léo", "b")], 3)
    await store.close()
    assert keys.facts_when_added == [0, 2]


async def test_a_key_that_cannot_be_kept_refuses_the_command_and_leaves_nothing(tmp_path: Path) -> None:
    keys = Watched(tmp_path / "log.db")
    store = SqliteStore(tmp_path, Codec("toy", Vault(keys, SECRET)))
    keys.broken = True
    for attempt in range(2):
        with pytest.raises(Refused) as caught:
            await append(store, "a", [named("Zoé")], attempt)
        assert caught.value.kind is Kind.UNAVAILABLE
    assert (store.head, keys.keys) == (0, {})
    keys.broken = False
    await append(store, "a", [named("Zoé")], 0)
    await store.close()
    again = SqliteStore(tmp_path, Codec("toy", Vault(keys, SECRET)))
    assert [fact.event for fact in await again.read(stream("a"))] == [named("Zoé")]
    await again.close()


async def test_a_key_whose_append_never_came_is_used_by_the_next(lab: SqliteLab, store: SqliteStore) -> None:
    lab.vault.seal("counter:a", b"never appended", b"")
    lab.vault.flush()
    orphan = lab.keys.find("counter:a")
    store = await lab.reopen()
    await append(store, "a", [named("Zoé")], 1)
    assert lab.keys.find("counter:a") == orphan


async def test_a_ciphertext_opens_nowhere_but_in_its_own_fact(lab: SqliteLab, store: SqliteStore) -> None:
    codec = Codec("toy", lab.vault)
    fact, other = (await append(store, "a", [named("Zoé"), named("Léo")], 1)).events
    await append(store, "b", [named("Ada", "b")], 2)
    assert codec.decode(fact.type, fact.schema, fact.id, fact.data) == named("Zoé")
    moved: list[tuple[Recorded, bytes]] = [(other, fact.data), (fact, fact.data.replace(b'"a"', b'"b"'))]
    for at, data in moved:
        with pytest.raises(ValueError, match="altered or moved"):
            codec.decode(at.type, at.schema, at.id, data)
        assert codec.legible(at.type, at.schema, at.id, data) is None
    with pytest.raises(ValueError, match="altered or moved"):
        codec.decode("CounterNoted", 1, fact.id, fact.data)


async def test_a_lost_key_is_no_erasure(lab: SqliteLab, store: SqliteStore, tmp_path: Path) -> None:
    await append(store, "a", [named("Zoé")], 1)
    await lab.close()
    for path in tmp_path.glob("keys.db*"):
        path.unlink()
    store = await lab.open()
    (fact,) = await store.read(stream("a"))
    assert fact.event is None
    with pytest.raises(UnknownFact):
        counter.fold_recorded([fact])
    assert not verify_stream([fact])


def test_equal_values_seal_to_different_bytes() -> None:
    vault = Vault(MemoryKeys(), SECRET)
    assert len({vault.seal("s", b"same", b"") for _ in range(100)}) == 100


def test_more_subjects_than_are_remembered(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(kernel.vault, "CACHED_KEYS", 3)
    keys = SqliteKeys(tmp_path / "keys.db")
    vault = Vault(keys, SECRET)
    tokens = {f"s{number}": vault.seal(f"s{number}", b"%d" % number, b"") for number in range(20)}
    vault.flush()
    vault.destroy("s7")
    for number in [*range(20), *range(20)]:
        token = tokens[f"s{number}"]
        assert token is not None
        assert vault.open(f"s{number}", token, b"") == (None if number == 7 else b"%d" % number)
    assert vault.seal("s7", b"late", b"") is None
    keys.close()


def test_many_threads_share_one_vault(tmp_path: Path) -> None:
    keys = SqliteKeys(tmp_path / "keys.db")
    vault = Vault(keys, SECRET)
    failures: list[object] = []

    def work(seed: int) -> None:
        for number in range(200):
            subject, text = f"s{(number * seed) % 23}", uuid4().bytes
            token = vault.seal(subject, text, b"here")
            vault.flush()
            if token is None or vault.open(subject, token, b"here") != text:
                failures.append(subject)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in (1, 5, 7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    fresh = Vault(keys, SECRET)
    for number in range(23):
        token = vault.seal(f"s{number}", b"x", b"")
        assert token is not None
        assert fresh.open(f"s{number}", token, b"") == b"x"
    keys.close()
