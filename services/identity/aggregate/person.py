"""What is known of a person: address, names, telephone, postal address, as typed and as kept."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping

from email_validator import EmailNotValidError, validate_email

from kernel.errors import Fault

NAME_LONGEST, EMAIL_LONGEST, POSTAL_LONGEST, PHONE_LONGEST, CAPACITY_LONGEST = 100, 254, 500, 30, 120
_REFUSED = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff]")
# A name is printed in a mail to an address that may not be its owner's: it carries no link.
_LINK = re.compile(r"[\\/<>@{}\[\]|\n]|www\.|[a-z0-9-]{2,}\.[a-z]{2,}", re.IGNORECASE)
_PHONE = re.compile(r"\+?[0-9][0-9 ./()\u00a0\u202f-]{4,28}")


class Unfit(ValueError):
    """A text that cannot be kept; the message is a French sentence that says what to do."""


def read_email(text: str) -> str:
    """The address as kept: its domain in ASCII and lower case (RFC 5890). Raises Unfit.

    Only its shape is judged: the activation mail proves the rest. The local part is ASCII, since many relays carry
    nothing else; `.test` (RFC 6761) is a domain like another.
    """
    ask = "Saisissez une adresse électronique complète, par exemple prenom.nom@example.org."
    if len(text) > EMAIL_LONGEST + 20:
        raise Unfit(ask)
    try:
        found = validate_email(
            text.strip(), check_deliverability=False, test_environment=True, allow_smtputf8=False, strict=True
        )
    except EmailNotValidError:
        raise Unfit(ask) from None
    if found.ascii_email is None or "." not in found.ascii_email.rpartition("@")[2]:
        raise Unfit(ask)
    return found.ascii_email


def same_address(text: str) -> str:
    """What two spellings of one address have in common: addresses compare without case. Never raises."""
    try:
        return read_email(text).lower()
    except Unfit:
        return text.strip().lower()


def read_name(text: str) -> str:
    """A first or last name: letters, spaces, hyphens, apostrophes, whatever people are called. Raises Unfit."""
    name = _tidy(text, NAME_LONGEST)
    if not any(char.isalpha() for char in name) or _LINK.search(name):
        raise Unfit("Saisissez ce nom en toutes lettres, sans adresse de site ni symbole.")
    return name


def read_phone(text: str) -> str:
    """A telephone number as people write it; an empty one clears it. Raises Unfit."""
    phone = _tidy(text, PHONE_LONGEST)
    if phone and not _PHONE.fullmatch(phone):
        raise Unfit("Saisissez un numéro de téléphone, par exemple 02 38 25 45 45.")
    return phone


def read_capacity(text: str) -> str:
    """In which capacity an agent decides, as people read it under a decision; empty for none. Raises Unfit."""
    capacity = _tidy(text, CAPACITY_LONGEST)
    if capacity and (not any(char.isalpha() for char in capacity) or _LINK.search(capacity)):
        raise Unfit("Saisissez cette qualité en toutes lettres, par exemple « cheffe de service ».")
    return capacity


def read_postal_address(text: str) -> str:
    """A postal address, on one or several lines; an empty one clears it. Raises Unfit."""
    return _tidy(text.replace("\r\n", "\n"), POSTAL_LONGEST)


READERS: Mapping[str, Callable[[str], str]] = {
    "email": read_email,
    "first_name": read_name,
    "last_name": read_name,
    "phone": read_phone,
    "postal_address": read_postal_address,
    "capacity": read_capacity,
}


def read_person(given: Mapping[str, str]) -> tuple[dict[str, str], list[Fault]]:
    """The fields as kept, and one fault per field that cannot be. Never raises."""
    kept: dict[str, str] = {}
    faults: list[Fault] = []
    for name, text in given.items():
        try:
            kept[name] = READERS[name](text)
        except Unfit as unfit:
            faults.append(Fault(f"/{name}", str(unfit)))
    return kept, faults


def _tidy(text: str, longest: int) -> str:
    if len(text) > 4 * longest:
        raise Unfit(f"Raccourcissez ce texte à {longest} caractères au plus.")
    tidied = unicodedata.normalize("NFC", text).strip()
    if _REFUSED.search(tidied):
        raise Unfit("Effacez les caractères invisibles de ce texte, puis ressaisissez-le au clavier.")
    if len(tidied) > longest:
        raise Unfit(f"Raccourcissez ce texte à {longest} caractères au plus.")
    return tidied
