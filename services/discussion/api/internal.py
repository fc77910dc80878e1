"""What other services ask when their copy of our facts does not answer."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from kernel.errors import not_found
from kernel.http.deps import Caller, Run, demand_service
from kernel.ids import is_id
from services.discussion.aggregate.discussion import discussion

router = APIRouter(prefix="/internal", include_in_schema=False)


@router.get("/demandes/{id}/discussion")
async def one(id: str, run: Run, caller: Caller) -> dict[str, Any]:
    """Whether a discussion is open, and which files messages carry: from the log itself, never late.

    A demande nobody ever wrote about has `status` `none`, whether it exists or not.
    """
    demand_service(caller, "read")
    if not is_id(id):
        raise not_found()
    state, _ = await run.load(discussion, id)
    return {
        "demande": id,
        "status": state.status,
        "discussion": state.discussion or None,
        "files": sorted(state.attached),
    }
