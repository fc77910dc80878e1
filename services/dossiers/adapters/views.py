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
CREATE TABLE IF NOT EXISTS saved_view(agent TEXT NOT NULL, name TEXT NOT NULL, filters TEXT NOT NULL,
  updated_at TEXT NOT NULL, PRIMARY KEY(agent, name));
"""


async def of_agent(run: Runtime, agent: str) -> list[dict[str, Any]]:
    """The views of an agent, by name."""
    rows = await run.state.read("SELECT * FROM saved_view WHERE agent=:agent ORDER BY name", agent=agent)
    return [_shown(row) for row in rows]


async def save(run: Runtime, agent: str, name: str, filters: dict[str, Any]) -> dict[str, Any]:
    """Keep a view under its name, in the place of the one before. Raises Refused(conflict) over the limit."""
    row = {"name": name, "filters": to_json(filters).decode(), "updated_at": rfc3339(run.clock())}

    def work(tx: Tx) -> None:
        names = {known["name"] for known in tx.run("SELECT name FROM saved_view WHERE agent=:agent", agent=agent)}
        if name not in names and len(names) >= MOST:
            raise conflict("too-many-views", f"Vous avez déjà {MOST} vues enregistrées : supprimez-en une d'abord.")
        tx.run(
            "INSERT INTO saved_view VALUES(:agent, :name, :filters, :updated_at) ON CONFLICT(agent, name) DO UPDATE"
            " SET filters=excluded.filters, updated_at=excluded.updated_at",
            agent=agent,
            **row,
        )

    await run.state.write(work)
    return _shown(row)


async def forget(run: Runtime, agent: str, name: str) -> None:
    """Delete a view, if there is one."""
    sql = "DELETE FROM saved_view WHERE agent=:agent AND name=:name"
    await run.state.write(lambda tx: tx.run(sql, agent=agent, name=name))


async def forget_all(run: Runtime, agent: str) -> None:
    """The agent's account is gone, and his views with it."""
    await run.state.write(lambda tx: tx.run("DELETE FROM saved_view WHERE agent=:agent", agent=agent))


def _shown(row: Row) -> dict[str, Any]:
    return {"name": row["name"], "filters": from_json(row["filters"]), "updated_at": row["updated_at"]}
