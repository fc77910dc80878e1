"""Whole numbers from 0 to 400 in French words, written one way and read in every way people write them.

Hyphens, spaces, accents, capitals and the plural s of « vingts » and « cents » do not count, « et » may be left out,
and the Belgian and Swiss septante, octante, huitante, nonante are read too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache

LARGEST = 400
_UNITS = """zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize
dix-sept dix-huit dix-neuf"""
_SMALL = _UNITS.split()
_TENS = {20: "vingt", 30: "trente", 40: "quarante", 50: "cinquante", 60: "soixante"}
_ABROAD = {70: ("septante",), 80: ("octante", "huitante"), 90: ("nonante",)}
_DIGITS = re.compile(r"[0-9]{1,6}")


def in_words(number: int) -> str:
    """The number from 0 to 20 as people write it."""
    return "vingt" if number == 20 else _SMALL[number]


def read_number(text: str) -> int | None:
    """The number a text says, in digits or words; None when it says none from 0 to 400."""
    if len(text) > 100:
        return None
    plain = _plain(text)
    if _DIGITS.fullmatch(plain):
        return int(plain)
    return _spellings().get(plain)


@cache
def _spellings() -> Mapping[str, int]:
    found: dict[str, int] = {}
    for number in range(LARGEST + 1):
        for spelling in _spelt(number):
            if found.setdefault(_plain(spelling), number) != number:
                raise AssertionError(f"{spelling} reads as two numbers")
    return found


def _spelt(number: int) -> Iterator[str]:
    hundreds, rest = divmod(number, 100)
    if not hundreds:
        yield from _below_hundred(rest)
        return
    heads = ["cent"] if hundreds == 1 else [f"{_SMALL[hundreds]} cent", f"{_SMALL[hundreds]} cents"]
    for head in heads:
        if not rest:
            yield head
        for tail in _below_hundred(rest) if rest else ():
            yield f"{head} {tail}"
            yield f"{head} et {tail}"


def _below_hundred(number: int) -> Iterator[str]:
    if number < 20:
        yield _SMALL[number]
        if number == 1:
            yield "une"
        return
    tens, units = number // 10 * 10, number % 10
    for base in (*_ABROAD.get(tens, ()), *((_TENS[tens],) if tens in _TENS else ())):
        yield from _joined(base, units)
    if tens == 70:
        yield from _joined("soixante", 10 + units)
    if tens >= 80:
        for base in ("quatre vingt", "quatre vingts"):
            yield from _joined(base, number - 80)


def _joined(base: str, units: int) -> Iterator[str]:
    if not units:
        yield base
        return
    for unit in _below_hundred(units):
        yield f"{base} {unit}"
        yield f"{base} et {unit}"


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in folded if char.isalnum())
