"""One value against one question: the form in which it is kept, or the sentence that says what to correct."""

import re
from typing import assert_never

from services.dossiers.aggregate.form import addresses, identifiers, numbers
from services.dossiers.aggregate.form.definition import Field
from services.dossiers.aggregate.form.faults import BadValueError, quoted
from services.dossiers.aggregate.form.texts import tidy

TEXT_LONGEST, TEXTAREA_LONGEST, ADDRESS_LONGEST = 255, 5000, 500
_YES = frozenset({"true", "oui", "on"})
_NO = frozenset({"false", "non", "off"})


def longest(field: Field) -> int:
    """How many characters a text may have."""
    return field.max_length or {"textarea": TEXTAREA_LONGEST, "address": ADDRESS_LONGEST}.get(field.type, TEXT_LONGEST)


def clean_value(field: Field, value: object) -> object:
    """The answer as kept: str, int (integer), bool (yes_no, checkbox) or list of str (multiple_choice).

    Raises BadValueError. A section, an explanation and a group have no value of their own.
    """
    match field.type:
        case "text":
            return _text(field, value)
        case "textarea" | "address":
            return tidy(value, longest=longest(field), shortest=field.min_length or 1, lines=True)
        case "integer":
            return numbers.clean_integer(value, field.min, field.max)
        case "decimal":
            return numbers.clean_decimal(value, field.min, field.max)
        case "amount":
            return numbers.clean_amount(value, field.min, field.max)
        case "date":
            return numbers.clean_date(value, field.min, field.max)
        case "email":
            return addresses.clean_email(value)
        case "phone":
            return addresses.clean_phone(value)
        case "postal_code":
            return addresses.clean_postal_code(value)
        case "choice":
            return _choice(field, value)
        case "multiple_choice":
            return _choices(field, value)
        case "yes_no" | "checkbox":
            return _boolean(value)
        case "siret":
            return identifiers.clean_siret(value)
        case "siren":
            return identifiers.clean_siren(value)
        case "rna":
            return identifiers.clean_rna(value)
        case "uai":
            return identifiers.clean_uai(value)
        case "iban":
            return identifiers.clean_iban(value)
        case "section" | "explanation" | "group":
            raise BadValueError("Retirez cette réponse, aucune n'est attendue ici.")
        case _:
            assert_never(field.type)


def _text(field: Field, value: object) -> str:
    text = tidy(value, longest=longest(field), shortest=field.min_length or 1)
    if field.pattern and not re.fullmatch(field.pattern, text, re.ASCII):
        raise BadValueError(f"Respectez la forme attendue, par exemple {quoted(str(field.example))}.")
    return text


def _choice(field: Field, value: object) -> str:
    picked = value.strip() if isinstance(value, str) and len(value) <= 100 else ""
    if picked not in (choice.value for choice in field.choices or ()):
        raise BadValueError("Choisissez une des réponses proposées.")
    return picked


def _choices(field: Field, value: object) -> list[str]:
    allowed = [choice.value for choice in field.choices or ()]
    # Nobody ticks a box twice many times over: an endless list is not worth reading.
    if not isinstance(value, list | tuple) or len(value) > 2 * len(allowed):
        raise BadValueError("Cochez une ou plusieurs des réponses proposées.")
    picked = {_choice(field, one) for one in value}
    return [one for one in allowed if one in picked]


def _boolean(value: object) -> bool:
    if isinstance(value, bool):
        return value
    word = value.strip().lower() if isinstance(value, str) and len(value) <= 20 else ""
    if word in _YES or word in _NO:
        return word in _YES
    raise BadValueError("Répondez par oui ou par non.")
