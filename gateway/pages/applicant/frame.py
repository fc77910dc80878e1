"""What the three tabs of a demande share: the demande itself, its tabs, the way back."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from gateway.pages.applicant.mine import unread
from gateway.pages.house import House
from gateway.visits import Visit
from kernel.clock import system_clock

Part = dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Frame:
    """A demande and its current discussion; None while that does not answer."""

    demande: dict[str, Any]
    discussion: Part
    made_at: float  # seconds since the epoch, before anything was read

    @property
    def is_draft(self) -> bool:
        """Not filed yet: its place is the form."""
        return bool(self.demande["status"] == "brouillon")

    def shown(self) -> dict[str, Any]:
        """For a template that extends `applicant/one.html`."""
        path, count = f"/demandes/{self.demande['id']}", unread(self.discussion)
        news = f"{count} non lu{'s' if count > 1 else ''}" if count else None
        return {
            "demande": self.demande,
            "discussion": self.discussion,
            "unread": count,
            "made_at": f"{self.made_at:.3f}",
            "tabs": [
                (path, "Suivi", None),
                (f"{path}/demande", "Demande", None),
                (f"{path}/discussion", "Discussion", news),
            ],
        }


async def frame_of(house: House, visit: Visit, *more: str) -> tuple[Frame, list[Part]]:
    """The frame of the demande in the address, and parts of its page: paths below it. Raises Refusal."""
    path, made_at = f"/api/demandes/{visit.match.wild[0]}", system_clock().timestamp()
    demande, discussion, *parts = await asyncio.gather(
        house.get(visit, path),
        house.part(visit, f"{path}/discussion"),
        *(house.part(visit, f"{path}{tail}") for tail in more),
    )
    return Frame(demande, discussion, made_at), list(parts)


def draft_path(demande: str) -> str:
    """Where a draft is filled in."""
    return f"/demandes/{demande}/saisie"
