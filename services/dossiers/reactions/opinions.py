"""An expert whose last day is over is reminded."""

from __future__ import annotations

import asyncio

from kernel.runtime.runtime import Runtime
from services.dossiers.aggregate.calendar import paris_day
from services.dossiers.aggregate.demande import demande
from services.dossiers.aggregate.opinions import note_overdue, opinions
from services.dossiers.commands import NoteOverdueOpinion
from services.dossiers.projections import opinions as asked
from services.dossiers.reactions.silence import ROUND, until_midnight


async def watch_opinions(run: Runtime) -> None:
    """When a day ends in Paris and at least every hour, for ever: say which opinions are overdue."""
    while True:
        await remind_experts(run)
        await asyncio.sleep(min(ROUND, until_midnight(run.clock())))


async def remind_experts(run: Runtime) -> None:
    """Record what is overdue, once for each request; the reminder is mailed on that."""
    today = paris_day(run.clock())
    db = await run.view(asked.projection)
    for row in await asked.overdue(db, today.isoformat()):
        state, _ = await run.load(demande, row["demande"])
        command = NoteOverdueOpinion(status=state.status, opinion=row["id"], today=today)
        ctx = run.own_initiative("overdue-opinion", key=f"{row['id']}/{row['due']}")
        await run.handle(opinions, row["demande"], note_overdue, command, ctx)
