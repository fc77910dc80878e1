"""A définition as an editor's form shows it, and back: questions in rows, blocks of questions flattened.

A row's fields are named `q<row>-<what>`; `dans` names the group that the question belongs to.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from gateway.pages.forms import Form, Mistake, whole

TYPES: Final[Mapping[str, str]] = {
    "text": "Texte court",
    "textarea": "Texte long",
    "integer": "Nombre entier",
    "decimal": "Nombre décimal",
    "amount": "Montant en euros",
    "date": "Date",
    "email": "Adresse électronique",
    "phone": "Téléphone",
    "choice": "Choix unique",
    "multiple_choice": "Choix multiple",
    "yes_no": "Oui ou non",
    "checkbox": "Case à cocher",
    "address": "Adresse postale",
    "postal_code": "Code postal",
    "siret": "SIRET",
    "siren": "SIREN",
    "rna": "Numéro RNA",
    "uai": "Numéro UAI",
    "iban": "IBAN",
    "section": "Titre de partie",
    "explanation": "Explication",
    "group": "Groupe répété",
}
KINDS: Final[Mapping[str, str]] = {
    "self": "Un particulier",
    "association": "Une association",
    "company": "Une entreprise",
    "local_authority": "Une collectivité",
    "school": "Un établissement scolaire",
}
_TEXTS: Final = ("name", "label", "type", "help", "min", "max", "pattern", "choices", "condition", "values", "dans")
_COUNTS: Final = ("min_length", "max_length", "min_items", "max_items")
_LEGAL: Final = ("service_address", "service_phone", "service_email", "appeal")
_HEAD: Final = ("title", "summary", "service", "service_label")


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the form holds: `head` by field, `questions` row by row; all of it text."""

    head: Mapping[str, Any]
    questions: list[dict[str, Any]]


def blank() -> Sheet:
    """The sheet of a démarche that is yet to be written."""
    head = dict.fromkeys((*_HEAD, *_LEGAL, "silence", "texts", "keywords", "slug"), "") | {
        "delay_months": "2",
        "audience": [],
    }
    return Sheet(head, [question()])


def question(**known: Any) -> dict[str, Any]:
    """A row, empty but for what is known."""
    return dict.fromkeys((*_TEXTS, *_COUNTS, "example"), "") | {"type": "text", "required": False} | known


def of_definition(definition: Mapping[str, Any]) -> Sheet:
    """The sheet of a published version."""
    legal = definition["legal"]
    head = {name: definition.get(name) or "" for name in (*_HEAD, "slug")}
    head |= {name: legal.get(name) or "" for name in (*_LEGAL, "silence")}
    head["delay_months"] = str(legal.get("delay_months") or "")
    head["texts"] = "\n".join(legal.get("texts") or ())
    head["keywords"] = "\n".join(definition.get("keywords") or ())
    head["audience"] = list(definition["audience"])
    return Sheet(head, list(_rows(definition["fields"], "")))


def of_form(form: Form) -> Sheet:
    """The sheet as it was posted."""
    head: dict[str, Any] = {
        name: form.text(name) for name in (*_HEAD, *_LEGAL, "silence", "texts", "delay_months", "keywords", "slug")
    }
    head["audience"] = form.all("audience")
    rows = []
    for row in range(_count(form)):
        kept: dict[str, Any] = {name: form.text(f"q{row}-{name}") for name in (*_TEXTS, *_COUNTS, "example")}
        rows.append(kept | {"required": f"q{row}-required" in form})
    for kept in rows:
        kept["name"] = kept["name"] or _new_name(kept["label"], {each["name"] for each in rows})
    return Sheet(head, rows)


def definition_of(sheet: Sheet) -> dict[str, Any]:
    """The body of a publication. What is no number stays text: the API says what is wrong with it."""
    head = sheet.head
    legal: dict[str, Any] = {name: head[name] for name in _LEGAL}
    legal |= {"silence": head["silence"] or None, "delay_months": _number(head["delay_months"])}
    legal["texts"] = _lines(head["texts"])
    fields: list[dict[str, Any]] = []
    for row, inner in _nested(sheet.questions):
        field = _field(sheet.questions, row)
        if sheet.questions[row]["type"] == "group":
            field["fields"] = [_field(sheet.questions, place) for place in inner]
        fields.append(field)
    return {
        **{name: head[name] for name in _HEAD},
        "slug": head["slug"] or slug_of(head["title"]),
        "audience": head["audience"],
        "keywords": _lines(head["keywords"]),
        "fields": fields,
        "legal": legal,
    }


def mistakes_at(sheet: Sheet, faults: list[Mapping[str, str]]) -> list[Mistake]:
    """What the API found wrong, at the field of the form that can mend it."""
    places: dict[str, int] = {}
    for place, (row, inner) in enumerate(_nested(sheet.questions)):
        places[f"/fields/{place}"] = row
        places |= {f"/fields/{place}/fields/{nth}": child for nth, child in enumerate(inner)}
    return [Mistake(_field_of(fault["pointer"], places), fault["detail"]) for fault in faults]


def slug_of(text: str) -> str:
    """« Aide à l'école » → `aide-a-l-ecole`."""
    plain = unicodedata.normalize("NFKD", text.lower().replace("œ", "oe")).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:80]


def _field_of(pointer: str, places: Mapping[str, int]) -> str:
    known = re.match(r"(?:/fields/\d+){1,2}", pointer)
    if known is not None and known[0] in places:
        rest = pointer[len(known[0]) + 1 :].partition("/")[0]
        return f"q{places[known[0]]}-{rest if rest in _TEXTS or rest in _COUNTS else 'label'}"
    name = pointer.rpartition("/")[2]
    return "" if pointer.startswith("/fields") else name


def _rows(fields: list[dict[str, Any]], group: str) -> Iterator[dict[str, Any]]:
    for field in fields:
        rule = field.get("show_if") or {}
        wanted = rule.get("in") or ([] if rule.get("equals") is None else [rule["equals"]])
        known = {name: _text(field.get(name)) for name in ("name", "label", "type", "help", "min", "max", "pattern")}
        known |= {name: _text(field.get(name)) for name in _COUNTS}
        known["choices"] = "\n".join(f"{each['value']} : {each['label']}" for each in field.get("choices") or ())
        known |= {"condition": rule.get("field", ""), "values": "\n".join(_text(value) for value in wanted)}
        known["example"] = _said(field.get("example"))
        yield question(**known, dans=group, required=bool(field.get("required")))
        yield from _rows(field.get("fields") or [], field["name"])


def _nested(rows: list[dict[str, Any]]) -> list[tuple[int, list[int]]]:
    """The rows that stand by themselves, each with those of its group."""
    groups = {row["name"] for row in rows if row["type"] == "group"}
    alone = [place for place, row in enumerate(rows) if row["dans"] not in groups or row["type"] == "group"]
    return [
        (place, [nth for nth, row in enumerate(rows) if nth not in alone and row["dans"] == rows[place]["name"]])
        for place in alone
    ]


def _field(rows: list[dict[str, Any]], place: int) -> dict[str, Any]:
    row = rows[place]
    field: dict[str, Any] = {"name": row["name"], "label": row["label"], "type": row["type"]}
    field |= {"required": row["required"], "help": row["help"]}
    field |= {name: _number(row[name]) for name in _COUNTS if row[name]}
    field |= {name: _number(row[name].replace(",", ".")) for name in ("min", "max") if row[name]}
    if row["pattern"]:
        field["pattern"] = row["pattern"]
    if row["choices"]:
        field["choices"] = [_choice(line) for line in _lines(row["choices"])]
    if row["condition"]:
        kind = next((each["type"] for each in rows if each["name"] == row["condition"]), "text")
        wanted = [_wanted(kind, line) for line in _lines(row["values"])]
        field["show_if"] = {"field": row["condition"]} | ({"equals": wanted[0]} if len(wanted) == 1 else {"in": wanted})
    if row["example"] and row["type"] != "group":
        field["example"] = _example(row["type"], row["example"])
    return field


def _new_name(label: str, taken: set[Any]) -> str:
    """A name that no other question has; empty as long as the question has no label."""
    plain = slug_of(label).replace("-", "_").lstrip("0123456789_")[:50]
    names = itertools.chain([plain], (f"{plain}_{number}" for number in itertools.count(2)))
    return next(name for name in names if name not in taken) if plain else ""


def _example(kind: str, text: str) -> Any:
    if kind == "multiple_choice":
        return _lines(text)
    return text.replace(",", ".") if kind in ("decimal", "amount") else _wanted(kind, text)


def _said(example: Any) -> str:
    """An example as it is typed. That of a group is not: the API writes one from its questions."""
    if isinstance(example, list):
        return "" if any(isinstance(each, dict) for each in example) else "\n".join(map(_text, example))
    return _text(example)


def _choice(line: str) -> dict[str, str]:
    value, colon, label = line.partition(" : ")
    return {"value": value.strip(), "label": label.strip()} if colon else {"value": slug_of(line), "label": line}


def _wanted(kind: str, text: str) -> Any:
    if kind in ("yes_no", "checkbox"):
        return {"oui": True, "non": False}.get(text.lower(), text)
    return _number(text) if kind == "integer" else text


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "oui" if value else "non"
    return "" if value is None else str(value)


def _number(text: str) -> int | str | None:
    return int(text) if re.fullmatch(r"-?\d{1,15}", text) else text or None


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _count(form: Form) -> int:
    return min(whole(form.text("rows"), 6) or 0, 200)
