"""How values are said in a mail: dates in Paris time, what people typed made safe to show."""

from __future__ import annotations

import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from services.notifier.adapters.typesetting import NBSP

PARIS = ZoneInfo("Europe/Paris")
_MONTHS = (
    *("janvier", "février", "mars", "avril", "mai", "juin"),
    *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
)
# Controls, and the marks that reverse the reading order: neither has a place in a mail.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_BREAKS = re.compile("\r\n|\r|\x0b|\x0c|\x85|\u2028|\u2029")
_NAME = re.compile(r"[^\W\d_](?:[^\W\d_]|[ '’-]|\.(?=[ -]|$)){0,59}")


def day(value: date | datetime | str) -> str:
    """« 1er décembre 2026 », of an ISO date, or of an instant in Paris."""
    if isinstance(value, str):
        value = date.fromisoformat(value)
    elif isinstance(value, datetime):
        value = value.astimezone(PARIS)
    number = "1er" if value.day == 1 else str(value.day)
    return f"{number}{NBSP}{_MONTHS[value.month - 1]} {value.year}"


def instant(value: datetime) -> str:
    """« 24 novembre 2026 à 14 h 05 », Paris time."""
    at = value.astimezone(PARIS)
    return f"{day(at)} à {at.hour}{NBSP}h{NBSP}{at.minute:02}"


def seen(value: object) -> object:
    """Any value a template shows: a text loses what cannot be seen, its lines end with a line feed."""
    return _UNSEEN.sub("", _BREAKS.sub("\n", value)) if type(value) is str else value


def tidy(text: str) -> str:
    """What somebody typed, without what cannot be seen nor blanks around it."""
    return str(seen(text)).strip()


def one_line(text: str) -> str:
    """`text` on one line, as a header needs it."""
    return re.sub(r"[\n\t ]+", " ", tidy(text))


def quoted(text: str) -> str:
    """Somebody's words in the text part: every line set in, so that nobody takes them for ours."""
    return "\n".join(f"    {line}".rstrip() for line in tidy(text).split("\n"))


def lines(text: str) -> Markup:
    """Somebody's words in the HTML part: escaped, their line breaks kept."""
    return Markup("<br>\n").join(escape(line) for line in tidy(text).split("\n"))


def person(first_name: str, last_name: str) -> str:
    """A name to greet somebody by, or nothing when it does not look like one.

    Whoever files a demande can type any address: his « name » must not carry a link or a sentence to its owner.
    """
    name = one_line(f"{first_name} {last_name}")
    return name if _NAME.fullmatch(name) else ""
