"""The floor (one INSERT and COMMIT with fsync per event, one thread) and PyPI `eventsourcing` on SQLite."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from pathlib import Path
from uuid import UUID, uuid5

from eventsourcing.application import AggregateNotFoundError, Application
from eventsourcing.domain import Aggregate, event

from bench.es_workload import COMMANDS_PER_AGGREGATE, NAMESPACE, Sample, demande_ids


def run_floor(directory: Path, aggregates: int) -> Sample:
    """What the disk allows to one thread that does nothing else: our table, our row size, no command."""
    db = sqlite3.connect(directory / "floor.db", isolation_level=None)
    db.executescript(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE events(position INTEGER PRIMARY KEY"
        " AUTOINCREMENT, stream TEXT, version INTEGER, id BLOB, data BLOB, UNIQUE(stream, version), UNIQUE(id))"
    )
    waits: list[float] = []
    started = time.perf_counter()
    for id in demande_ids(1, aggregates)[0]:
        for number in range(COMMANDS_PER_AGGREGATE):
            before = time.perf_counter()
            db.execute("BEGIN IMMEDIATE")
            row = (f"bench.demande-{id}", number, uuid5(NAMESPACE, f"{id}/{number}").bytes, b"d" * 900)
            db.execute("INSERT INTO events(stream, version, id, data) VALUES(?, ?, ?, ?)", row)
            db.execute("COMMIT")
            waits.append(time.perf_counter() - before)
    seconds = time.perf_counter() - started
    db.close()
    return Sample(len(waits) / seconds, sorted(waits))


class Demande(Aggregate):
    """The peer's aggregate, as its documentation writes one."""

    @event("DemandeOpened")
    def __init__(self, demande: str, demarche: str, label: str, status: str, number: int, contact: str) -> None:
        self.demande, self.demarche, self.label = demande, demarche, label
        self.status, self.number, self.contact = status, number + 1, contact

    @staticmethod
    def create_id(demande: str) -> UUID:
        """The same ids as ours."""
        return UUID(hex=demande)

    @event("StatusMoved")
    def move(self, old: str, new: str, agent: str, number: int, message: str, demande: str) -> None:
        """Move along."""
        self.status, self.number = new, number + 1


class Demandes(Application[UUID]):
    """The peer's application: load, decide, save."""

    def step(self, id: str) -> None:
        """One command."""
        try:
            demande: Demande = self.repository.get(UUID(hex=id))
        except AggregateNotFoundError:
            demande = Demande(id, "subvention-association", "Fanfare des villages", "deposee", 0, "ada@example.org")
        else:
            demande.move(
                demande.status, "en_instruction", "7f3k9qabcdef0123", demande.number, "Votre demande avance.", id
            )
        self.save(demande)


def run_eventsourcing(directory: Path, clients: int, aggregates: int) -> tuple[Sample, str]:
    """The peer with its own defaults on SQLite: one thread a client, because it is a synchronous library."""
    environment = {
        "PERSISTENCE_MODULE": "eventsourcing.sqlite",
        "SQLITE_DBNAME": os.fspath(directory / "peer.db"),
        "SQLITE_LOCK_TIMEOUT": "60",
    }
    app = Demandes(env=environment)
    waits: list[list[float]] = [[] for _ in range(clients)]

    def client(ids: list[str], mine: list[float]) -> None:
        for id in ids:
            for _ in range(COMMANDS_PER_AGGREGATE):
                before = time.perf_counter()
                app.step(id)
                mine.append(time.perf_counter() - before)

    threads = [
        threading.Thread(target=client, args=(ids, waits[number]))
        for number, ids in enumerate(demande_ids(clients, aggregates))
    ]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - started
    app.close()
    merged = sorted(wait for mine in waits for wait in mine)
    assert len(merged) == aggregates * COMMANDS_PER_AGGREGATE, "the peer lost commands"
    return Sample(len(merged) / seconds, merged), _synchronous(directory / "peer.db")


def _synchronous(path: Path) -> str:
    db = sqlite3.connect(path)
    journal = db.execute("PRAGMA journal_mode").fetchone()[0]
    level = db.execute("PRAGMA synchronous").fetchone()[0]
    db.close()
    return f"journal_mode={journal}, synchronous={level}"
