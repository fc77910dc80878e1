"""Who read a demande: shown to the agents of the service in charge, as to the auditor in its timeline.

An agent is named once a day, for a year (CNIL 2021-122).
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Request
from starlette.background import BackgroundTask

from kernel.errors import Refused
from kernel.http.contract import answers
from kernel.http.deps import Caller, Run, View, account_of
from kernel.http.paging import Paged, page_of
from kernel.http.tokens import Principal
from kernel.runtime.runtime import Runtime
from services.dossiers.aggregate.calendar import paris_day
from services.dossiers.aggregate.reading import note_reading, reading
from services.dossiers.api.access import of_agent
from services.dossiers.api.moves import name_of
from services.dossiers.api.shown_to_agents import Readers
from services.dossiers.commands import NoteReading
from services.dossiers.projections import demande_detail
from services.dossiers.projections import readers as read_by

router = APIRouter(prefix="/api/backoffice/demandes", tags=["Instruction"])
SHOWN_FOR = timedelta(days=365)
log = logging.getLogger(__name__)


@router.get("/{id}/readers", summary="Qui a consulté une demande", responses=answers(200, Readers))
async def readers(id: str, run: Run, view: View, caller: Caller, paging: Paged) -> dict[str, Any]:
    """The agents who opened the demande in the last twelve months, once a day each, the latest first."""
    await of_agent(await view(demande_detail.projection), id, caller)
    since = paris_day(run.clock()) - SHOWN_FOR
    found = await read_by.of_demande(await view(read_by.projection), id, since.isoformat(), paging)
    rows, following = page_of(found, paging, ("day", "agent"))
    return {"items": [read_by.shown(row) for row in rows], "next": following}


def noted(run: Runtime, request: Request, demande: str, caller: Principal, capacity: str) -> BackgroundTask:
    """Once the answer is sent: note that the caller opened a demande."""
    command = NoteReading(
        demande=demande,
        agent=account_of(caller),
        day=paris_day(run.clock()),
        capacity=capacity,
        agent_name=name_of(caller),
    )
    return BackgroundTask(_note, run, command, request.state.correlation)


async def _note(run: Runtime, command: NoteReading, correlation: str) -> None:
    # No reading waits for this or fails with it. Who it was is in the fact, where it can be forgotten; not its actor.
    key = f"{command.demande}/{command.agent}/{command.day}"
    ctx = replace(run.own_initiative("reading", key=key), correlation=correlation)
    try:
        db = await run.view(read_by.projection)
        if not await read_by.known(db, command.demande, command.agent, command.day.isoformat()):
            await run.handle(reading, command.demande, note_reading, command, ctx)
    except Refused as refusal:
        log.error("a reading of demande %s is not recorded: %s", command.demande, refusal.slug)
