"""What a search compares: words without accents, ligatures or capitals, in the same way in both engines."""

from __future__ import annotations

import unicodedata

LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "’": "'"})
MOST = 8


def plain(text: str) -> str:
    """Lower case, without accents or ligatures."""
    parted = unicodedata.normalize("NFKD", text.lower().translate(LIGATURES))
    return "".join(c for c in parted if not unicodedata.combining(c))


def searched(q: str | None, column: str) -> tuple[list[str], dict[str, str]]:
    """The clauses and values of a search: every word, anywhere in `column`, which holds `plain` text."""
    # PostgreSQL has no NUL in a text, not even in what is looked for.
    words = plain((q or "").replace("\0", "\ufffd")).split()[:MOST]
    clauses = [f"{column} LIKE :word{number} ESCAPE '\\'" for number in range(len(words))]
    return clauses, {f"word{number}": f"%{_literal(word)}%" for number, word in enumerate(words)}


def _literal(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
