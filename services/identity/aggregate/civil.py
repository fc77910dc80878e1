"""Whether two civil identities are one person's: what links an account to FranceConnect besides its password."""

from __future__ import annotations

import re
import unicodedata

from services.identity.aggregate.account import Account
from services.identity.commands import LinkIdentity

_WORD = re.compile(r"[^\W\d_]+")


def same_person(known: Account, given: LinkIdentity) -> bool:
    """Whether the account may be this person's.

    An account that FranceConnect knows already has a birth date, and its first name: both must have stayed, since twins
    share the rest (a corrected last name gives another `sub`). Any other has typed names: the last name must be the
    birth name or the name in use, the first name among the first names.
    """
    first, last = _words(known.first_name), _words(known.last_name)
    if known.known_by("franceconnect"):
        stayed = _spelt(known.first_name)[:1] == _spelt(given.given_name)[:1]
        return known.birthdate == given.birthdate != "" and stayed
    birth, usual = _words(given.family_name), _words(given.usual_name)
    names = [birth, birth | usual, *([usual] if usual else [])]
    return bool(first) and first <= _words(given.given_name) and last in names


def _words(name: str) -> frozenset[str]:
    return frozenset(_spelt(name))


def _spelt(name: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", name.casefold().replace("œ", "oe").replace("æ", "ae"))
    return _WORD.findall("".join(char for char in plain if not unicodedata.combining(char)))
