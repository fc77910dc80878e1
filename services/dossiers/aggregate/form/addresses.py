"""Where a person can be reached: e-mail address, telephone number, postal code."""

import re

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from services.dossiers.aggregate.form.faults import BadValueError
from services.dossiers.aggregate.form.texts import tidy

# Numbers typed without a country code: mainland first, then Guadeloupe, Guyane, Martinique, La Réunion, Mayotte.
_REGIONS = ("FR", "GP", "GF", "MQ", "RE", "YT")
_DIALLED = re.compile(r"[0-9+() ./\u00a0\u202f-]{4,40}")
_NATIONAL = re.compile(r"[1-9][0-9]{8}")
_POSTAL_CODE = re.compile(r"0[1-9][0-9]{3}|[1-8][0-9]{4}|9[0-8][0-9]{3}")


def clean_email(value: object) -> str:
    """An e-mail address, its domain in lower case. Raises BadValueError.

    Only the shape is judged: whether mail arrives is learnt by sending it. Addresses that need SMTPUTF8 are refused
    because many relays cannot carry them; the domain .test (RFC 6761) is an address like another.
    """
    ask = "Saisissez une adresse électronique complète, par exemple prenom.nom@example.org."
    text = tidy(value, longest=254)
    try:
        address = validate_email(
            text, check_deliverability=False, test_environment=True, allow_smtputf8=False
        ).normalized
    except EmailNotValidError:
        raise BadValueError(ask) from None
    if "." not in address.rpartition("@")[2]:
        raise BadValueError(ask)
    return address


def clean_phone(value: object) -> str:
    """A telephone number in E.164 form (« +33612345678 »), French unless it starts with +. Raises BadValueError."""
    text = tidy(value, longest=40)
    if _DIALLED.fullmatch(text):
        for region in _REGIONS:
            if number := _number(text, region):
                return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        # The numbering plan opens ranges before the library knows them: the French shape is enough.
        number = _number(text, "FR", known=False)
        if number and number.country_code == 33 and _NATIONAL.fullmatch(str(number.national_number)):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    raise BadValueError("Saisissez un numéro de téléphone à dix chiffres, ou précédé de + et de l'indicatif du pays.")


def clean_postal_code(value: object) -> str:
    """A French postal code, five digits. Raises BadValueError."""
    text = re.sub(r"\s", "", tidy(value, longest=20))
    if not _POSTAL_CODE.fullmatch(text):
        raise BadValueError("Saisissez un code postal de cinq chiffres, par exemple 45000.")
    return text


def _number(text: str, region: str, *, known: bool = True) -> phonenumbers.PhoneNumber | None:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    return number if not known or phonenumbers.is_valid_number(number) else None
