"""A demande being filled in: its definition, what was typed so far, and where one is in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from gateway.pages.answers import Definition, visible_of
from gateway.pages.filing.questions import Question, questions_of, rendered
from gateway.pages.filing.steps import CONTACT, WHO, Step, answered_fields, name_of, pointed, step_at, steps_of
from gateway.pages.filing.typed import Fill, contact_of, names_of, parts_of, read, typed_of, who_of, with_row
from gateway.pages.forms import Form, Mistake
from gateway.pages.said import Line, answer_lines, contact_lines, who_lines

Faults = Sequence[Mapping[str, Any]]  # as a service tells them: pointer, detail


@dataclass(frozen=True)
class Paper:
    """Nothing here changes: typing more makes another paper."""

    definition: Definition
    fill: Fill

    @cached_property
    def all_steps(self) -> tuple[Step, ...]:
        """Every step, hidden ones too: their numbers are in addresses."""
        return steps_of(self.definition)

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The steps that have something to show."""
        shown = (step for step in self.all_steps if step.kind != "questions" or rendered_of(self, step))
        return tuple(shown)

    def step(self, number: int) -> Step | None:
        """The step of an address, when it shows something."""
        return next((step for step in self.steps if step.number == number), None)

    @property
    def review(self) -> Step:
        """The last step."""
        return self.all_steps[-1]

    def after(self, step: Step) -> Step:
        """The next step that shows something."""
        return next((one for one in self.steps if one.number > step.number), self.review)

    def before(self, step: Step) -> Step | None:
        """The step before, or None at the first."""
        return next((one for one in reversed(self.steps) if one.number < step.number), None)

    def progress(self, step: Step) -> str:
        """« Étape 2 sur 4 »."""
        return f"Étape {self.steps.index(step) + 1} sur {len(self.steps)}"

    def questions(self, step: Step) -> list[Question]:
        """What a step asks."""
        return questions_of(self.definition, step.fields, self.fill)

    def typed(self, form: Form, step: Step) -> Paper:
        """The paper with what a step's form says; what that step does not ask stays as it was."""
        said = read(self.definition, form)
        mine = set(self.names(step)) | set(names_of(answered_fields(step), said))
        kept = {name: values for name, values in self.fill.items() if name not in mine}
        return replace(self, fill=kept | {name: values for name, values in said.items() if name in mine})

    def names(self, step: Step) -> list[str]:
        """The HTML names of what a step asks."""
        match step.kind:
            case "who":
                return list(WHO)
            case "contact":
                return list(CONTACT)
            case _:
                asked = rendered_of(self, step)
                return names_of((one for one in asked if one["type"] != "explanation"), self.fill)

    def carried(self, step: Step) -> list[tuple[str, str]]:
        """What the other steps hold, for hidden fields."""
        mine = set(self.names(step))
        return [(name, value) for name, values in self.fill.items() if name not in mine for value in values]

    def changes(self, step: Step) -> dict[str, dict[str, Any]]:
        """What a step says, as the API saves it: null takes an answer away."""
        match step.kind:
            case "who":
                return {"on_behalf_of": who_of(self.fill)}
            case "contact":
                return {"contact": contact_of(self.fill)}
            case _:
                return {"answers": typed_of(rendered_of(self, step), self.fill)}

    def whole(self) -> dict[str, dict[str, Any]]:
        """All of it, as the API files it."""
        return parts_of(self.definition, self.fill)

    def rows_changed(self, action: str) -> Paper:
        """The paper after « Ajouter une ligne » or « Retirer »: `ajouter:group` or `retirer:group:row`."""
        verb, _, rest = action.partition(":")
        name, _, row = rest.partition(":")
        group = next((one for one in self.definition["fields"] if one["name"] == name and one["type"] == "group"), None)
        if group is None:
            return self
        removed = int(row) if verb == "retirer" and row.isdecimal() and len(row) < 4 else None
        return replace(self, fill=with_row(group, self.fill, removed))

    def mistakes(self, faults: Faults, step: Step) -> list[Mistake]:
        """The faults of a step, on its fields, in the order of the page."""
        mine = [fault for fault in faults if (step_at(self.all_steps, fault["pointer"]) or step) == step]
        return [Mistake(name_of(fault["pointer"]), fault["detail"]) for fault in mine]

    def first_faulty(self, faults: Faults) -> Step | None:
        """The first step that has something to correct."""
        places = {found.number for fault in faults if (found := step_at(self.all_steps, fault["pointer"]))}
        return next((step for step in self.steps if step.number in places), None)

    def lines(self, faults: Faults) -> list[tuple[Step, list[Line]]]:
        """The review: each step with its answers, and what is to correct in them."""
        whole = self.whole()
        given = visible_of(self.definition["fields"], whole["answers"], {})
        told: list[tuple[Step, list[Line]]] = []
        for step in self.steps[:-1]:
            if step.kind == "who":
                lines = who_lines(whole["on_behalf_of"])
            elif step.kind == "contact":
                lines = contact_lines(whole["contact"])
            else:
                lines = answer_lines(step.fields, given)
            for fault in faults:
                if line := _line_of(lines, fault["pointer"]):
                    line.faults.append(fault["detail"])
            if lines:
                told.append((step, lines))
        return told

    def differing(self, other: Paper, step: Step) -> list[Line]:
        """What another paper holds in this step and this one does not say."""
        mine = {line.pointer: line.said for line in _lines_of(self, step)}
        return [line for line in _lines_of(other, step) if mine.get(line.pointer) != line.said]


def without(changes: Mapping[str, Mapping[str, Any]], pointers: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The changes without the answers that pointers lead to: what is wrong with one must not lose the others."""
    wrong = {(part, names[0]) for part, names in map(pointed, pointers) if names}
    return {
        part: {name: value for name, value in said.items() if (part, name) not in wrong}
        for part, said in changes.items()
    }


def rendered_of(paper: Paper, step: Step) -> list[Any]:
    """The fields that a step's page shows."""
    return rendered(paper.definition, step.fields, paper.fill)


def _lines_of(paper: Paper, step: Step) -> list[Line]:
    return next((lines for one, lines in paper.lines(()) if one == step), [])


def _line_of(lines: Sequence[Line], pointer: str) -> Line | None:
    """The line that says what a pointer leads to; of a group as a whole, its first row."""
    exact = (line for line in lines if pointer == line.pointer or pointer.startswith(f"{line.pointer}/"))
    below = (line for line in lines if line.pointer.startswith(f"{pointer}/"))
    return next(exact, None) or next(below, None)
