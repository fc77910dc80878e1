"""Who opened a demande in the back office: once an agent and a day, in a stream of its own.

`dossiers.reading-<demande>` is apart from what happened to the demande: reading changes nothing for anybody.
"""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import Field

from kernel.aggregate import Aggregate, State
from services.dossiers.commands import NoteReading
from services.dossiers.events import DemandeConsulted


class Readings(State):
    """The last day on which each agent is known to have read."""

    days: dict[str, str] = Field(default_factory=dict)


def evolve(state: Readings, fact: DemandeConsulted) -> Readings:
    """Fold one fact."""
    return Readings(days={**state.days, fact.agent: fact.day})


def note_reading(state: Readings, command: NoteReading) -> Iterable[DemandeConsulted]:
    """A day counts once."""
    if state.days.get(command.agent, "") < command.day:
        yield DemandeConsulted(**command.model_dump())


reading = Aggregate("dossiers", "reading", Readings(), evolve)
