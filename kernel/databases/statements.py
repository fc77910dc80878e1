"""One SQL text for two engines: what SQLite runs as it is, in PostgreSQL's words. Pure text, no driver.

Names of parameters and types are looked for outside literals, quoted names, comments and `::casts` only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_SKIPPED = r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|/\*.*?\*/|::\s*\w+"""
_PARAMETER = re.compile(rf"{_SKIPPED}|:([A-Za-z_]\w*)", re.DOTALL)
_TYPE = re.compile(rf"{_SKIPPED}|\b(TEXT|INTEGER|REAL|BLOB|WITHOUT\s+ROWID)\b", re.DOTALL)
_RETURNING = re.compile(rf"{_SKIPPED}|\b(RETURNING)\b", re.DOTALL | re.IGNORECASE)
_PART = re.compile(rf"(?:{_SKIPPED}|[^;])+", re.DOTALL)
_TABLE = re.compile(r"\bCREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?(\w+)", re.IGNORECASE)
# Texts compare byte by byte and integers have 64 bits, as in SQLite: both engines list and page alike.
_TYPES = {"TEXT": 'TEXT COLLATE "C"', "INTEGER": "BIGINT", "REAL": "DOUBLE PRECISION", "BLOB": "BYTEA"}


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement with `$1` parameters, their names in that order, and what its answer is.

    `settles`: whoever runs it wants to know at once whether it, and all before it, went well.
    """

    text: str
    names: tuple[str, ...]
    answers: bool
    settles: bool


@lru_cache(2048)
def numbered(sql: str) -> Statement:
    """A statement with `:name` parameters, for PostgreSQL."""
    names: dict[str, int] = {}

    def place(found: re.Match[str]) -> str:
        name = found[1]
        return found[0] if name is None else f"${names.setdefault(name, len(names) + 1)}"

    text = _PARAMETER.sub(place, sql)
    verb = sql.split(None, 1)[0].upper()
    answers = verb in ("SELECT", "WITH", "VALUES") or any(found[1] for found in _RETURNING.finditer(sql))
    return Statement(text, tuple(names), answers, answers or verb in ("SAVEPOINT", "ROLLBACK", "RELEASE"))


def tables_ddl(ddl: str) -> str:
    """The definition of tables, for PostgreSQL."""

    def word(found: re.Match[str]) -> str:
        return found[0] if found[1] is None else _TYPES.get(found[1], "")

    return _TYPE.sub(word, ddl)


def table_names(ddl: str) -> list[str]:
    """The tables a definition makes, in alphabetical order."""
    return sorted(_TABLE.findall(ddl))


def split(ddl: str) -> list[str]:
    """The statements of a definition."""
    return [part for found in _PART.finditer(ddl) if (part := found[0].strip())]
