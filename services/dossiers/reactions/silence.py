"""Silence decides on its day (L231-1, L231-4 CRPA)."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, time, timedelta

from kernel.errors import Refused
from kernel.feed import EpochChanged
from kernel.runtime.runtime import Runtime
from services.dossiers.aggregate.calendar import PARIS, paris_day
from services.dossiers.aggregate.clock import clock
from services.dossiers.aggregate.demande import demande
from services.dossiers.aggregate.implicit import decide_by_silence
from services.dossiers.aggregate.silence import silence_date
from services.dossiers.commands import DecideBySilence
from services.dossiers.projections import demande_detail
from services.dossiers.reactions.pieces import CLOCK, legal_clock

ROUND, SOON = 3600.0, 60.0  # seconds
log = logging.getLogger(__name__)


async def watch_silence(run: Runtime) -> None:
    """When a day ends in Paris and at least every hour, for ever: record what silence decided."""
    while True:
        done = await record_silence(run)
        await asyncio.sleep(min(ROUND, until_midnight(run.clock())) if done else SOON)


async def record_silence(run: Runtime) -> bool:
    """Decide what silence decides; False when there may be more that could not be settled yet.

    Pieces asked for in time change the day, so nothing is decided before everything discussion said is known here.
    """
    today = paris_day(run.clock())
    db = await run.view(demande_detail.projection)
    overdue = await demande_detail.overdue(db, today.isoformat())
    if not overdue:
        return True
    if not await _discussion_is_known(run):
        log.info("%d demandes wait for discussion before silence decides", len(overdue))
        return False
    held = await run.state.read("SELECT DISTINCT stream FROM held WHERE reactor=:name", name=CLOCK)
    waiting = {str(row["stream"]).rpartition("-")[2] for row in held}
    for id in overdue:
        if id in waiting:
            continue
        state, _ = await run.load(demande, id)
        asked, _ = await run.load(clock, id)
        deadline = silence_date(state.term, asked.requests) if state.term else None
        if deadline is not None:
            command = DecideBySilence(deadline=deadline, today=today)
            ctx = run.own_initiative("silence", key=f"{id}/{deadline}")
            commit = await run.handle(demande, id, decide_by_silence, command, ctx)
            await run.fresh(commit, demande_detail.projection)
    return not waiting


async def _discussion_is_known(run: Runtime) -> bool:
    """Whether the clocks have followed everything discussion said; not while it does not answer."""
    rows = await run.state.read("SELECT position FROM reactor WHERE name=:name AND source='discussion'", name=CLOCK)
    if not rows:
        return False
    wanted = {type for source, type in legal_clock.reactions if source == "discussion"}
    position = int(rows[0]["position"])
    try:
        while (page := await run.peers["discussion"].feed(position, 0.0)).facts:
            if any(fact.type in wanted for fact in page.facts):
                return False
            position = page.position
    except (Refused, EpochChanged):
        return False
    return True


def until_midnight(now: datetime) -> float:
    """The seconds until the day ends in Paris, one at least."""
    local = now.astimezone(PARIS)
    midnight = datetime.combine(local.date() + timedelta(days=1), time(), PARIS)
    return max(1.0, (midnight - now).total_seconds() + 1.0)
