"""Saved views of the desk: named filters of one agent.

They are state, not facts: a preference that concerns nobody else, of which only the last word counts.
"""

from __future__ import annotations

from typing import Any

from pydantic_core import from_json, to_json

from kernel.clock import rfc3339
from kernel.db import Row, Tx
from kernel.errors import conflict
from kernel.runtime.runtime import Runtime

MOST = 20
STATE_DDL = """
CREATE TABLE IF NOT EXISTS saved_view(agent TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL,
  filters TEXT NOT NULL, updated_at TEXT NOT NULL, PRIMARY KEY(agent, id));
"""


async def of_agent(run: Runtime, agent: str) -> list[dict[str, Any]]:
    """The views of an agent, by name."""
    rows = await run.state.read("SELECT * FROM saved_view WHERE agent=:agent ORDER BY name, id", agent=agent)
    return [_shown(row) for row in rows]


async def save(run: Runtime, agent: str, id: str, name: str, filters: dict[str, Any]) -> dict[str, Any]:
    """Keep a view, in the place of the one that had its id. Raises Refused(conflict) over the limit."""
    row = {"id": id, "name": name, "filters": to_json(filters).decode(), "updated_at": rfc3339(run.clock())}

    def work(tx: Tx) -> None:
        known = {one["id"] for one in tx.run("SELECT id FROM saved_view WHERE agent=:agent", agent=agent)}
        if id not in known and len(known) >= MOST:
            raise conflict("too-many-views", f"Vous avez déjà {MOST} vues enregistrées : supprimez-en une d'abord.")
        tx.run(
            "INSERT INTO saved_view VALUES(:agent, :id, :name, :filters, :updated_at) ON CONFLICT(agent, id) DO UPDATE"
            " SET name=excluded.name, filters=excluded.filters, updated_at=excluded.updated_at",
            agent=agent,
            **row,
        )

    await run.state.write(work)
    return _shown(row)


async def forget(run: Runtime, agent: str, id: str) -> None:
    """Delete a view, if there is one."""
    sql = "DELETE FROM saved_view WHERE agent=:agent AND id=:id"
    await run.state.write(lambda tx: tx.run(sql, agent=agent, id=id))


async def forget_all(run: Runtime, agent: str) -> None:
    """The agent's account is gone, and his views with it."""
    await run.state.write(lambda tx: tx.run("DELETE FROM saved_view WHERE agent=:agent", agent=agent))


def _shown(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "name": row["name"],
        "filters": from_json(row["filters"]),
        "updated_at": row["updated_at"],
    }
