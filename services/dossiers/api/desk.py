"""The lists of the back office."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from kernel.http.contract import answers
from kernel.http.deps import Caller, Run, View, account_of
from kernel.http.paging import Paged, page_of
from kernel.http.tokens import Principal
from services.dossiers.aggregate.calendar import paris_day
from services.dossiers.aggregate.demande import STATUSES
from services.dossiers.aggregate.silence import Alert
from services.dossiers.api.access import demand_agent
from services.dossiers.api.shown_to_agents import DeskPage
from services.dossiers.projections import dashboard, desk

router = APIRouter(prefix="/api/backoffice/demandes", tags=["Instruction"])


class DeskFilters(BaseModel):
    """Filters of the desk. `q`: words of the reference, the démarche, the applicant, without accents or case.

    `alert`: how near the deadline is: `late` (over), `urgent` (a week), `soon` (a month), `none`.
    """

    tab: desk.Tab = "toutes"
    status: str | None = Field(None, pattern=f"^({'|'.join(STATUSES)})$")
    demarche: str | None = Field(None, max_length=80)
    assigned: str | None = Field(None, max_length=40)
    awaiting: Literal["applicant", "service"] | None = None
    deadline_before: date | None = None
    alert: Alert | None = None
    label: str | None = Field(None, max_length=30)
    q: str | None = Field(None, max_length=200)
    sort: desk.Sort = "newest"

    def wanted(self, caller: Principal, today: date) -> desk.Wanted:
        """What the caller looks for, on a day."""
        me = account_of(caller)
        return desk.Wanted(
            me=me,
            today=today,
            tab=self.tab,
            status=self.status,
            demarche=self.demarche,
            assigned=me if self.assigned == "me" else self.assigned,
            awaiting=self.awaiting,
            deadline_before=self.deadline_before.isoformat() if self.deadline_before else None,
            alert=self.alert,
            label=self.label,
            q=self.q,
            sort=self.sort,
        )


Filtered = Annotated[DeskFilters, Query()]


@router.get("", summary="Les demandes de mes services", responses=answers(200, DeskPage))
async def demandes(run: Run, view: View, caller: Caller, paging: Paged, asked: Filtered) -> dict[str, Any]:
    """The list, and how many stand at each status, behind each tab and near a deadline, whatever the filters."""
    demand_agent(caller)
    db, today = await view(dashboard.projection), paris_day(run.clock())
    wanted = asked.wanted(caller, today)
    found = await desk.of_services(db, caller.services, wanted, paging)
    rows, following = page_of(found, paging, wanted.keys)
    counts = await desk.counts(db, caller.services, wanted.me, today)
    return {
        "items": [desk.on_desk(row, today) for row in rows],
        "next": following,
        "counts": counts.status,
        "tabs": counts.tabs,
        "alerts": counts.alerts,
    }
