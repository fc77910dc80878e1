"""Read models rebuilt from event 0: events a second into SQLite and into PostgreSQL, from one log, in one run.

python -m bench.replay [--demandes 10000] [--rounds 3]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from uuid import UUID, uuid5

from bench.report import machine, publish, spread, table
from kernel.codec import Codec
from kernel.databases import open_databases
from kernel.envelope import Context
from kernel.events import Event
from kernel.eventstore import History
from kernel.feed import LocalSource
from kernel.projection import Projection
from kernel.projector import Projector
from kernel.runtime.process import spare_the_collector
from kernel.stores.sqlite import SqliteStore
from kernel.vault import MemoryKeys, Vault
from services.dossiers.events import (
    Author,
    Contact,
    DemandeAssigned,
    DemandeDrafted,
    DemandeStatusChanged,
    DemandeSubmitted,
    DocumentsAwaited,
    DocumentsCompleted,
    OnBehalfOf,
)
from services.dossiers.projections import dashboard, demande_detail, tracking
from tests.support.postgres import new_database

PROJECTIONS = (dashboard.projection, demande_detail.projection, tracking.projection)
SPACE = UUID(int=3)
HEAD = ("read model", "SQLite, events/s", "PostgreSQL, events/s")
TEXT = """# Replay of a log into an empty read model

{machine}.

{events:,} facts of {demandes:,} demandes; six of ten have sealed values, decrypted one by one, but where it says that
nothing is sealed. Median [least–most] of {rounds} rounds; the rows of both engines are compared each time. Reading and
decoding the log is part of every figure. PostgreSQL runs on the same machine, without `fsync`.

"""


def life(number: int) -> Sequence[Event]:
    """What happens to one demande: ten facts, six of them with sealed values."""
    id = f"d{number:015d}"
    author = Author(agent="a", first_name="Luc", last_name="Roy", capacity="agent", service="habitat")

    def moved(old: str, new: str) -> DemandeStatusChanged:
        return DemandeStatusChanged(demande=id, old=old, new=new, message="Votre dossier avance.", author=author)

    def asked(batch: str) -> tuple[Event, Event]:
        talk, pieces, arrived = f"{id}{batch}", (f"{id}{batch}",), "2026-11-24T10:00:00Z"
        return (
            DocumentsAwaited(
                demande=id, discussion=talk, documents=pieces, asked_on="2026-11-24", due="2026-12-24", deadline=""
            ),
            DocumentsCompleted(
                demande=id, discussion=talk, documents=pieces, received_at=arrived, waived=False, deadline="2027-03-24"
            ),
        )

    filed = DemandeSubmitted(
        demande=id,
        reference=f"CD-2026-{number:06d}",
        demarche="aide-logement",
        demarche_version=1,
        title="Aide au logement",
        service=f"service{number % 7}",
        service_label="Direction de l'habitat",
        owner=f"account{number % 5000}",
        terms_version="1",
        applicant_kind="individual",
        deadline="2027-01-24",
        on_behalf_of=OnBehalfOf(kind="individual"),
        contact=Contact(email=f"p{number}@example.org", first_name="Ada", last_name=f"Martin{number}"),
        answers={"revenus": 1200, "logement": "locataire", "commentaire": "Rien à signaler."},
        tracking_number=f"T{number}",
        lookup=f"hash{number}",
    )
    return (
        filed,
        DemandeAssigned(demande=id, agent="a", agent_name="Luc Roy"),
        moved("deposee", "en_instruction"),
        *asked("1"),
        *asked("2"),
        DemandeAssigned(demande=id, agent="b", agent_name="Zoé Blanc"),
        moved("en_instruction", "acceptee"),
        moved("acceptee", "en_instruction"),
    )


def bare_life(number: int) -> Sequence[Event]:
    """Ten facts of which none has sealed values: what sealing costs is the difference."""
    id = f"d{number:015d}"
    drafted = DemandeDrafted(
        demande=id,
        reference=f"CD-2026-{number:06d}",
        demarche="aide-logement",
        demarche_version=1,
        title="Aide au logement",
        owner=f"account{number % 5000}",
    )
    return drafted, *life(number)[3:7], *life(number)[3:7], life(number)[3]


async def write(store: SqliteStore, demandes: int, live: Callable[[int], Sequence[Event]]) -> None:
    """A log of so many demandes."""
    numbers = iter(range(demandes))

    async def client() -> None:
        for number in numbers:
            ctx = Context("account:bench", uuid5(SPACE, str(number)), "", f"c{number}")
            await store.update(f"dossiers.demande-d{number:015d}", partial(_happened, live(number)), ctx)

    await asyncio.gather(*(client() for _ in range(64)))


def _happened(facts: Sequence[Event], history: History) -> Sequence[Event]:
    return facts


async def scanned(store: SqliteStore) -> float:
    """Events a second, read and decoded only."""
    started, after = time.perf_counter(), 0
    while after < store.head:
        after = (await store.scan(after, 2000)).position
    return store.head / (time.perf_counter() - started)


async def folded(store: SqliteStore, projection: Projection, url: str, directory: Path) -> tuple[float, dict[str, str]]:
    """Events a second into an empty read model, and its digest."""
    databases = open_databases("dossiers", url, directory)
    source = LocalSource(store)
    sources = dict.fromkeys(("dossiers", "discussion"), source)
    projector = Projector(projection, databases, sources)
    model = projector.beside("bench")
    await model.load()
    started = time.perf_counter()
    await projector.catch_up(source, model, store.head)
    await model.land()
    seconds = time.perf_counter() - started
    digest = dict(await model.digest())
    await databases.close()
    return store.head / seconds, digest


async def measure(demandes: int, rounds: int, directory: Path) -> None:
    """Replay two logs `rounds` times into each engine, compare the rows, publish."""
    lines: list[list[str]] = []
    for name, live, projections in (("", life, PROJECTIONS), (", nothing sealed", bare_life, PROJECTIONS[:1])):
        home = directory / (name or "log")
        store = SqliteStore(home, Codec("dossiers", Vault(MemoryKeys(), b"b" * 32)))
        await write(store, demandes, live)
        os.sync()
        lines.append([f"read and decoded{name}", spread([await scanned(store) for _ in range(rounds)]), ""])
        for projection in projections:
            lines.append([f"{projection.name}{name}", *await compared(store, projection, rounds, home)])
        await store.close()
    text = TEXT.format(machine=machine(), events=demandes * 10, demandes=demandes, rounds=rounds)
    publish("replay", text + table(HEAD, lines))


async def compared(store: SqliteStore, projection: Projection, rounds: int, home: Path) -> tuple[str, str]:
    """The rates into SQLite and into PostgreSQL. Raises SystemExit when they do not hold the same rows."""
    rates: tuple[list[float], list[float]] = [], []
    for number in range(rounds):
        lite, one = await folded(store, projection, "sqlite:", home / f"{projection.name}{number}")
        with new_database() as url:
            postgres, other = await folded(store, projection, url, home)
        if one != other:
            raise SystemExit(f"{projection.name}: the two engines do not hold the same rows")
        rates[0].append(lite)
        rates[1].append(postgres)
    return spread(rates[0]), spread(rates[1])


def main() -> None:
    """Measure."""
    spare_the_collector()
    parser = argparse.ArgumentParser()
    parser.add_argument("--demandes", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        asyncio.run(measure(asked.demandes, asked.rounds, Path(directory)))


if __name__ == "__main__":
    main()
