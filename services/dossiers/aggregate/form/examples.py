"""An example for each question whose author wrote none, so that every published question has an answer that passes."""

from pydantic import JsonValue

from services.dossiers.aggregate.form.definition import Definition, Field, FieldType
from services.dossiers.aggregate.form.faults import BadValueError
from services.dossiers.aggregate.form.values import clean_value, longest

_USUAL: dict[FieldType, JsonValue] = {
    "email": "prenom.nom@example.org",
    "phone": "+33199001234",
    "address": "12 rue des Tilleuls\n45000 Orléans",
    "postal_code": "45000",
    "siret": "12345678200010",
    "siren": "123456782",
    "rna": "W451234567",
    "uai": "0459001P",
    "iban": "FR1420041010050500013M02606",
    "yes_no": True,
    "checkbox": True,
}


def with_examples(definition: Definition) -> Definition:
    """The definition, its missing examples filled in. A question with a `pattern` keeps none: only its author knows."""
    return definition.model_copy(update={"fields": tuple(_completed(field) for field in definition.fields)})


def _completed(field: Field) -> Field:
    if field.type == "group":
        inner = tuple(_completed(one) for one in field.fields or ())
        block: JsonValue = {one.name: one.example for one in inner if one.example is not None}
        example = [block] * max(1, field.fewest) if field.example is None else field.example
        return field.model_copy(update={"fields": inner, "example": example})
    if field.silent or field.pattern or field.example is not None:
        return field
    try:
        return field.model_copy(update={"example": clean_value(field, _candidate(field))})
    except BadValueError:
        return field


def _candidate(field: Field) -> JsonValue:
    match field.type:
        case "text" | "textarea":
            return "Exemple de réponse".ljust(field.min_length or 1, "x")[: longest(field)]
        case "choice" | "multiple_choice":
            values: list[JsonValue] = [choice.value for choice in field.choices or ()]
            return values[:1] if field.type == "multiple_choice" else next(iter(values), None)
        case "integer" | "decimal" | "amount":
            return _bound(field, "100")
        case "date":
            return _bound(field, "2026-01-15")
        case _:
            return _USUAL.get(field.type)


def _bound(field: Field, usual: str) -> JsonValue:
    bound = field.min if field.min is not None else field.max
    return usual if bound is None else bound
