"""What the applicant reads of the history: the facts of his demande, nothing agents do among themselves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from kernel.events import Event, event_types
from kernel.position import Mark
from services.dossiers.main import SERVICE
from services.dossiers.projections import history
from tests.support.facts import sample_of
from tests.support.service import serving

AMONG_AGENTS = {
    "DemandeAssigned",
    "NoteAdded",
    "DemandeLabelled",
    "DemandeUnlabelled",
    "OpinionRequested",
    "OpinionGiven",
    "OpinionWithdrawn",
    "OpinionDelayed",
}
UNTOLD = {"DemandeConsulted", "DemandeDrafted", "DraftDiscarded"}


def telling(fact: Event) -> Callable[[object], list[Event]]:
    return lambda _: [fact]


async def test_every_fact_about_a_demande_is_told_to_the_right_people(tmp_path: Path) -> None:
    about = [cls for cls in event_types("dossiers") if cls.route_field == "demande"]
    told: dict[str, tuple[int, int]] = {}
    async with serving(SERVICE, tmp_path) as desk:
        for number, cls in enumerate(about):
            id = f"demande{number:09d}"
            dates: dict[str, Any] = {
                name: "2026-12-01" for name in ("on", "due", "asked_on", "deadline") if name in cls.model_fields
            }
            fact = cls.model_validate(sample_of(cls) | dates | {"demande": id})
            commit = await desk.run.store.update(f"dossiers.told-{id}", telling(fact), desk.run.own_initiative("told"))
            db = await desk.run.view(history.projection, {"dossiers": Mark(commit.position, commit.position)})
            shown, whole = [await history.of_demande(db, id, internal=inside) for inside in (False, True)]
            told[cls.wire_name] = (len(shown), len(whole))
    assert {name for name, (shown, whole) in told.items() if whole > shown} == AMONG_AGENTS
    assert {name for name, (_, whole) in told.items() if not whole} == UNTOLD
    assert all(shown == 1 for name, (shown, _) in told.items() if name not in AMONG_AGENTS | UNTOLD)
