"""Who asks: the person who writes, and the organisation he writes for.

R112-9-1 CRPA: a company is identified by its SIREN or SIRET number, an association by its RNA number, anyone else by
last name, first name, postal and e-mail addresses. The SIRET is accepted from an association too. The postal address
may come later, in the discussion: without it the administration is seized all the same.
"""

import re
from collections.abc import Callable, Collection, Mapping
from typing import get_args

from services.dossiers.aggregate.form.addresses import clean_email
from services.dossiers.aggregate.form.definition import Kind
from services.dossiers.aggregate.form.faults import BadValueError, FieldFault
from services.dossiers.aggregate.form.identifiers import clean_rna, clean_siret, clean_uai
from services.dossiers.aggregate.form.texts import blank, tidy

KINDS: tuple[Kind, ...] = get_args(Kind)
KIND_LABELS: dict[Kind, str] = {
    "self": "un particulier",
    "association": "une association",
    "company": "une entreprise",
    "local_authority": "une collectivité",
    "school": "un établissement scolaire",
}
NAME_LONGEST, ORGANISATION_LONGEST, ADDRESS_LONGEST = 100, 200, 500
# Whoever files without an account chooses words of a mail to an address that may not be his: no link in a name.
_LINK = re.compile(r"[\\/<>@{}\[\]|]|www\.|[a-z0-9-]{2,}\.[a-z]{2,}", re.IGNORECASE)


def identify(
    kind: object,
    name: object = None,
    identifier: object = None,
    *,
    audience: Collection[str] = KINDS,
    complete: bool = True,
) -> tuple[dict[str, str], list[FieldFault]]:
    """`on_behalf_of` as kept (kind, name, identifier) and its faults. Never raises.

    Somebody who writes for himself has neither name nor identifier here: what he sends in them is left out.
    `audience`: the kinds the démarche is open to. With `complete=False` (a draft) any of it may be missing.
    """
    at = "/on_behalf_of"
    if not complete and blank(kind):
        return {}, []
    known = next((one for one in KINDS if one == kind), None)
    if known is None:
        return {}, [FieldFault(f"{at}/kind", "Indiquez pour qui vous faites cette demande.")]
    if known not in audience:
        open_to = ", ".join(KIND_LABELS[one] for one in KINDS if one in audience)
        return {}, [FieldFault(f"{at}/kind", f"Choisissez une autre démarche, celle-ci est ouverte à {open_to}.")]
    if known == "self":
        return {"kind": known}, []
    cleaned, faults = _clean(
        at,
        ("name", name, _organisation, "Indiquez le nom de l'organisme que vous représentez."),
        ("identifier", identifier, _IDENTIFIERS[known], _ASK[known]),
        complete=complete,
    )
    return {"kind": known, **cleaned}, faults


def check_contact(contact: object, *, complete: bool = True) -> tuple[dict[str, str], list[FieldFault]]:
    """The contact as kept (email, first_name, last_name, postal_address) and its faults. Never raises.

    Anything else the object holds is left out. With `complete=False` (a draft) any of it may be missing.
    """
    if not isinstance(contact, Mapping):
        return {}, [FieldFault("/contact", "Indiquez vos coordonnées.")]
    return _clean(
        "/contact",
        ("email", contact.get("email"), clean_email, "Indiquez votre adresse électronique."),
        ("first_name", contact.get("first_name"), _person, "Indiquez votre prénom."),
        ("last_name", contact.get("last_name"), _person, "Indiquez votre nom."),
        ("postal_address", contact.get("postal_address"), _address, None),
        complete=complete,
    )


def _clean(
    at: str, *parts: tuple[str, object, Callable[[object], str], str | None], complete: bool
) -> tuple[dict[str, str], list[FieldFault]]:
    cleaned: dict[str, str] = {}
    faults: list[FieldFault] = []
    for name, value, clean, ask in parts:
        try:
            if not blank(value):
                cleaned[name] = clean(value)
            elif ask and complete:
                raise BadValueError(ask)
        except BadValueError as refused:
            faults.append(FieldFault(f"{at}/{name}", refused.detail))
    return cleaned, faults


def _person(value: object) -> str:
    name = tidy(value, longest=NAME_LONGEST)
    if _LINK.search(name):
        raise BadValueError("Saisissez ce nom en toutes lettres, sans adresse de site ni symbole.")
    return name


def _organisation(value: object) -> str:
    name = tidy(value, longest=ORGANISATION_LONGEST)
    if "://" in name:
        raise BadValueError("Saisissez le nom de l'organisme, sans adresse de site.")
    return name


def _address(value: object) -> str:
    return tidy(value, longest=ADDRESS_LONGEST, lines=True)


def _siret_or_rna(value: object) -> str:
    if isinstance(value, str) and value.strip()[:1] in ("W", "w"):
        return clean_rna(value)
    try:
        return clean_siret(value)
    except BadValueError as refused:
        raise BadValueError(f"{refused.detail} Le numéro RNA (W et neuf chiffres) convient aussi.") from None


_IDENTIFIERS: dict[Kind, Callable[[object], str]] = {
    "association": _siret_or_rna,
    "company": clean_siret,
    "local_authority": clean_siret,
    "school": clean_uai,
}
_ASK: dict[Kind, str] = {
    "association": "Indiquez le numéro RNA ou le numéro SIRET de l'association.",
    "company": "Indiquez le numéro SIRET de l'entreprise.",
    "local_authority": "Indiquez le numéro SIRET de la collectivité.",
    "school": "Indiquez le code UAI de l'établissement.",
}
