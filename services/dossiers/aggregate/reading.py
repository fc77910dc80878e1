"""Who opened a demande in the back office: once an agent and a day, in a stream of its own, for a year.

`dossiers.reading-<demande>` is apart from what happened to the demande: reading changes nothing for anybody.
"""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import Field

from kernel.aggregate import Aggregate, State
from services.dossiers.commands import ForgetReadings, NoteReading
from services.dossiers.events import DemandeConsulted, ReadingsForgotten


class Readings(State):
    """The last day on which each agent is known to have read."""

    days: dict[str, str] = Field(default_factory=dict)


def evolve(state: Readings, fact: DemandeConsulted) -> Readings:
    """Fold one fact."""
    return Readings(days={**state.days, fact.agent: fact.day})


def note_reading(state: Readings, command: NoteReading) -> Iterable[DemandeConsulted]:
    """A day counts once."""
    day = command.day.isoformat()
    if state.days.get(command.agent, "") < day:
        yield DemandeConsulted(
            demande=command.demande,
            day=day,
            month=day[:7],
            capacity=command.capacity,
            agent=command.agent,
            agent_name=command.agent_name,
        )


reading = Aggregate("dossiers", "reading", Readings(), evolve)


class Month(State):
    """Whether a month of readings is forgotten."""

    forgotten: bool = False


def evolve_month(state: Month, fact: ReadingsForgotten) -> Month:
    """Fold one fact."""
    return Month(forgotten=True)


def forget_readings(state: Month, command: ForgetReadings) -> Iterable[ReadingsForgotten]:
    """A month is forgotten once."""
    if not state.forgotten:
        yield ReadingsForgotten(month=command.month)


readings = Aggregate("dossiers", "readings", Month(), evolve_month)
