"""The questions of a démarche that count, given the answers to those before them, as dossiers judges it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

Field = Mapping[str, Any]
Definition = Mapping[str, Any]

SILENT: Final = ("section", "explanation")


def texts_of(value: object) -> list[str]:
    """An answer as the form's controls say it: true is « oui », « 1 200 » is 1200."""
    if isinstance(value, bool):
        return ["oui" if value else "non"]
    if isinstance(value, list):
        return [text for one in value for text in texts_of(one)]
    text = "" if value is None else str(value).strip()
    compact = re.sub(r"[\s\u00a0\u202f]", "", text)
    return [str(int(compact))] if re.fullmatch(r"[+-]?\d{1,15}", compact) else [text]


def wanted_of(rule: Mapping[str, Any]) -> list[str]:
    """What the answer must be for a question to be shown."""
    equals = rule.get("equals")
    return texts_of(list(rule.get("in") or ()) if equals is None else equals)


def visible_of(fields: Sequence[Field], answers: Mapping[str, Any], around: Mapping[str, Any]) -> dict[str, Any]:
    """The answers that count among `answers`: those of questions that are shown. None stands for silence."""
    given: dict[str, Any] = {}
    for field in fields:
        rule = field.get("show_if")
        if rule is None or met(rule, {**around, **given}):
            given[field["name"]] = answers.get(field["name"])
    return given


def met(rule: Mapping[str, Any], given: Mapping[str, Any]) -> bool:
    """Whether the condition of a question holds."""
    found = given.get(rule["field"])
    return found is not None and bool(set(texts_of(found)) & set(wanted_of(rule)))
