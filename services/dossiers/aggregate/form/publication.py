"""What a definition must satisfy before it is published: a complete legal block and a form that can be answered."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import chain

from services.dossiers.aggregate.form.addresses import clean_email, clean_phone
from services.dossiers.aggregate.form.answers import check_answers, check_block
from services.dossiers.aggregate.form.definition import Definition, Field, Legal
from services.dossiers.aggregate.form.faults import NBSP, BadValueError, FieldFault, quoted
from services.dossiers.aggregate.form.numbers import read_date, read_number
from services.dossiers.aggregate.form.patterns import pattern_fault
from services.dossiers.aggregate.form.texts import blank
from services.dossiers.aggregate.form.values import TEXT_LONGEST, clean_value, longest

_CHOOSING = frozenset({"choice", "multiple_choice"})
_BOUNDED = frozenset({"integer", "decimal", "amount", "date"})
_MEASURED = {"text": 1000, "textarea": 20_000, "address": 1000}
# An answer that a condition can compare: few possible values.
_DECIDING = frozenset({"choice", "multiple_choice", "yes_no", "checkbox", "integer", "text"})


def check_definition(definition: Definition) -> list[str]:
    """The French sentences that say what to correct before publishing; none: it can be published. Never raises."""
    return [fault.detail for fault in definition_faults(definition)]


def definition_faults(definition: Definition) -> list[FieldFault]:
    """The same, with where in the definition each fault is."""
    faults = [*_presentation(definition), *_legal(definition.legal)]
    everything = [*definition.fields, *chain.from_iterable(field.fields or () for field in definition.fields)]
    twice = _twice([field.name for field in everything])
    faults += [
        FieldFault("/fields", f"Renommez une des questions {quoted(name)}, ce nom sert deux fois.") for name in twice
    ]
    faults += _form(definition.fields, {}, at="/fields", nested=False)
    if not faults:
        examples = {field.name: field.example for field in definition.fields if not field.silent}
        found = check_answers(definition, examples)[1]
        faults += [FieldFault("/fields", f"{fault.pointer}{NBSP}: {fault.detail}") for fault in found]
    return faults


def _presentation(definition: Definition) -> Iterator[FieldFault]:
    if not definition.title:
        yield FieldFault("/title", "Donnez un titre à la démarche.")
    if not definition.summary:
        yield FieldFault("/summary", "Résumez la démarche en quelques phrases.")
    if not definition.service_label:
        detail = "Indiquez le nom du service chargé de la démarche (article R. 112-11-1 du CRPA)."
        yield FieldFault("/service_label", detail)
    if not definition.audience:
        yield FieldFault("/audience", "Indiquez à qui la démarche est ouverte.")
    if all(field.silent for field in definition.fields):
        yield FieldFault("/fields", "Posez au moins une question.")


def _legal(legal: Legal) -> Iterator[FieldFault]:
    law = "(article R. 112-11-1 du CRPA)"
    if not legal.service_phone or not _passes(clean_phone, legal.service_phone):
        yield FieldFault("/legal/service_phone", f"Indiquez le numéro de téléphone du service {law}.")
    if not legal.service_address:
        yield FieldFault("/legal/service_address", f"Indiquez l'adresse postale du service {law}.")
    if not legal.service_email or not _passes(clean_email, legal.service_email):
        yield FieldFault("/legal/service_email", f"Indiquez l'adresse électronique du service {law}.")
    if legal.silence is None or legal.delay_months is None:
        detail = f"Indiquez le sens du silence gardé sur la demande et au bout de combien de mois {law}."
        yield FieldFault("/legal/silence", detail)
    if not legal.appeal:
        yield FieldFault("/legal/appeal", f"Indiquez les délais et voies de recours {law}.")
    if not legal.texts:
        yield FieldFault("/legal/texts", "Citez au moins un texte sur lequel la démarche repose.")


def _form(fields: Sequence[Field], earlier: Mapping[str, Field], *, at: str, nested: bool) -> Iterator[FieldFault]:
    seen = dict(earlier)
    for place, field in enumerate(fields):
        here = f"{at}/{place}"
        faults = [*_shape(field, nested), *_bounds(field), *_condition(field, seen)]
        # A faulty question cannot judge its own example.
        faults = faults or list(_example(field))
        yield from (FieldFault(here, f"Question {quoted(field.name)}{NBSP}: {fault}") for fault in faults)
        if field.type == "group" and not nested:
            yield from _form(field.fields or (), seen, at=f"{here}/fields", nested=True)
        seen[field.name] = field


def _shape(field: Field, nested: bool) -> Iterator[str]:
    if not field.label:
        yield "donnez-lui un libellé."
    if field.silent and field.required:
        yield "rien n'est demandé ici, la réponse ne peut pas être obligatoire."
    if field.type == "group" and nested:
        yield "sortez ce groupe de l'autre groupe."
    if (field.type == "group") != bool(field.fields):
        yield "placez des questions dans un groupe, et seulement dans un groupe."
    if (field.type in _CHOOSING) != bool(field.choices):
        yield "donnez des réponses possibles à un choix, et seulement à un choix."
    if any(_twice([choice.value for choice in field.choices or ()])):
        yield "donnez à chaque réponse possible une valeur différente."
    if any(not choice.label for choice in field.choices or ()):
        yield "donnez un libellé à chaque réponse possible."
    if field.pattern is not None:
        if field.type != "text" or longest(field) > TEXT_LONGEST:
            yield f"réservez l'expression à un texte de {TEXT_LONGEST} caractères au plus."
        elif fault := pattern_fault(field.pattern):
            yield fault


def _bounds(field: Field) -> Iterator[str]:
    if field.type in _BOUNDED:
        try:
            bounds = [_measure(field, one) for one in (field.min, field.max) if one is not None]
        except BadValueError as refused:
            yield f"corrigez le minimum ou le maximum. {refused.detail}"
        else:
            if bounds != sorted(bounds):
                yield "donnez un minimum qui ne dépasse pas le maximum."
    elif field.min is not None or field.max is not None:
        yield "retirez le minimum et le maximum, ils sont réservés aux nombres et aux dates."
    if field.type in _MEASURED:
        if longest(field) > _MEASURED[field.type]:
            yield f"limitez la longueur à {_MEASURED[field.type]} caractères au plus."
        if (field.min_length or 0) > longest(field):
            yield "donnez une longueur minimale qui ne dépasse pas la longueur maximale."
    elif field.min_length is not None or field.max_length is not None:
        yield "retirez les longueurs, elles sont réservées aux textes."
    if field.type != "group":
        if field.min_items is not None or field.max_items is not None:
            yield "retirez les nombres de lignes, ils sont réservés aux groupes."
    elif field.max_items is not None and field.fewest > field.max_items:
        yield "donnez un nombre minimal de lignes qui ne dépasse pas le nombre maximal."


def _condition(field: Field, seen: Mapping[str, Field]) -> Iterator[str]:
    rule = field.show_if
    if rule is None:
        return
    source = seen.get(rule.field)
    if source is None:
        yield f"faites dépendre l'affichage d'une question placée avant, {quoted(rule.field)} n'en est pas une."
    elif source.type not in _DECIDING:
        yield f"faites dépendre l'affichage d'un choix ou d'un oui ou non, {quoted(rule.field)} n'en est pas un."
    elif (rule.equals is None) == (rule.in_ is None) or not rule.wanted:
        yield f"donnez à la condition d'affichage soit {quoted('equals')}, soit une liste {quoted('in')}."
    else:
        for wanted in rule.wanted:
            asked = [wanted] if source.type == "multiple_choice" else wanted
            kept = _kept(source, asked)
            if type(kept) is not type(asked) or kept != asked:
                yield f"corrigez la condition d'affichage, {quoted(rule.field)} ne vaut jamais {quoted(str(wanted))}."


def _example(field: Field) -> Iterator[str]:
    if field.silent:
        if field.example is not None:
            yield "retirez l'exemple, rien n'est demandé ici."
    elif blank(field.example):
        yield "donnez un exemple de réponse."
    else:
        required = field.required or field.type == "group"  # a group of empty lines is no example
        alone = field.model_copy(update={"show_if": None, "required": required})
        for fault in check_block([alone], {field.name: field.example})[1]:
            yield f"corrigez l'exemple. {fault.detail}"


def _measure(field: Field, value: object) -> Decimal:
    return Decimal(read_date(value).toordinal()) if field.type == "date" else read_number(value)


def _kept(source: Field, value: object) -> object:
    try:
        return clean_value(source, value)
    except BadValueError:
        return None


def _passes(clean: Callable[[object], str], value: object) -> bool:
    try:
        clean(value)
    except BadValueError:
        return False
    return True


def _twice(names: Iterable[str]) -> list[str]:
    known = list(names)
    return sorted({name for name in known if known.count(name) > 1})
