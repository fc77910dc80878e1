"""Numbers, amounts and dates. A number crosses neither binary floating point nor a locale: text to Decimal and back."""

import re
from datetime import date
from decimal import Decimal

from services.dossiers.aggregate.form.faults import NBSP, BadValueError

_NUMBER = re.compile(
    r"([+-]?)([0-9]{1,3}(?:[ \u00a0\u202f][0-9]{3}){1,4}|[0-9]{1,15})(?:[.,]([0-9]{1,6}))?"
    r"(?:[ \u00a0\u202f]*(€|EUR|euros?))?",
    re.IGNORECASE,
)
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_FRENCH = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")

MOST = Decimal(999_999_999_999)
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)

Bound = int | str | None


def read_number(value: object) -> Decimal:
    """The number a text or a JSON number names. Raises BadValueError."""
    return _read(value, "Saisissez un nombre en chiffres.")


def clean_integer(value: object, least: Bound = None, most: Bound = None) -> int:
    """A whole number, of which a text may group the digits (« 1 200 »). Raises BadValueError."""
    ask = "Saisissez un nombre entier, en chiffres et sans virgule."
    number = _read(value, ask)
    if number != int(number):
        raise BadValueError(ask)
    return int(_within(number, least, most, "{:,.0f}"))


def clean_decimal(value: object, least: Bound = None, most: Bound = None) -> str:
    """A number of at most six decimals, as the shortest text with a point. Raises BadValueError."""
    ask = "Saisissez un nombre en chiffres, par exemple 12,5."
    return format(_within(_read(value, ask), least, most, "{:,f}").normalize(), "f")


def clean_amount(value: object, least: Bound = None, most: Bound = None) -> str:
    """An amount in euros, as a text with two decimals and a point; never negative unless `least` says so.

    Raises BadValueError.
    """
    ask = "Saisissez un montant en euros avec deux décimales au plus, par exemple 1234,50."
    number = _read(value, ask, currency=True)
    # « 12.500 » may mean twelve thousand five hundred: ask again rather than guess.
    if len(str(number).partition(".")[2]) > 2:
        raise BadValueError(ask)
    return format(_within(number, 0 if least is None else least, most, f"{{:,.2f}}{NBSP}€"), ".2f")


def clean_date(value: object, least: Bound = None, most: Bound = None) -> str:
    """A day of the calendar as YYYY-MM-DD; JJ/MM/AAAA is understood. Raises BadValueError."""
    day = read_date(value)
    first = FIRST_DAY if least is None else read_date(least)
    last = LAST_DAY if most is None else read_date(most)
    if day < first:
        raise BadValueError(f"Indiquez une date à partir du {first:%d/%m/%Y}.")
    if day > last:
        raise BadValueError(f"Indiquez une date jusqu'au {last:%d/%m/%Y}.")
    return day.isoformat()


def read_date(value: object) -> date:
    """The day a text names. Raises BadValueError."""
    text = value.strip() if isinstance(value, str) and len(value) <= 40 else ""
    if found := _ISO.fullmatch(text):
        year, month, day = map(int, found.groups())
    elif found := _FRENCH.fullmatch(text):
        day, month, year = map(int, found.groups())
    else:
        raise BadValueError("Indiquez une date sous la forme JJ/MM/AAAA, par exemple 24/11/2026.")
    try:
        return date(year, month, day)
    except ValueError:
        raise BadValueError("Corrigez cette date, elle n'existe pas dans le calendrier.") from None


def _read(value: object, ask: str, *, currency: bool = False) -> Decimal:
    if isinstance(value, bool):
        raise BadValueError(ask)
    if isinstance(value, int):
        # Turning a huge integer into text is refused by Python (and slow): look at its size first.
        text = str(value) if value.bit_length() <= 64 else "9" * 15
    elif isinstance(value, float):
        text = repr(value)  # the shortest text of that number, thus what was typed
    else:
        text = value.strip() if isinstance(value, str) and len(value) <= 60 else ""
    found = _NUMBER.fullmatch(text)
    if not found or (found[4] and not currency):
        raise BadValueError(ask)
    digits = re.sub(r"[^0-9]", "", found[2])
    return Decimal(f"{found[1]}{digits}.{found[3] or '0'}")


def _within(number: Decimal, least: Bound, most: Bound, shown: str) -> Decimal:
    low = -MOST if least is None else read_number(least)
    high = MOST if most is None else read_number(most)
    if number < low:
        raise BadValueError(f"Indiquez au moins {_in_french(low, shown)}.")
    if number > high:
        raise BadValueError(f"Indiquez au plus {_in_french(high, shown)}.")
    return number + 0  # no negative zero


def _in_french(number: Decimal, shown: str) -> str:
    return shown.format(number).translate({ord(","): NBSP, ord("."): ","})
