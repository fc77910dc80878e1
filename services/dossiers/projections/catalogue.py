"""Which démarches can be filed, and what did each version ask?"""

from __future__ import annotations

from typing import Any

from pydantic_core import from_json, to_json

from kernel.db import Db, Tx
from kernel.envelope import Recorded
from kernel.projection import Projection
from services.dossiers.aggregate.form import Definition
from services.dossiers.events import DemarchePublished

projection = Projection(
    "catalogue",
    version=1,
    ddl="""
    CREATE TABLE IF NOT EXISTS demarche(slug TEXT NOT NULL, version INTEGER NOT NULL, title TEXT NOT NULL,
      service TEXT NOT NULL, definition TEXT NOT NULL, in_force INTEGER NOT NULL, PRIMARY KEY(slug, version));
    """,
)


@projection.on(DemarchePublished)
def _published(tx: Tx, fact: DemarchePublished, recorded: Recorded) -> None:
    tx.run("UPDATE demarche SET in_force=0 WHERE slug=:slug", slug=fact.slug)
    tx.run(
        "INSERT INTO demarche VALUES(:slug, :version, :title, :service, :definition, 1) ON CONFLICT DO NOTHING",
        slug=fact.slug,
        version=fact.version,
        title=fact.title,
        service=fact.service,
        definition=to_json(fact.definition).decode(),
    )


async def published(db: Db) -> list[dict[str, Any]]:
    """Every démarche in force, by title."""
    rows = await db.read("SELECT definition FROM demarche WHERE in_force=1 ORDER BY title, slug")
    return [_shown(row["definition"]) for row in rows]


async def find(db: Db, slug: str) -> dict[str, Any] | None:
    """The version in force of one démarche."""
    rows = await db.read("SELECT definition FROM demarche WHERE slug=:slug AND in_force=1", slug=slug)
    return _shown(rows[0]["definition"]) if rows else None


async def definition(db: Db, slug: str, version: int | None = None) -> Definition | None:
    """The definition of a version, or of the one in force."""
    clause = "in_force=1" if version is None else "version=:version"
    rows = await db.read(f"SELECT definition FROM demarche WHERE slug=:slug AND {clause}", slug=slug, version=version)
    return Definition.model_validate_json(rows[0]["definition"]) if rows else None


def _shown(definition: str) -> dict[str, Any]:
    shown: dict[str, Any] = from_json(definition)
    return shown
