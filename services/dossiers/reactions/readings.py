"""Who read what is known for a year (CNIL 2021-122), then by nobody."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from kernel.runtime.runtime import Runtime
from services.dossiers.aggregate.calendar import paris_day
from services.dossiers.aggregate.reading import forget_readings, readings
from services.dossiers.commands import ForgetReadings
from services.dossiers.projections import readers
from services.dossiers.reactions.silence import ROUND, until_midnight

KEPT = timedelta(days=365)


async def forget_old_readings(run: Runtime) -> None:
    """When a day ends in Paris and at least every hour, for ever: forget the months that ended a year ago."""
    while True:
        await forget_months(run)
        await asyncio.sleep(min(ROUND, until_midnight(run.clock())))


async def forget_months(run: Runtime) -> None:
    """Destroy the keys of those months, then the rows that were read with them."""
    before = (paris_day(run.clock()) - KEPT).isoformat()
    for month in await readers.months_before(await run.view(readers.projection), before):
        # The key goes first: a crash in between leaves rows, by which the next round finds the month again.
        await asyncio.to_thread(run.codec.vault.destroy, f"readers:{month}")
        run.store.forget()
        ctx = run.own_initiative("forget-readings", key=month)
        await run.handle(readings, month, forget_readings, ForgetReadings(month=month), ctx)
