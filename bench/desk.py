"""The list of one service with 100,000 demandes, through the whole service: milliseconds a page, a search, a count.

python -m bench.desk [--demandes 100000] [--calls 60]
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from pydantic import SecretStr

from bench.report import machine, publish, table
from kernel.clock import rfc3339
from kernel.db import Db, Tx
from kernel.http.tokens import Signer
from kernel.runtime.app import application
from kernel.runtime.assembly import running
from services.dossiers.main import SERVICE
from services.dossiers.projections import dashboard, statistics
from services.dossiers.projections.words import plain

DESK, FIGURES = "/api/backoffice/demandes", "/api/backoffice/statistics"
FIRST = ("Ada", "Bérénice", "Chloé", "Driss", "Élise", "François", "Gaël", "Hélène", "Inès", "Jérôme")
LAST = ("Martin", "Bernard", "Lefèvre", "Moreau", "Nguyen", "Pérez", "Roux", "Simon", "Traoré", "Vidal")
ENDED = ("acceptee", "refusee", "sans_suite", "retiree")
QUERIES: Mapping[str, str] = {
    "newest": "",
    "oldest": "?sort=oldest",
    "by deadline": "?sort=deadline",
    "last changed": "?sort=updated",
    "tab a_prendre": "?tab=a_prendre",
    "tab a_prendre, oldest": "?tab=a_prendre&sort=oldest",
    "tab les_miennes": "?tab=les_miennes",
    "tab en_attente_usager": "?tab=en_attente_usager&sort=deadline",
    "tab traitees": "?tab=traitees&sort=updated",
    "alert late": "?alert=late&sort=deadline",
    "alert none": "?alert=none",
    "one status": "?status=refusee",
    "100 a page": "?limit=100",
    "search: one word, frequent": "?q=martin",
    "search: two words, an accent": "?q=b%C3%A9r%C3%A9nice+traor%C3%A9",
    "search: one demande": "?q=personne77777",
    "search: nothing": "?q=introuvable",
    "search: at work only, nothing": "?q=introuvable&tab=a_prendre",
}


def lines(number: int) -> Iterator[dict[str, object]]:
    """Four fifths decided, over five years; the rest at work, half of it with an agent."""
    chance, start = random.Random(5), datetime(2021, 11, 24, tzinfo=UTC)
    for i in range(number):
        at = start + timedelta(minutes=i * 26)
        work = chance.random() < 0.2
        status = chance.choice(("deposee", "en_instruction") if work else ENDED)
        first, last = chance.choice(FIRST), chance.choice(LAST)
        yield {
            "id": f"d{i:015d}",
            "reference": f"2026-{i:05d}-{i * 7 % 99991:05d}",
            "owner": f"a{i % 40_000:015d}",
            "status": status,
            "at": rfc3339(at),
            "updated": rfc3339(at + timedelta(days=chance.randrange(90))),
            "deadline": (at + timedelta(days=61)).date().isoformat() if work else dashboard.NEVER,
            "agent": "" if work and chance.random() < 0.5 else f"i{i % 12}",
            "name": f"{first} {last}",
            "words": plain(
                f"2026-{i:05d} Aide au logement des jeunes {first} {last} {first}.{last}.personne{i}@example.org"
            ),
        }


async def fill(db: Db, number: int) -> None:
    """The rows that the facts would have left."""
    for page in _pages(number):

        def work(tx: Tx, page: Sequence[dict[str, object]] = page) -> None:
            for line in page:
                tx.run(
                    "INSERT INTO line VALUES(:id, :reference, 'aide-logement', 'Aide au logement', 'habitat', :owner,"
                    " :status, :at, :updated, :deadline, 'self', :name, :agent, '', 1, :words)",
                    **line,
                )
                if int(str(line["id"])[1:]) % 4 == 0:
                    tx.run("INSERT INTO thread VALUES(:id, 1, 0, 0, 'applicant')", id=line["id"])

        await db.write(work)


async def count(db: Db, number: int) -> None:
    """The rows behind the figures."""
    for page in _pages(number):

        def work(tx: Tx, page: Sequence[dict[str, object]] = page) -> None:
            for line in page:
                ended = line["status"] in ENDED
                tx.run(
                    "INSERT INTO course VALUES(:id, 'habitat', 'aide-logement', 'Aide au logement', :day, :month,"
                    " :month, :status, :kind, :days)",
                    id=line["id"],
                    day=str(line["at"])[:10],
                    month=str(line["at"])[:7],
                    status=line["status"] if ended else "",
                    kind="express" if ended else "",
                    days=int(str(line["id"])[1:]) * 7 % 90,
                )

        await db.write(work)


def _pages(number: int) -> Iterator[list[dict[str, object]]]:
    rows = lines(number)
    while page := list(itertools.islice(rows, 5000)):
        yield page


async def timed(
    client: httpx.AsyncClient, headers: Callable[[], dict[str, str]], query: str, calls: int
) -> list[float]:
    """Milliseconds of each call; the pages follow each other as somebody who leafs through them would ask."""
    took, cursor = [], ""
    for _ in range(calls):
        known = headers()  # a token lives for a minute
        start = time.perf_counter()
        answer = await client.get(f"{query}{cursor}", headers=known)
        took.append((time.perf_counter() - start) * 1000)
        answer.raise_for_status()
        following = answer.json().get("next") if "json" in answer.headers["content-type"] else None
        cursor = f"{'&' if '?' in query else '?'}cursor={following}" if following else ""
    return sorted(took)


def _row(name: str, took: Sequence[float]) -> list[str]:
    return [name, f"{median(took):.1f}", f"{took[int(len(took) * 0.95)]:.1f}", f"{took[-1]:.1f}"]


async def measure(directory: Path, demandes: int, calls: int) -> str:
    """The whole service on a directory, its list filled, each query asked."""
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (directory / "gateway.pub.pem").write_bytes(public)
    settings = SERVICE.settings(
        data=directory, trust=directory, signing_key=SecretStr(private), secret=SecretStr("5e" * 32)
    )
    who = {"kind": "account", "roles": ["demandeur", "instructeur"], "services": ["habitat"], "email": "i1@example.org"}
    claims = {**who, "sub": "account:i1", "account": "i1", "first_name": "Ada", "last_name": "Roy", "sid": "s"}
    async with running(SERVICE, settings) as run:
        await fill(await run.view(dashboard.projection), demandes)
        await count(await run.view(statistics.projection), demandes)
        transport = httpx.ASGITransport(application(SERVICE, run))
        rows = []
        async with httpx.AsyncClient(transport=transport, base_url="http://dossiers") as client:

            def headers() -> dict[str, str]:
                return {"Authorization": f"Bearer {Signer('gateway', private).mint('dossiers', claims)}"}

            for name, query in QUERIES.items():
                rows.append(_row(name, await timed(client, headers, f"{DESK}{query}", calls)))
            for name, path in (("statistics", FIGURES), ("export, CSV", f"{DESK}/export?format=csv")):
                rows.append(_row(f"{name} (of all)", await timed(client, headers, path, 5)))
    return table(["list", "median ms", "p95 ms", "most ms"], rows)


def main() -> None:
    """Measure and publish."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--demandes", type=int, default=100_000)
    parser.add_argument("--calls", type=int, default=60)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        found = asyncio.run(measure(Path(directory), asked.demandes, asked.calls))
    about = f"One service with {asked.demandes:,} demandes, {asked.calls} calls of each kind, counts included."
    publish("desk", f"# The list of the back office\n\n{machine()}\n\n{about}\n\n{found}")


if __name__ == "__main__":
    main()
