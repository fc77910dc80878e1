"""Answers as the review says them, and the bounds of a question in words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from gateway.pages import wording
from gateway.pages.answers import SILENT, Definition, Field, visible_of
from gateway.pages.wording import NBSP

NONE: Final = "Non renseigné"
KINDS: Final[Mapping[str, str]] = {
    "self": "un particulier",
    "association": "une association",
    "company": "une entreprise",
    "local_authority": "une collectivité",
    "school": "un établissement scolaire",
}
IDENTIFIERS: Final[Mapping[str, str]] = {
    "association": "Numéro RNA ou SIRET de l'association",
    "company": "Numéro SIRET de l'entreprise",
    "local_authority": "Numéro SIRET de la collectivité",
    "school": "Code UAI de l'établissement",
}
IDENTIFIER: Final = "Numéro de l'organisme"
CONTACT: Final[Mapping[str, str]] = {
    "email": "Adresse électronique",
    "first_name": "Prénom",
    "last_name": "Nom",
    "postal_address": "Adresse postale",
}


@dataclass(slots=True)
class Line:
    """One line of the review. `name` leads to the field; `faults`: what is to correct."""

    label: str
    said: str
    pointer: str
    faults: list[str] = field(default_factory=list)


def kind_said(kind: str) -> str:
    """« Une association »."""
    text = KINDS.get(kind, kind)
    return text[:1].upper() + text[1:]


def said(field: Field, value: Any) -> str:
    """An answer in words; what cannot be understood is said as it was typed."""
    if value is None or value == "" or value == []:
        return NONE
    if isinstance(value, bool):
        return "Oui" if value else "Non"
    labels = {choice["value"]: choice["label"] for choice in field.get("choices") or ()}
    match field["type"]:
        case "choice":
            return str(labels.get(value, value))
        case "multiple_choice":
            return "\n".join(str(labels.get(one, one)) for one in value)
        case "date":
            return _date(str(value))
        case "integer" | "decimal":
            return number(str(value))
        case "amount":
            return amount(str(value))
        case _:
            return in_french(field, str(value))


def who_lines(who: Mapping[str, Any]) -> list[Line]:
    """For whom."""
    kind = who.get("kind") or ""
    lines = [Line("Vous déposez pour", kind_said(kind) if kind else NONE, "/on_behalf_of/kind")]
    if kind and kind != "self":
        lines.append(Line("Nom de l'organisme", who.get("name") or NONE, "/on_behalf_of/name"))
        label = IDENTIFIERS.get(kind, IDENTIFIER)
        lines.append(Line(label, who.get("identifier") or NONE, "/on_behalf_of/identifier"))
    return lines


def contact_lines(contact: Mapping[str, Any]) -> list[Line]:
    """How to reach him."""
    return [Line(label, contact.get(name) or NONE, f"/contact/{name}") for name, label in CONTACT.items()]


def answer_lines(fields: tuple[Field, ...], given: Mapping[str, Any]) -> list[Line]:
    """The questions that are shown, each with its answer; a group has a line for each cell of a row."""
    lines: list[Line] = []
    for one in fields:
        if one["type"] in SILENT or one["name"] not in given:
            continue
        pointer, value = f"/answers/{one['name']}", given[one["name"]]
        if one["type"] != "group":
            lines.append(Line(one["label"], said(one, value), pointer))
            continue
        rows = [(place, row) for place, row in enumerate(value or []) if row]
        if not rows:
            lines.append(Line(one["label"], NONE, pointer))
        for place, row in rows:
            cells = visible_of(one["fields"], row, given)
            inner = [cell for cell in one["fields"] if cell["type"] not in SILENT and cell["name"] in cells]
            text = "\n".join(f"{cell['label']}{NBSP}: {said(cell, cells[cell['name']])}" for cell in inner)
            lines.append(Line(f"{one['label']} ({place + 1})", text, f"{pointer}/{place}"))
    return lines


def condition(definition: Definition, field: Field) -> str:
    """« À remplir seulement si « Domaine » est « Autre ». »."""
    rule = field["show_if"]
    everything = [*definition["fields"], *(cell for one in definition["fields"] for cell in one.get("fields") or ())]
    source = next(one for one in everything if one["name"] == rule["field"])
    equals = rule.get("equals")
    wanted = list(rule.get("in") or ()) if equals is None else [equals]
    if source["type"] == "checkbox":
        verb = "cochez" if wanted == [True] else "ne cochez pas"
        return f"À remplir seulement si vous {verb} {quoted(source['label'])}."
    texts = " ou ".join(quoted(said(source, [one] if source["type"] == "multiple_choice" else one)) for one in wanted)
    return f"À remplir seulement si vous répondez {texts} à {quoted(source['label'])}."


def limits(field: Field) -> str:
    """The bounds of an answer, told before it is typed."""
    least, most = field.get("min"), field.get("max")
    match field["type"]:
        case "integer" | "decimal":
            return _between(least, most, number)
        case "amount":
            said_already = re.search(r"euro|€", f"{field.get('help')} {field['label']}", re.IGNORECASE)
            return " ".join(filter(None, ("" if said_already else "En euros.", _between(least, most, amount))))
        case "date":
            return _days(least, most)
        case "group":
            fewest, many = field.get("min_items"), field.get("max_items")
            lines = _between(fewest or None, many, str)
            return lines.removesuffix(".") + " lignes." if lines else ""
        case "text" | "textarea" | "address":
            return _length(field)
        case _:
            return ""


def number(text: str, *, grouped: int = 5) -> str:
    """« 1968 », « 12 000,5 »; what is no number stays as it is. `grouped`: from how many digits on."""
    found = re.fullmatch(r"(-?)(\d+)(?:[.,](\d+))?", re.sub(r"\s", "", text))
    if not found:
        return text
    digits = str(int(found[2]))
    whole = f"{int(digits):,}".replace(",", NBSP) if len(digits) >= grouped else digits
    return f"{found[1]}{whole}" + (f",{found[3]}" if found[3] else "")


def amount(text: str) -> str:
    """« 1 200,50 € », « 100 € »."""
    shown = number(re.sub(r"([.,]\d)$", r"\g<1>0", text), grouped=4)
    return f"{shown.removesuffix(',00')}{NBSP}€" if re.search(r"\d$", shown) else text


def quoted(text: str) -> str:
    """Between French quotation marks."""
    return f"«{NBSP}{text}{NBSP}»"


def _between(least: Any, most: Any, say: Any) -> str:
    if least is not None and most is not None:
        return f"Entre {say(str(least))} et {say(str(most))}."
    if least is not None:
        return f"Au moins {say(str(least))}."
    return f"Au plus {say(str(most))}." if most is not None else ""


def _days(least: str | None, most: str | None) -> str:
    if least and most:
        return f"Entre le {wording.day(least)} et le {wording.day(most)}."
    if least:
        return f"À partir du {wording.day(least)}."
    return f"Jusqu'au {wording.day(most)}." if most else ""


def _length(field: Field) -> str:
    most = field.get("max_length") or (5000 if field["type"] == "textarea" else None)
    least = field.get("min_length")
    if least and most:
        return f"Entre {number(str(least))} et {number(str(most))} caractères."
    if least:
        return f"Au moins {number(str(least))} caractères."
    return f"{number(str(most))} caractères au plus." if most else ""


def _date(text: str) -> str:
    found = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", text)
    iso = f"{found[3]}-{found[2]:0>2}-{found[1]:0>2}" if found else text
    if re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])-\d{2}", iso):
        return wording.day(iso)
    return text


def in_french(field: Field, text: str) -> str:
    """A kept answer as people type it: « 12,50 », « 06 12 34 56 78 », an IBAN in fours."""
    match field["type"]:
        case "decimal" | "amount" if re.fullmatch(r"-?\d+(\.\d+)?", text):
            return text.replace(".", ",")
        case "phone" if re.fullmatch(r"\+33[1-9]\d{8}", text):
            national = "0" + text[3:]
            return " ".join(national[at : at + 2] for at in range(0, 10, 2))
        case "iban":
            number = re.sub(r"\s", "", text)
            return " ".join(number[at : at + 4] for at in range(0, len(number), 4))
        case _:
            return text
