"""French typography of the templates, applied to their source: what people typed passes through untouched."""

from __future__ import annotations

import re

NBSP = "\N{NO-BREAK SPACE}"
_BEFORE = re.compile(r" (?=[:;?!»](?:[\s<,.)]|$))", re.MULTILINE)
_AFTER = re.compile(r"« ")
_UNIT = re.compile(r"(?<=\d) (?=Mo\b)")
_APOSTROPHE = re.compile(r"(?<=[^\W\d_])'(?=[^\W\d_])")


def typeset(source: str) -> str:
    """No-break spaces before : ; ? ! Mo and inside « », typographic apostrophes between letters.

    CSS (`color: red`, ` !important`) and Jinja (`a != b`) have no such places.
    """
    spaced = _UNIT.sub(NBSP, _AFTER.sub(f"«{NBSP}", _BEFORE.sub(NBSP, source)))
    return _APOSTROPHE.sub("\N{RIGHT SINGLE QUOTATION MARK}", spaced)
