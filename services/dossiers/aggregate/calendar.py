"""Days that count before the law: in Paris, from date to date, and working days."""

from __future__ import annotations

import calendar
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from holidays import HolidayBase, country_holidays

PARIS = ZoneInfo("Europe/Paris")
RECEIPT_WORKING_DAYS = 10
_MONTHS = (
    *("janvier", "février", "mars", "avril", "mai", "juin"),
    *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
)


def paris_day(at: datetime) -> date:
    """The day it is in Paris at an instant."""
    return at.astimezone(PARIS).date()


def months_after(day: date, months: int) -> date:
    """The same day so many months later; the last of the month when it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def working_days_after(day: date, count: int, region: str = "") -> date:
    """The `count`-th working day (jour ouvré: Monday to Friday, no public holiday) after `day`.

    `region`: a subdivision with holidays of its own, as the library `holidays` names it (57, 6AE, 974 …).
    """
    off = _holidays(region)
    while count:
        day += timedelta(days=1)
        if day.weekday() < 5 and day not in off:
            count -= 1
    return day


def receipt_due(received: date, region: str = "") -> date:
    """The last day on which a receipt can be sent (R112-11-2 CRPA)."""
    return working_days_after(received, RECEIPT_WORKING_DAYS, region)


@lru_cache(maxsize=8)
def _holidays(region: str) -> HolidayBase:
    return country_holidays("FR", subdiv=region or None)


def spoken(day: date) -> str:
    """« 1er décembre 2026 »."""
    return f"{'1er' if day.day == 1 else day.day}\u00a0{_MONTHS[day.month - 1]} {day.year}"
