"""What was typed: as the fields of a form, exactly as they were sent, and as the API takes it.

A date is three fields, day, month and year: typed from memory or from a paper it is the least work with a keyboard, a
screen reader or at 400 % zoom, and unlike the browsers' own date control it keeps what was wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from gateway.pages.answers import SILENT, Definition, Field
from gateway.pages.filing.steps import CONTACT, PREFIX, WHO
from gateway.pages.forms import Form
from gateway.pages.said import in_french

Fill = dict[str, list[str]]  # HTML name → values

DATE: Final = ("jour", "mois", "annee")
COUNT: Final = "n"  # the suffix of the number of rows of a group
MOST_ROWS: Final = 100


def read(definition: Definition, form: Form) -> Fill:
    """The fields of a form that this definition asks for; what it does not know is left."""
    names = [*WHO, *CONTACT, *_names(definition["fields"], PREFIX, form)]
    return {name: form.all(name) for name in names if form.all(name)}


def typed_of(fields: Iterable[Field], fill: Mapping[str, Sequence[str]], prefix: str = PREFIX) -> dict[str, Any]:
    """The answers to `fields`, as the API takes them; None for silence."""
    return {field["name"]: _value(field, fill, prefix) for field in fields if field["type"] not in SILENT}


def parts_of(definition: Definition, fill: Mapping[str, Sequence[str]]) -> dict[str, dict[str, Any]]:
    """The whole demande, without what was left empty."""
    whole = {"on_behalf_of": who_of(fill), "contact": contact_of(fill), "answers": typed_of(definition["fields"], fill)}
    return {part: {name: value for name, value in said.items() if value is not None} for part, said in whole.items()}


def who_of(fill: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """`on_behalf_of`: whoever files for himself names no organisation."""
    kind = _text(fill, "kind")
    organised = kind is not None and kind != "self"
    return {"kind": kind} | {name: _text(fill, name) if organised else None for name in WHO[1:]}


def contact_of(fill: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """The contact."""
    return {name: _text(fill, name) for name in CONTACT}


def fill_of(definition: Definition, draft: Mapping[str, Any]) -> Fill:
    """The fields of a form that a draft was saved from."""
    said = {**draft["on_behalf_of"], **draft["contact"]}
    fill: Fill = {name: [str(said[name])] for name in (*WHO, *CONTACT) if said.get(name)}
    return fill | _fill(definition["fields"], draft["answers"], PREFIX)


def rows_of(field: Field, fill: Mapping[str, Sequence[str]]) -> int:
    """How many rows of a group are shown: at least one."""
    least = field.get("min_items")
    fewest = int(field.get("required") or False) if least is None else int(least)
    return max(_rows(PREFIX + field["name"], fill), fewest, 1)


def with_row(field: Field, fill: Fill, removed: int | None = None) -> Fill:
    """The fill with one more row of a group, or without one of them."""
    name, count = PREFIX + field["name"], rows_of(field, fill)
    after = {key: values for key, values in fill.items() if not key.startswith(f"{name}-")}
    kept = [row for row in range(count) if row != removed]
    for place, row in enumerate(kept):
        start = f"{name}-{row}-"
        after |= {f"{name}-{place}-{key[len(start) :]}": v for key, v in fill.items() if key.startswith(start)}
    rows = len(kept) + (removed is None)
    return after | {f"{name}-{COUNT}": [str(min(rows, field.get("max_items") or MOST_ROWS))]}


def names_of(fields: Iterable[Field], fill: Mapping[str, Sequence[str]]) -> list[str]:
    """The HTML names of these questions, for as many rows as the fill has."""
    return list(_names(fields, PREFIX, fill))


def _names(fields: Iterable[Field], prefix: str, fill: Mapping[str, Any]) -> Iterable[str]:
    for field in fields:
        name = prefix + field["name"]
        if field["type"] == "date":
            yield from (f"{name}-{part}" for part in DATE)
        elif field["type"] == "group":
            yield f"{name}-{COUNT}"
            for row in range(_rows(name, fill)):
                yield from _names(field["fields"], f"{name}-{row}-", fill)
        elif field["type"] not in SILENT:
            yield name


def _rows(name: str, fill: Mapping[str, Any]) -> int:
    given = fill.get(f"{name}-{COUNT}") or ""
    text = given if isinstance(given, str) else given[0]
    return min(int(text), MOST_ROWS) if re.fullmatch(r"[0-9]{1,4}", text) else 0


def _text(fill: Mapping[str, Sequence[str]], name: str) -> str | None:
    values = fill.get(name) or [""]
    return values[0] if values[0].strip() else None


def _value(field: Field, fill: Mapping[str, Sequence[str]], prefix: str) -> Any:
    name = prefix + field["name"]
    match field["type"]:
        case "yes_no":
            return {"oui": True, "non": False}.get(_text(fill, name) or "")
        case "checkbox":
            return _text(fill, name) == "oui"
        case "multiple_choice":
            return [value for value in fill.get(name, ()) if value] or None
        case "date":
            parts = [(_text(fill, f"{name}-{part}") or "").strip() for part in DATE]
            return "/".join(parts) if any(parts) else None
        case "group":
            return [_row(field["fields"], fill, f"{name}-{row}-") for row in range(_rows(name, fill))] or None
        case _:
            return _text(fill, name)


def _row(fields: Sequence[Field], fill: Mapping[str, Sequence[str]], prefix: str) -> dict[str, Any]:
    typed = typed_of(fields, fill, prefix)
    # A box that nobody ticked does not make a row of an empty one.
    said = any(value not in (None, False) for value in typed.values())
    return {name: value for name, value in typed.items() if value is not None} if said else {}


def _fill(fields: Iterable[Field], answers: Mapping[str, Any], prefix: str) -> Fill:
    fill: Fill = {}
    for field in fields:
        value, name = answers.get(field["name"]), prefix + field["name"]
        if value is None:
            continue
        if field["type"] == "group":
            blocks = [block for block in value if isinstance(block, dict)] if isinstance(value, list) else []
            fill[f"{name}-{COUNT}"] = [str(len(blocks))]
            for row, block in enumerate(blocks):
                fill |= _fill(field["fields"], block, f"{name}-{row}-")
        elif field["type"] == "date":
            fill |= {f"{name}-{part}": [text] for part, text in zip(DATE, _day(str(value)), strict=True)}
        elif values := _shown(field, value):
            fill[name] = values
    return fill


def _shown(field: Field, value: Any) -> list[str]:
    if isinstance(value, list):
        return [str(one) for one in value]
    if isinstance(value, bool):
        return ["oui"] if value else [] if field["type"] == "checkbox" else ["non"]
    return [in_french(field, str(value))]


def _day(text: str) -> tuple[str, str, str]:
    if found := re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})", text):
        return str(int(found[3])), str(int(found[2])), found[1]
    parts = [*text.split("/", 2), "", ""]
    return parts[0], parts[1], parts[2]
