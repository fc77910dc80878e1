"""How values are said to people: dates in Paris time, sizes, statuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

from kernel.clock import parse_rfc3339

STATUSES: Final[Mapping[str, str]] = {
    "brouillon": "Brouillon",
    "deposee": "Déposée",
    "en_instruction": "En cours d'instruction",
    "acceptee": "Acceptée",
    "refusee": "Refusée",
    "sans_suite": "Classée sans suite",
    "retiree": "Retirée",
}
FORMATS: Final[Mapping[str, str]] = {
    "application/pdf": "PDF",
    "image/jpeg": "image JPEG",
    "image/png": "image PNG",
}
_MONTHS: Final = (
    *("janvier", "février", "mars", "avril", "mai", "juin"),
    *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
)
NBSP: Final = "\N{NO-BREAK SPACE}"


def status(value: str) -> str:
    """« En cours d'instruction »; an unknown status is shown as it is."""
    return STATUSES.get(value, value)


def moment(text: str) -> str:
    """« 24 novembre 2026 à 14 h 05 », Paris time, of an RFC 3339 instant."""
    at = parse_rfc3339(text).astimezone(ZoneInfo("Europe/Paris"))
    return f"{_day(at.day)} {_MONTHS[at.month - 1]} {at.year} à {at.hour}{NBSP}h{NBSP}{at.minute:02}"


def second(text: str) -> str:
    """« 24 novembre 2026 à 14 h 05 min 07,250 s », Paris time: as exact as an auditor needs."""
    at = parse_rfc3339(text).astimezone(ZoneInfo("Europe/Paris"))
    return f"{moment(text)}{NBSP}min{NBSP}{at.second:02},{at.microsecond // 1000:03}{NBSP}s"


def day(text: str) -> str:
    """« 1er décembre 2026 », of an ISO date or the date of an instant in Paris."""
    if "T" in text:
        return moment(text).partition(" à ")[0]
    year, month, number = (int(part) for part in text.split("-"))
    return f"{_day(number)} {_MONTHS[month - 1]} {year}"


def size(count: int) -> str:
    """« 120 ko », « 1,2 Mo », « 5 Mo »: in powers of 1024, as people's own machines say it."""
    if count < 1024:
        return f"{count}{NBSP}octets"
    if count < 1024 * 1024:
        return f"{round(count / 1024)}{NBSP}ko"
    return f"{count / 1024 / 1024:.1f}{NBSP}Mo".replace(".", ",").replace(",0", "")


def file_format(media_type: str) -> str:
    """« PDF »."""
    return FORMATS.get(media_type, media_type)


def _day(number: int) -> str:
    return "1er" if number == 1 else str(number)


FILTERS: Final[Mapping[str, Callable[[Any], str]]] = {
    "status": status,
    "moment": moment,
    "second": second,
    "day": day,
    "size": size,
    "file_format": file_format,
}
