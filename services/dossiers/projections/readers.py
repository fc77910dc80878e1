"""Which agents opened a demande, and on which days?"""

from __future__ import annotations

from typing import Any

from kernel.clock import rfc3339
from kernel.db import Db, Row, Tx
from kernel.envelope import Recorded
from kernel.http.paging import Paging
from kernel.projection import Projection
from services.dossiers.events import DemandeConsulted, ReadingsForgotten

projection = Projection(
    "readers",
    version=1,
    ddl="""
    CREATE TABLE IF NOT EXISTS reading(demande TEXT NOT NULL, day TEXT NOT NULL, agent TEXT NOT NULL,
      agent_name TEXT NOT NULL, capacity TEXT NOT NULL, first_at TEXT NOT NULL, PRIMARY KEY(demande, day, agent));
    CREATE INDEX IF NOT EXISTS reading_by_day ON reading(day);
    """,
)


@projection.on(DemandeConsulted)
def _consulted(tx: Tx, fact: DemandeConsulted, recorded: Recorded) -> None:
    tx.run(
        "INSERT INTO reading VALUES(:demande, :day, :agent, :name, :capacity, :at) ON CONFLICT DO NOTHING",
        demande=fact.demande,
        day=fact.day,
        agent=fact.agent,
        name=fact.agent_name,
        capacity=fact.capacity,
        at=rfc3339(recorded.at),
    )


@projection.on(ReadingsForgotten)
def _forgotten(tx: Tx, fact: ReadingsForgotten, recorded: Recorded) -> None:
    tx.run("DELETE FROM reading WHERE day BETWEEN :first AND :last", first=f"{fact.month}-01", last=f"{fact.month}-31")


async def months_before(db: Db, day: str) -> list[str]:
    """The months of readings that were over before a day."""
    rows = await db.read(
        "SELECT DISTINCT substr(day, 1, 7) AS month FROM reading WHERE day<:day ORDER BY month", day=day
    )
    return [str(row["month"]) for row in rows if f"{row['month']}-31" < day]


async def known(db: Db, demande: str, agent: str, day: str) -> bool:
    """Whether a reading is already recorded here."""
    sql = "SELECT 1 AS yes FROM reading WHERE demande=:demande AND day=:day AND agent=:agent"
    return bool(await db.read(sql, demande=demande, day=day, agent=agent))


async def of_demande(db: Db, demande: str, since: str, paging: Paging) -> list[Row]:
    """Who read since a day, the latest first."""
    clause, params = "", dict[str, str]()
    if after := paging.resume(str, str):
        clause = " AND (day, agent) < (:after_day, :after_agent)"
        params = {"after_day": after[0], "after_agent": after[1]}
    return await db.read(
        f"SELECT * FROM reading WHERE demande=:demande AND day>=:since{clause}"
        " ORDER BY day DESC, agent DESC LIMIT :limit",
        demande=demande,
        since=since,
        limit=paging.limit + 1,
        **params,
    )


def shown(row: Row) -> dict[str, Any]:
    """One agent's reading on one day; `at`: the first time that day."""
    agent = {"id": row["agent"], "name": row["agent_name"]}
    return {"agent": agent, "capacity": row["capacity"], "day": row["day"], "at": row["first_at"]}
