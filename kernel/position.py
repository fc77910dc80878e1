"""`Guichet-Position`: how far each service had got when a write was acknowledged. Opaque to clients.

An entry is `<service>=<position>.<last public position>`: the service's own read models wait for the first, copies in
other services for the second, because they never see private facts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

HEADER = "Guichet-Position"
_ENTRY = re.compile(r"([a-z]{1,20})=(\d{1,18})\.(\d{1,18})")


class Mark(NamedTuple):
    """A position of one service, and its last public position at that moment."""

    own: int
    public: int


Vector = Mapping[str, Mark]


def parse_vector(text: str) -> dict[str, Mark]:
    """The vector a header names; what is malformed is ignored, since a position is only ever a hint to wait."""
    marks: dict[str, Mark] = {}
    for entry in text[:500].split(","):
        if found := _ENTRY.fullmatch(entry.strip()):
            marks[found[1]] = Mark(int(found[2]), int(found[3]))
    return marks


def format_vector(vector: Vector) -> str:
    """The header's text."""
    return ",".join(f"{service}={mark.own}.{mark.public}" for service, mark in sorted(vector.items()))


def merge(one: Vector, other: Vector) -> dict[str, Mark]:
    """The later mark of each service."""
    merged = dict(one)
    for service, mark in other.items():
        merged[service] = max(mark, merged.get(service, mark))
    return merged
