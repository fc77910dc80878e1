"""The figures of an agent's services."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from kernel.http.contract import answers
from kernel.http.deps import Caller, Run, View
from services.dossiers.aggregate.calendar import paris_day
from services.dossiers.api.access import demand_agent
from services.dossiers.api.shown_of_statistics import Statistics
from services.dossiers.projections import statistics

router = APIRouter(prefix="/api/backoffice", tags=["Instruction"])


class StatisticsFilters(BaseModel):
    """Which demandes count: filed from one day to another, both included, for one démarche."""

    since: date | None = None
    until: date | None = None
    demarche: str | None = Field(None, max_length=80)


@router.get("/statistics", summary="Les chiffres de mes services", responses=answers(200, Statistics))
async def figures(run: Run, view: View, caller: Caller, asked: Annotated[StatisticsFilters, Query()]) -> dict[str, Any]:
    """How many demandes came, how long they took from filing to decision, how they ended, how long others wait."""
    demand_agent(caller)
    scope = statistics.Scope(
        since=asked.since.isoformat() if asked.since else None,
        until=asked.until.isoformat() if asked.until else None,
        demarche=asked.demarche,
    )
    today = paris_day(run.clock())
    return await statistics.of_services(await view(statistics.projection), caller.services, scope, today)
