"""The course of a demande: drafted, filed, moved along by the service, withdrawn."""

from __future__ import annotations

from typing import Any

from kernel.events import Sealed, Secret
from services.dossiers.events.values import Author, Contact, DossiersFact, LegalMentions, OnBehalfOf


class DemandeDrafted(DossiersFact, route="demande"):
    """An account began a demande. What it types is no fact until it is filed. `copied_from` is a past demande."""

    demande: str
    reference: str
    demarche: str
    demarche_version: int
    title: str
    owner: str
    copied_from: str = ""


class DraftDiscarded(DossiersFact, route="demande"):
    """What was typed is gone. `reason`: `withdrawn`, `expired` after a month without a change, or `account-erased`."""

    demande: str
    reason: str


class DemandeSubmitted(DossiersFact, public=True, route="demande", subject="demande:{demande}"):
    """A demande was filed. `owner` is the account, or empty; `lookup` finds it by e-mail and tracking number.

    Dates are days in Paris: `received_on`, `receipt_due` (the last day for a receipt, R112-11-2 CRPA), `deadline`
    (when silence becomes a decision, if nothing is missing).
    """

    demande: str
    reference: str
    demarche: str
    demarche_version: int
    title: str
    service: str
    service_label: str
    owner: str
    terms_version: str
    applicant_kind: str
    deadline: str
    received_on: str = ""
    receipt_due: str = ""
    legal: LegalMentions = LegalMentions()
    on_behalf_of: Sealed[OnBehalfOf]
    contact: Sealed[Contact]
    answers: Sealed[dict[str, Any]]
    tracking_number: Secret[str]
    lookup: Secret[str]


class DemandeJoined(DossiersFact, public=True, route="demande"):
    """A demande filed without an account now belongs to the account that proved the address of its contact."""

    demande: str
    owner: str


class DemandeStatusChanged(DossiersFact, public=True, route="demande", subject="demande:{demande}"):
    """The service moved the demande along. `old` and `new` are open-ended for readers.

    `appeal`: how a decision can be contested, and until when; empty when none was taken.
    """

    demande: str
    old: str
    new: str
    appeal: str = ""
    message: Sealed[str]
    author: Sealed[Author]


class DemandeWithdrawn(DossiersFact, public=True, route="demande", subject="demande:{demande}"):
    """The applicant gave up his demande."""

    demande: str
    old: str
    reason: Sealed[str]


class ReceiptIssued(DossiersFact, route="demande"):
    """A receipt was drawn up as PDF; `sha256` is the digest of its bytes, `size` their number."""

    demande: str
    sha256: str
    size: int
    generator: str


ReceiptFact = ReceiptIssued
