"""How each type of question is asked: its control, its keyboard, what is said of it before it is answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic_core import to_json

from gateway.pages.answers import Definition, Field, visible_of, wanted_of
from gateway.pages.filing.steps import PREFIX, State, states_of
from gateway.pages.filing.typed import DATE, rows_of, typed_of
from gateway.pages.said import condition, in_french, limits, number

MOST_RADIOS: Final = 7  # more answers than that are a list to open
MADE_UP: Final = "Exemple de réponse"  # what a text without an example of its author has: it teaches nothing
NO_EXAMPLE: Final = ("choice", "multiple_choice", "yes_no", "checkbox", "group")

# Input type, inputmode, autocomplete. Never « off »: browsers would not restore the field on the way back.
_LINE: Final[Mapping[str, tuple[str, str, str]]] = {
    "text": ("text", "", "on"),
    "integer": ("text", "numeric", "on"),
    "decimal": ("text", "decimal", "on"),
    "amount": ("text", "decimal", "on"),
    "email": ("email", "email", "email"),
    "phone": ("tel", "tel", "tel"),
    "postal_code": ("text", "numeric", "postal-code"),
    "siret": ("text", "numeric", "on"),
    "siren": ("text", "numeric", "on"),
    "rna": ("text", "", "on"),
    "uai": ("text", "", "on"),
    "iban": ("text", "", "on"),
}


@dataclass(slots=True)
class Question:
    """One question as the template shows it. `condition` says in words when it is to be answered, if another answer
    of the page decides; `source` and `wanted` say the same to the script. `key` and `type` are the API's."""

    key: str
    type: str
    control: str
    name: str
    label: str
    hint: str = ""
    required: bool = False
    values: Sequence[str] = ()
    input: tuple[str, str, str] = ("text", "", "on")
    options: Sequence[tuple[str, str]] = ()
    condition: str = ""
    source: str = ""
    wanted: str = ""
    must: bool = False  # once it is shown
    rows: list[list[Question]] = field(default_factory=list)
    most: int = 0


def questions_of(definition: Definition, here: Sequence[Field], fill: Mapping[str, Sequence[str]]) -> list[Question]:
    """The questions of a step, filled in as they were typed; those another step's answer hides are left out."""
    given = visible_of(definition["fields"], typed_of(definition["fields"], fill), {})
    states = states_of(here, given)
    return [
        _question(definition, one, fill, given, states, PREFIX)
        for one in here
        if one["type"] != "section" and states[one["name"]] != "hidden"
    ]


def rendered(definition: Definition, here: Sequence[Field], fill: Mapping[str, Sequence[str]]) -> list[Field]:
    """The fields of a step that its page asks for."""
    given = visible_of(definition["fields"], typed_of(definition["fields"], fill), {})
    states = states_of(here, given)
    return [one for one in here if one["type"] != "section" and states[one["name"]] != "hidden"]


def _question(
    definition: Definition,
    one: Field,
    fill: Mapping[str, Sequence[str]],
    given: Mapping[str, Any],
    states: Mapping[str, State],
    prefix: str,
) -> Question:
    name, kind, nested = prefix + one["name"], one["type"], prefix != PREFIX
    live = states[one["name"]] == "live"
    asked = Question(one["name"], kind, "line", name, one["label"], _hint(one), values=fill.get(name, ()))
    asked.must = bool(one.get("required"))
    # Without script both are on the page: what may have to stay empty is not demanded.
    asked.required = asked.must and (not live or one["name"] in given)
    if live:
        asked.condition = condition(definition, one)
        asked.source, asked.wanted = one["show_if"]["field"], to_json(wanted_of(one["show_if"])).decode()
    choices = [(choice["value"], choice["label"]) for choice in one.get("choices") or ()]
    match kind:
        case "textarea" | "address":
            asked.control = "area"
            asked.input = ("", "", "street-address" if kind == "address" and not nested else "on")
        case "date":
            asked.control = "date"
            asked.values = [(fill.get(f"{name}-{part}") or [""])[0] for part in DATE]
        case "choice":
            asked.control = "radios" if asked.must and len(choices) <= MOST_RADIOS else "select"
            asked.options = choices
        case "multiple_choice":
            asked.control, asked.options = "boxes", choices
        case "yes_no":
            asked.control = "radios"
            # A radio button cannot be taken back: what is optional has an answer for « none ».
            asked.options = [("oui", "Oui"), ("non", "Non"), *([] if asked.must else [("", "Sans réponse")])]
        case "checkbox":
            asked.control = "box"
        case "explanation":
            asked.control, asked.hint = "explanation", one.get("help") or ""
        case "group":
            asked.control, asked.most = "rows", one.get("max_items") or 50
            asked.rows = [
                _row(definition, one, fill, given, states, f"{name}-{row}-") for row in range(rows_of(one, fill))
            ]
            asked.values = [str(len(asked.rows))]
        case _:
            shown = _LINE.get(kind, _LINE["text"])
            asked.input = (shown[0], shown[1], "on") if nested else shown
    return asked


def _row(
    definition: Definition,
    group: Field,
    fill: Mapping[str, Sequence[str]],
    given: Mapping[str, Any],
    states: Mapping[str, State],
    prefix: str,
) -> list[Question]:
    inner = states_of(group["fields"], given, states)
    cells = visible_of(group["fields"], typed_of(group["fields"], fill, prefix), given)
    # What an answer of another step shows in a row is not among the answers of the form itself.
    inner |= {name: "shown" for name in cells if inner[name] == "hidden"}
    known = {**given, **cells}
    return [
        _question(definition, cell, fill, known, inner, prefix)
        for cell in group["fields"]
        if cell["type"] != "section" and inner[cell["name"]] != "hidden"
    ]


def _hint(one: Field) -> str:
    parts = [one.get("help") or "", limits(one), _example(one)]
    return "\n".join(part for part in parts if part)


def _example(one: Field) -> str:
    example = one.get("example")
    text = str(example)
    if example is None or one["type"] in NO_EXAMPLE or text.startswith(MADE_UP):
        return ""
    if one["type"] == "date":
        text = " ".join(reversed(text.split("-")))
    elif one["type"] in ("integer", "decimal", "amount"):
        text = number(text)
    return f"Exemple\N{NO-BREAK SPACE}: {in_french(one, text)}"
