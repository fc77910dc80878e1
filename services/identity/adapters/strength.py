"""zxcvbn, told what French people choose and what is known of the person."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Sequence
from itertools import permutations

from services.identity.adapters.french import MOST_USED
from services.identity.adapters.passwords import SlowLane

SHORTEST, LONGEST = 12, 128
GOOD_ENOUGH = 3
READ = 72
"""zxcvbn reads no more: its work grows with the square of the length."""

OURS = ("guichet", "departement", "conseil", "demande", "demarche")
_USED = frozenset(MOST_USED)
_ONE_AT_A_TIME = threading.Lock()  # zxcvbn keeps the words it was told in a module's dictionary
_TRIMMED = re.compile(r"^[^a-z]+|[^a-z]+$")
_NOT_A_LETTER = re.compile(r"[^a-z]")
_DISGUISE = str.maketrans("013457@$!", "oieastasi")
_PARTS = re.compile(r"[^\W_]{3,}")


class Zxcvbn:
    """`Strength`: length, the most used French passwords, then a score of 3 of 4 (10^8 guesses) or more."""

    def __init__(self, lane: SlowLane) -> None:
        self._lane = lane

    async def weakness(self, password: str, about: Sequence[str]) -> str | None:
        if len(password) < SHORTEST:
            return (
                f"Choisissez un mot de passe d'au moins {SHORTEST} caractères : une petite phrase convient très bien."
            )
        if len(password) > LONGEST:
            return f"Choisissez un mot de passe de {LONGEST} caractères au plus."
        if _is_common(password):
            return "Ce mot de passe est parmi les plus utilisés en France. Choisissez plutôt quatre mots sans rapport."
        if await self._lane.run(_score, password[:READ], tuple(about)) < GOOD_ENOUGH:
            return (
                "Ce mot de passe est trop facile à deviner. Évitez votre nom, les dates et les suites de touches ;"
                " choisissez par exemple quatre mots sans rapport entre eux."
            )
        return None


def _score(password: str, about: Sequence[str]) -> int:
    # Its word lists take a while and 10 MB to load: only once somebody chooses a password.
    from zxcvbn import zxcvbn

    parts = {part for text in about for part in _PARTS.findall(_plain(text)[:READ])}
    pairs = {one + other for one, other in permutations(sorted(parts)[:12], 2)}
    known = [*MOST_USED, *OURS, *parts, *pairs, *map(_plain, about)]
    with _ONE_AT_A_TIME:
        return int(zxcvbn(password, user_inputs=known)["score"])


def _is_common(password: str) -> bool:
    core = _TRIMMED.sub("", _plain(password))
    return any(_is_used(_NOT_A_LETTER.sub("", text)) for text in (core, core.translate(_DISGUISE)))


def _is_used(word: str) -> bool:
    """One of the words people use, or two of them in a row."""
    return word in _USED or any(word[:at] in _USED and word[at:] in _USED for at in range(3, len(word) - 2))


def _plain(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
