"""Figures as bars: where each one stands in a drawing, and how it is said in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log10
from typing import Any, Final

HEIGHT, BOTTOM, LEFT = 220, 40, 44  # of a drawing: the bars' room, the names under it, the numbers beside it
BAR, GAP = 22, 18
MOST_MONTHS: Final = 24
_MONTHS: Final = ("janv.", "févr.", "mars", "avril", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc.")


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar: its kind (which pattern), where it stands, and its number."""

    kind: str
    x: float
    y: float
    width: float
    height: float
    number: int


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing of bars: `marks` are the lines behind them, `names` what stands under them."""

    width: int
    height: int
    bars: list[Bar]
    marks: list[tuple[float, int]]
    names: list[tuple[float, str]]


def month_said(month: str) -> str:
    """« nov. 2026 », of « 2026-11 »."""
    year, _, number = month.partition("-")
    return f"{_MONTHS[int(number) - 1]} {year}"


def months_chart(months: Sequence[Mapping[str, Any]]) -> Chart:
    """Two bars a month: what was filed, what ended."""
    shown = months[-MOST_MONTHS:]
    top = scale(max((month[kind] for month in shown for kind in ("filed", "ended")), default=0))
    bars: list[Bar] = []
    names: list[tuple[float, str]] = []
    x = float(LEFT + GAP)
    for month in shown:
        for place, kind in enumerate(("filed", "ended")):
            tall = HEIGHT * month[kind] / top
            bars.append(Bar(kind, x + place * BAR, HEIGHT - tall + 10, BAR - 2, tall, month[kind]))
        names.append((x + BAR, month_said(month["month"])))
        x += 2 * BAR + GAP + 12
    marks = [(HEIGHT - HEIGHT * step / 4 + 10, top * step // 4) for step in range(5)]
    return Chart(max(int(x), 360), HEIGHT + BOTTOM, bars, marks, names)


def scale(most: int) -> int:
    """The top of a scale of four round steps that holds `most`."""
    if most <= 4:
        return 4
    unit = int(10 ** int(log10(most / 4)))
    return next(step * unit * 4 for step in (1, 2, 3, 5, 10) if step * unit * 4 >= most)


def shares(parts: Iterable[tuple[str, int]]) -> list[tuple[str, int, int]]:
    """Each part with its number and its per cent of the whole."""
    known = list(parts)
    whole = sum(number for _, number in known)
    return [(name, number, round(100 * number / whole) if whole else 0) for name, number in known]
