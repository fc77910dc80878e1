"""The day at whose end silence becomes a decision, in words that do without colour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from zoneinfo import ZoneInfo

from gateway.pages.wording import day
from kernel.clock import system_clock

SOON, URGENT = 30, 7  # days
EFFECTS: Final[Mapping[str, str]] = {"acceptation": "acceptation", "rejet": "refus"}


@dataclass(frozen=True, slots=True)
class Deadline:
    """`level`: late, urgent, soon or far; `words` say how long is left, `on` which day."""

    level: str
    words: str
    on: str


def today() -> date:
    """The day in Paris."""
    return system_clock().astimezone(ZoneInfo("Europe/Paris")).date()


def deadline(on: str | None, now: date) -> Deadline | None:
    """« En retard de 3 jours », « Dans 5 jours »; None where nothing is due."""
    if not on:
        return None
    left = (date.fromisoformat(on) - now).days
    level = "late" if left < 0 else "urgent" if left <= URGENT else "soon" if left <= SOON else "far"
    return Deadline(level, _words(left), day(on))


def clock(legal: Mapping[str, Any]) -> list[str]:
    """The legal time in a few sentences: what silence means, from when to when, what makes it stand still."""
    effect = EFFECTS.get(legal["silence"] or "")
    if effect is None:
        return ["Aucun délai légal : pour cette démarche, le silence gardé par le service ne vaut pas décision."]
    rule = f"Le silence gardé pendant {legal['delay_months']} mois vaut {effect}."
    if legal["state"] == "over":
        return [f"{rule} Le délai ne court plus."]
    return [rule, *_running(legal, effect), *(_pieces(one) for one in legal["awaited"] if one["missing"])]


def _running(legal: Mapping[str, Any], effect: str) -> list[str]:
    if legal["state"] == "waiting":
        return ["Le délai ne court pas : il repart en entier le jour où la dernière pièce demandée arrive."]
    becomes = "acceptée" if effect == "acceptation" else "refusée"
    said = [f"Sans décision avant la fin du {day(legal['deadline'])}, la demande est {becomes}."]
    if legal["state"] == "suspended":
        said.append("Le délai est suspendu tant que le demandeur rassemble les pièces demandées.")
    return said


def _pieces(one: Mapping[str, Any]) -> str:
    many = "s" if one["missing"] > 1 else ""
    due = f", à remettre avant le {day(one['due'])}" if one["due"] else ""
    return f"{one['missing']} pièce{many} attendue{many} depuis le {day(one['asked_on'])}{due}."


def _words(left: int) -> str:
    if left < 0:
        return f"En retard de {-left} jour{'s' if left < -1 else ''}"
    return {0: "Aujourd'hui", 1: "Demain"}.get(left, f"Dans {left} jours")
