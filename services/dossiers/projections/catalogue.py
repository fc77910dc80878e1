"""Which démarches can be filed, and what did each version ask?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic_core import from_json, to_json

from kernel.clock import rfc3339
from kernel.db import Db, Row, Tx
from kernel.envelope import Recorded
from kernel.http.paging import Paging
from kernel.projection import Projection
from services.dossiers.aggregate.form import Definition, Kind
from services.dossiers.events import DemarcheClosed, DemarchePublished
from services.dossiers.projections.words import plain, searched

projection = Projection(
    "catalogue",
    version=3,
    ddl="""
    CREATE TABLE IF NOT EXISTS demarche(slug TEXT NOT NULL, version INTEGER NOT NULL, title TEXT NOT NULL,
      service TEXT NOT NULL, definition TEXT NOT NULL, in_force INTEGER NOT NULL, published_at TEXT NOT NULL,
      sorted TEXT NOT NULL, audience TEXT NOT NULL, words TEXT NOT NULL, PRIMARY KEY(slug, version));
    CREATE TABLE IF NOT EXISTS status(slug TEXT PRIMARY KEY, is_open INTEGER NOT NULL, closed_at TEXT NOT NULL,
      facts INTEGER NOT NULL);
    """,
)


@projection.on(DemarchePublished)
def _published(tx: Tx, fact: DemarchePublished, recorded: Recorded) -> None:
    tx.run("UPDATE demarche SET in_force=0 WHERE slug=:slug", slug=fact.slug)
    tx.run(
        "INSERT INTO demarche VALUES(:slug, :version, :title, :service, :definition, 1, :at, :sorted, :audience,"
        " :words) ON CONFLICT DO NOTHING",
        slug=fact.slug,
        version=fact.version,
        title=fact.title,
        service=fact.service,
        definition=to_json(fact.definition).decode(),
        at=rfc3339(recorded.at),
        sorted=plain(fact.title),
        audience=" ".join(fact.definition.get("audience", ())),
        words=plain(" ".join(_known_by(fact))),
    )
    _set(tx, fact.slug, recorded, "")


def _known_by(fact: DemarchePublished) -> Iterator[str]:
    yield fact.title
    yield from (str(fact.definition.get(name) or "") for name in ("summary", "service_label"))
    yield from map(str, fact.definition.get("keywords") or ())
    yield fact.slug.replace("-", " ")


@projection.on(DemarcheClosed)
def _closed(tx: Tx, fact: DemarcheClosed, recorded: Recorded) -> None:
    _set(tx, fact.slug, recorded, rfc3339(recorded.at))


def _set(tx: Tx, slug: str, recorded: Recorded, closed_at: str) -> None:
    tx.run(
        "INSERT INTO status VALUES(:slug, :open, :closed_at, :facts) ON CONFLICT(slug) DO UPDATE SET"
        " is_open=excluded.is_open, closed_at=excluded.closed_at, facts=excluded.facts",
        slug=slug,
        open=int(not closed_at),
        closed_at=closed_at,
        facts=recorded.version,
    )


SELECT = "SELECT d.*, s.is_open, s.closed_at, s.facts FROM demarche d JOIN status s ON s.slug=d.slug"


async def published(db: Db, q: str | None = None, audience: Kind | None = None) -> list[dict[str, Any]]:
    """The démarches that take demandes by title, all or those that words and a kind of applicant find."""
    clauses, params = searched(q, "d.words")
    if audience is not None:
        clauses.append("(' ' || d.audience || ' ') LIKE :audience")
        params["audience"] = f"% {audience} %"
    where = " AND ".join(["d.in_force=1", "s.is_open=1", *clauses])
    rows = await db.read(f"{SELECT} WHERE {where} ORDER BY d.sorted, d.slug", **params)
    return [_shown(row) for row in rows]


async def find(db: Db, slug: str, version: int | None = None) -> dict[str, Any] | None:
    """A version of one démarche, or the one in force; whether it takes demandes is in `open`."""
    row = await _version(db, slug, version)
    return _shown(row) if row else None


async def definition(db: Db, slug: str, version: int | None = None) -> Definition | None:
    """The definition of a version, or of the one in force, whether it takes demandes or not."""
    row = await _version(db, slug, version)
    return Definition.model_validate_json(row["definition"]) if row else None


async def is_open(db: Db, slug: str) -> bool:
    """Whether a démarche takes demandes."""
    return bool(await db.read("SELECT 1 AS yes FROM status WHERE slug=:slug AND is_open=1", slug=slug))


async def managed(db: Db, paging: Paging) -> list[Row]:
    """Every démarche, closed ones included, by slug: rows of `slug, title, service, version, is_open …`."""
    after = paging.resume(str)
    clause = " AND d.slug>:after" if after else ""
    return await db.read(
        f"{SELECT} WHERE d.in_force=1{clause} ORDER BY d.slug LIMIT :limit",
        after=after[0] if after else None,
        limit=paging.limit + 1,
    )


async def _version(db: Db, slug: str, version: int | None) -> Row | None:
    clause = "d.in_force=1" if version is None else "d.version=:version"
    rows = await db.read(f"{SELECT} WHERE d.slug=:slug AND {clause}", slug=slug, version=version)
    return rows[0] if rows else None


def _shown(row: Row) -> dict[str, Any]:
    shown: dict[str, Any] = from_json(row["definition"])
    return {**shown, "open": bool(row["is_open"] and row["in_force"])}
