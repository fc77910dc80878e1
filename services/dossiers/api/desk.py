"""The lists of the back office."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from kernel.http.contract import answers
from kernel.http.deps import Caller, View, account_of
from kernel.http.paging import Paged, page_of
from kernel.http.tokens import Principal
from services.dossiers.aggregate.demande import STATUSES
from services.dossiers.api.access import demand_agent
from services.dossiers.api.shown_to_agents import DeskPage
from services.dossiers.projections import dashboard, desk

router = APIRouter(prefix="/api/backoffice/demandes", tags=["Instruction"])


class DeskFilters(BaseModel):
    """Filters of the desk. `q`: words of the reference, the démarche, the applicant, without accents or case."""

    tab: desk.Tab = "toutes"
    status: str | None = Field(None, pattern=f"^({'|'.join(STATUSES)})$")
    demarche: str | None = Field(None, max_length=80)
    assigned: str | None = Field(None, max_length=40)
    awaiting: Literal["applicant", "service"] | None = None
    deadline_before: date | None = None
    label: str | None = Field(None, max_length=30)
    q: str | None = Field(None, max_length=200)
    sort: desk.Sort = "newest"

    def wanted(self, caller: Principal) -> desk.Wanted:
        """What the caller looks for."""
        me = account_of(caller)
        return desk.Wanted(
            me=me,
            tab=self.tab,
            status=self.status,
            demarche=self.demarche,
            assigned=me if self.assigned == "me" else self.assigned,
            awaiting=self.awaiting,
            deadline_before=self.deadline_before.isoformat() if self.deadline_before else None,
            label=self.label,
            q=self.q,
            sort=self.sort,
        )


Filtered = Annotated[DeskFilters, Query()]


@router.get("", summary="Les demandes de mes services", responses=answers(200, DeskPage))
async def demandes(view: View, caller: Caller, paging: Paged, asked: Filtered) -> dict[str, Any]:
    """The list, and how many stand at each status and behind each tab, whatever the filters."""
    demand_agent(caller)
    db, wanted = await view(dashboard.projection), asked.wanted(caller)
    found = await desk.of_services(db, caller.services, wanted, paging)
    rows, following = page_of(found, paging, wanted.keys)
    counts, tabs = await desk.counts(db, caller.services, wanted.me)
    return {"items": [desk.on_desk(row) for row in rows], "next": following, "counts": counts, "tabs": tabs}
