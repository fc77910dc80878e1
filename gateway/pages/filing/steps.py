"""A démarche's form cut into steps, which of its questions are shown, and where a fault belongs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from gateway.pages.answers import SILENT, Definition, Field

Kind = Literal["who", "contact", "questions", "review"]
State = Literal["shown", "hidden", "live"]  # live: another answer of the same page decides

WHO: Final = ("kind", "name", "identifier")
CONTACT: Final = ("email", "first_name", "last_name", "postal_address")
PREFIX: Final = "r-"  # of the HTML names of answers


@dataclass(frozen=True, slots=True)
class Step:
    """`number` is its place in addresses: it stays when a step before it is hidden."""

    number: int
    kind: Kind
    title: str
    fields: tuple[Field, ...] = ()


def steps_of(definition: Definition) -> tuple[Step, ...]:
    """Who and how to reach him, then one step a section, then the review."""
    parts: list[tuple[str, list[Field]]] = [("Votre demande", [])]
    for field in definition["fields"]:
        if field["type"] == "section":
            parts.append((field["label"], [field]))
        else:
            parts[-1][1].append(field)
    asked = [(title, fields) for title, fields in parts if any(field["type"] != "section" for field in fields)]
    return (
        Step(1, "who", "Vous déposez pour"),
        Step(2, "contact", "Vos coordonnées"),
        *(Step(3 + place, "questions", title, tuple(fields)) for place, (title, fields) in enumerate(asked)),
        Step(3 + len(asked), "review", "Vérifiez avant d'envoyer"),
    )


def states_of(
    here: Sequence[Field], given: Mapping[str, Any], around: Mapping[str, State] | None = None
) -> dict[str, State]:
    """How each question `here` is shown, when `given` are the answers that count in the whole form.

    `around`: the states of the page that a group is part of.
    """
    states: dict[str, State] = dict(around or {})
    for field in here:
        rule = field.get("show_if")
        if rule is None:
            states[field["name"]] = "shown"
        elif rule["field"] in states:
            states[field["name"]] = "hidden" if states[rule["field"]] == "hidden" else "live"
        else:
            states[field["name"]] = "shown" if field["name"] in given else "hidden"
    return states


def pointed(pointer: str) -> tuple[str, list[str]]:
    """The part of a demande and the names below it that a JSON pointer goes through (RFC 6901)."""
    parts = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    return (parts[0], parts[1:]) if parts else ("", [])


def name_of(pointer: str) -> str:
    """The HTML name of what a pointer points to; empty when it is nothing in particular."""
    part, names = pointed(pointer)
    if part == "answers" and names:
        return PREFIX + "-".join(names)
    known = {"on_behalf_of": WHO, "contact": CONTACT}.get(part, ())
    return names[0] if names and names[0] in known else ""


def step_at(steps: Sequence[Step], pointer: str) -> Step | None:
    """The step that a pointer leads to."""
    part, names = pointed(pointer)
    if part == "on_behalf_of":
        return steps[0]
    if part == "contact":
        return steps[1]
    if part == "answers" and names:
        return next((step for step in steps if any(field["name"] == names[0] for field in step.fields)), None)
    return None


def answered_fields(step: Step) -> Iterator[Field]:
    """The questions of a step that are answered, not only read."""
    return (field for field in step.fields if field["type"] not in SILENT)
