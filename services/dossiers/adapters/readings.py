"""Notes who reads a demande, once the answer has been sent: no reading waits for it or fails with it."""

from __future__ import annotations

import logging
from dataclasses import replace

from kernel.errors import Refused
from kernel.runtime.runtime import Runtime
from services.dossiers.aggregate.reading import note_reading, reading
from services.dossiers.commands import NoteReading
from services.dossiers.projections import readers

log = logging.getLogger(__name__)


async def note(run: Runtime, command: NoteReading, actor: str, correlation: str) -> None:
    """Record that an agent opened a demande on a day, unless that is known. Raises nothing that a service refuses."""
    key = f"{command.demande}/{command.agent}/{command.day}"
    ctx = replace(run.own_initiative("reading", key=key), actor=actor, correlation=correlation)
    try:
        db = await run.view(readers.projection)
        if not await readers.known(db, command.demande, command.agent, command.day):
            await run.handle(reading, command.demande, note_reading, command, ctx)
    except Refused as refusal:
        log.error("a reading of demande %s is not recorded: %s", command.demande, refusal.slug)
