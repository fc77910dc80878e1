"""Which demande do an e-mail address and a tracking number open?"""

from __future__ import annotations

from kernel.db import Db, Tx
from kernel.envelope import Recorded
from kernel.projection import Projection
from services.dossiers.events import DemandeSubmitted

projection = Projection(
    "tracking",
    version=1,
    ddl="""
    CREATE TABLE IF NOT EXISTS tracked(lookup TEXT NOT NULL, demande TEXT NOT NULL, PRIMARY KEY(lookup, demande));
    """,
)


@projection.on(DemandeSubmitted)
def _submitted(tx: Tx, fact: DemandeSubmitted, recorded: Recorded) -> None:
    tx.run(
        "INSERT INTO tracked VALUES(:lookup, :demande) ON CONFLICT DO NOTHING", lookup=fact.lookup, demande=fact.demande
    )


async def find(db: Db, lookup: str) -> str | None:
    """The id of the demande behind a keyed hash. Erased demandes have none."""
    rows = await db.read("SELECT demande FROM tracked WHERE lookup=:lookup", lookup=lookup)
    return str(rows[0]["demande"]) if rows else None
