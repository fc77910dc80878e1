"""The demandes of whoever is signed in, as several pages count and sort them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from gateway.pages import wording
from gateway.pages.house import House
from gateway.visits import Visit

Row = dict[str, Any]

CURRENT: Final = ("deposee", "en_instruction")  # the service has still something to do
PAGE, PAGES = 100, 3
LOOKED_INTO: Final = 10  # discussions one page reads


@dataclass(frozen=True, slots=True)
class Mine:
    """Newest first. Not `complete` when there are more than a page should read."""

    rows: list[Row]
    complete: bool

    @property
    def current(self) -> list[Row]:
        """Those that the service deals with."""
        return [row for row in self.rows if row["status"] in CURRENT]

    @property
    def drafts(self) -> list[Row]:
        """Those that were not filed yet, the last one touched first."""
        return sorted(self.of("brouillon"), key=lambda row: str(row["updated_at"]), reverse=True)

    @property
    def filed(self) -> list[Row]:
        """All but the drafts."""
        return [row for row in self.rows if row["status"] != "brouillon"]

    def of(self, status: str) -> list[Row]:
        """Those in one state."""
        return [row for row in self.rows if row["status"] == status]

    @property
    def counts(self) -> list[tuple[str, int]]:
        """How many are in each state that has any."""
        return [(status, len(self.of(status))) for status in wording.STATUSES if self.of(status)]


async def read_mine(house: House, visit: Visit) -> Mine | None:
    """Everything an ordinary account has; None when it cannot be had now."""
    rows: list[Row] = []
    cursor: dict[str, str] = {}
    for _ in range(PAGES):
        page = await house.part(visit, "/api/demandes", limit=PAGE, **cursor)
        if page is None:
            return None
        rows += page["items"]
        if page["next"] is None:
            return Mine(rows, complete=True)
        cursor = {"cursor": page["next"]}
    return Mine(rows, complete=False)


async def awaited(house: House, visit: Visit, rows: Iterable[Row]) -> list[Row]:
    """What the service still awaits of the person, the most urgent first: `{demande, documents, due}`."""
    # A demande that was taken in hand is likelier to have a discussion than one that waits for it.
    ordered = sorted(rows, key=lambda row: row["status"] != "en_instruction")[:LOOKED_INTO]
    said = await asyncio.gather(*(house.part(visit, f"/api/demandes/{row['id']}/discussion") for row in ordered))
    found = []
    for row, discussion in zip(ordered, said, strict=True):
        if documents := missing(discussion):
            dues = [document["due"] for document in documents if document["due"]]
            found.append({"demande": row, "documents": documents, "due": min(dues, default=None)})
    return sorted(found, key=lambda one: one["due"] or "9999")


def missing(discussion: Row | None) -> list[Row]:
    """The documents that an open discussion asks for and that have not come."""
    if discussion is None or discussion["status"] != "open":
        return []
    return [document for document in discussion["requested_documents"] if not document["received"]]


def unread(discussion: Row | None) -> int:
    """How many messages of the service were not read."""
    messages = discussion["messages"] if discussion else ()
    return sum(message["author"]["kind"] == "service" and not message["read_at"] for message in messages)
