"""The numbers under which French organisations and accounts are known: SIREN, SIRET, RNA, UAI, IBAN."""

import re

from stdnum import iban
from stdnum.fr import siren, siret

from services.dossiers.aggregate.form.faults import BadValueError
from services.dossiers.aggregate.form.texts import compact

# The second and third characters may hold a letter in Corsica (2A, 2B) and overseas (9R…); there is no check digit.
_RNA = re.compile(r"W[0-9][0-9A-Z][0-9]{7}")
_UAI = re.compile(r"[0-9]{7}[A-Z]")
# The alphabet without I, O and Q; the letter is that of the number modulo 23. Source: blog.juliendelmas.fr,
# « Qu'est-ce que le code RNE ou UAI ? », verified on 0951099D, 0750654D, 0752524L, 0920131T.
_UAI_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{10,30}")


def clean_siren(value: object) -> str:
    """A SIREN, nine digits (Luhn). Raises BadValueError."""
    number = compact(value)
    if not re.fullmatch(r"[0-9]{9}", number):
        raise BadValueError("Saisissez les neuf chiffres du numéro SIREN.")
    if not siren.is_valid(number) or not int(number):
        raise BadValueError("Vérifiez ce numéro SIREN, il contient une erreur de frappe.")
    return number


def clean_siret(value: object) -> str:
    """A SIRET, fourteen digits (Luhn; La Poste has its own rule). Raises BadValueError."""
    number = compact(value)
    if not re.fullmatch(r"[0-9]{14}", number):
        raise BadValueError("Saisissez les quatorze chiffres du numéro SIRET.")
    # Zeros satisfy Luhn, yet number nobody.
    if not siret.is_valid(number) or not int(number[:9]):
        raise BadValueError("Vérifiez ce numéro SIRET, il contient une erreur de frappe.")
    return number


def clean_rna(value: object) -> str:
    """A number of the Répertoire national des associations, W and nine characters. Raises BadValueError."""
    number = compact(value)
    if not _RNA.fullmatch(number):
        raise BadValueError(
            "Saisissez le numéro RNA de l'association, W suivi de neuf chiffres, par exemple W451234567."
        )
    return number


def clean_uai(value: object) -> str:
    """The UAI code of a school, seven digits and a check letter. Raises BadValueError."""
    code = compact(value)
    if not _UAI.fullmatch(code):
        raise BadValueError(
            "Saisissez le code UAI de l'établissement, sept chiffres et une lettre, par exemple 0459001P."
        )
    if code[7] != _UAI_LETTERS[int(code[:7]) % 23] or not int(code[:7]):
        raise BadValueError("Vérifiez ce code UAI, il contient une erreur de frappe.")
    return code


def clean_iban(value: object) -> str:
    """An IBAN without spaces (ISO 13616: structure of the country and modulo 97). Raises BadValueError."""
    number = compact(value, longest=60)
    if not _IBAN.fullmatch(number):
        raise BadValueError("Recopiez l'IBAN entier de votre relevé d'identité bancaire, FR et vingt-cinq caractères.")
    if not iban.is_valid(number):
        raise BadValueError("Vérifiez cet IBAN, il contient une erreur de frappe.")
    return number
