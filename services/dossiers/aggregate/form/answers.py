"""The answers of a whole form: which questions are shown, what is missing, what must be corrected."""

from collections.abc import Mapping, Sequence

from services.dossiers.aggregate.form.definition import Definition, Field
from services.dossiers.aggregate.form.faults import NBSP, BadValueError, FieldFault, below, quoted
from services.dossiers.aggregate.form.texts import blank
from services.dossiers.aggregate.form.values import clean_value

HEAVIEST = 100_000  # bytes, all answers together
MOST_BLOCKS = 50  # of a group that does not say
MOST_UNKNOWN = 20  # unknown names told one by one


def check_answers(
    definition: Definition, answers: object, *, complete: bool = True
) -> tuple[dict[str, object], list[FieldFault]]:
    """The answers as kept, and one fault for each that must be corrected. Never raises, whatever JSON is given.

    Answers to hidden questions are ignored, silences left out; cleaned answers pass again unchanged. With
    `complete=False` (a draft) a required answer may be missing. The definition is one that `check_definition` passes.
    """
    if not isinstance(answers, Mapping):
        return {}, [FieldFault("/answers", "Envoyez les réponses sous la forme d'un objet, une entrée par question.")]
    if _heavier(answers, HEAVIEST):
        return {}, [FieldFault("/answers", f"Raccourcissez vos réponses, elles dépassent 100{NBSP}ko au total.")]
    return check_block(definition.fields, answers, complete=complete)


def check_block(
    fields: Sequence[Field],
    answers: Mapping[str, object],
    *,
    outside: Mapping[str, object] | None = None,
    pointer: str = "/answers",
    complete: bool = True,
) -> tuple[dict[str, object], list[FieldFault]]:
    """The same for a list of questions: the form itself, or a block of a group (`outside`: the answers around it)."""
    faults = _unknown(fields, answers, pointer)
    cleaned: dict[str, object] = {}
    for field in fields:
        if not _shown(field, {**(outside or {}), **cleaned}):
            continue
        value, here = answers.get(field.name), below(pointer, field.name)
        if field.type == "group":
            blocks, found = _check_group(field, value, {**(outside or {}), **cleaned}, here, complete)
            faults += found
            if blocks:
                cleaned[field.name] = blocks
        elif blank(value):
            if field.required and complete:
                faults.append(FieldFault(here, _missing(field)))
        else:
            try:
                kept = clean_value(field, value)
            except BadValueError as refused:
                faults.append(FieldFault(here, refused.detail))
                continue
            if field.type == "checkbox" and field.required and complete and kept is False:
                faults.append(FieldFault(here, _missing(field)))
            else:
                cleaned[field.name] = kept
    return cleaned, faults


def _check_group(
    field: Field, value: object, outside: Mapping[str, object], pointer: str, complete: bool
) -> tuple[list[dict[str, object]], list[FieldFault]]:
    given = [] if blank(value) else value
    most = field.max_items or MOST_BLOCKS
    if not isinstance(given, list | tuple):
        return [], [FieldFault(pointer, f"Envoyez {quoted(field.label)} sous la forme d'une liste.")]
    if len(given) > most:
        return [], [FieldFault(pointer, f"Retirez des lignes de {quoted(field.label)}, il en faut {most} au plus.")]
    blocks: list[dict[str, object]] = []
    faults: list[FieldFault] = []
    for index, block in enumerate(given):
        here = below(pointer, str(index))
        if not isinstance(block, Mapping):
            faults.append(FieldFault(here, "Envoyez cette ligne sous la forme d'un objet, une entrée par question."))
        elif not all(blank(answer) for answer in block.values()):  # a line of the page left empty
            cleaned, found = check_block(field.fields or (), block, outside=outside, pointer=here, complete=complete)
            blocks.append(cleaned)
            faults += found
    if complete and not faults and len(blocks) < field.fewest:
        fewest = "au moins une ligne" if field.fewest == 1 else f"au moins {field.fewest} lignes"
        faults.append(FieldFault(pointer, f"Ajoutez {fewest} à {quoted(field.label)}."))
    return [block for block in blocks if block], faults


def _shown(field: Field, given: Mapping[str, object]) -> bool:
    if field.show_if is None:
        return True
    answer = given.get(field.show_if.field)  # absent when hidden itself, silent or refused
    answers = answer if isinstance(answer, list) else [answer]
    # Without the types, True would equal 1.
    return any(type(a) is type(w) and a == w for a in answers for w in field.show_if.wanted)


def _missing(field: Field) -> str:
    match field.type:
        case "checkbox":
            return f"Cochez {quoted(field.label)} pour continuer."
        case "yes_no" | "choice":
            return f"Choisissez une réponse à {quoted(field.label)}."
        case "multiple_choice":
            return f"Cochez au moins une réponse à {quoted(field.label)}."
        case _:
            return f"Renseignez {quoted(field.label)}, cette réponse est obligatoire."


def _unknown(fields: Sequence[Field], answers: Mapping[str, object], pointer: str) -> list[FieldFault]:
    known = {field.name for field in fields}
    names = [name for name in answers if name not in known]
    return [
        FieldFault(below(pointer, name), "Retirez cette réponse, le formulaire ne pose pas cette question.")
        for name in names[:MOST_UNKNOWN]
    ]


def _heavier(value: object, limit: int) -> bool:
    """Whether the JSON value weighs more than `limit` bytes, without recursion nor reading beyond the limit."""
    weight, waiting = 0, [value]
    while waiting and weight <= limit:
        item = waiting.pop()
        weight += 1
        if isinstance(item, str):
            weight += len(item) if len(item) > limit else len(item.encode("utf-8", "surrogatepass"))
        elif isinstance(item, Mapping):
            waiting.extend([*item.keys(), *item.values()])
        elif isinstance(item, list | tuple):
            waiting.extend(item)
        elif isinstance(item, int):
            weight += item.bit_length() // 3
    return weight > limit
