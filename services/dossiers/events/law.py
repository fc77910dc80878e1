"""What the law makes of time: silence, what may be asked after it, pieces that are awaited (CRPA)."""

from __future__ import annotations

from kernel.events import Sealed
from services.dossiers.events.values import Author, DossiersFact


class ImplicitDecisionTaken(DossiersFact, public=True, route="demande"):
    """The service kept silent for as long as the law gives it (L231-1, L231-4 CRPA).

    The decision exists since the end of the day `on` in Paris, whenever this was recorded. `silence` is `acceptation`
    or `rejet`; `appeal` says how it can be contested.
    """

    demande: str
    old: str
    new: str
    on: str
    silence: str
    appeal: str


class AttestationRequested(DossiersFact, public=True, route="demande"):
    """The applicant asks for the attestation of an implicit acceptance (L232-3 CRPA)."""

    demande: str


class AttestationIssued(DossiersFact, public=True, route="demande", subject="demande:{demande}"):
    """The service attests an implicit acceptance (L232-3 CRPA)."""

    demande: str
    author: Sealed[Author]


class ReasonsRequested(DossiersFact, public=True, route="demande"):
    """The applicant asks why silence refused his demande; the service has until `due` to say (L232-4 CRPA)."""

    demande: str
    due: str


class ReasonsGiven(DossiersFact, public=True, route="demande", subject="demande:{demande}"):
    """The service says why. The time to contest runs until `appeal_until` (L232-4 CRPA)."""

    demande: str
    appeal_until: str
    text: Sealed[str]
    author: Sealed[Author]


class DocumentsAwaited(DossiersFact, public=True, route="demande"):
    """The file is incomplete: the service asked for pieces and gave until `due` (L114-5 CRPA).

    `deadline` is the day on which silence becomes a decision from now on; empty while it does not run.
    """

    demande: str
    discussion: str
    documents: tuple[str, ...]
    asked_on: str
    due: str
    deadline: str


class DocumentsReceived(DossiersFact, public=True, route="demande"):
    """Some of the pieces arrived, at `received_at`; `missing` more are awaited."""

    demande: str
    discussion: str
    documents: tuple[str, ...]
    received_at: str
    missing: int


class DocumentsCompleted(DossiersFact, public=True, route="demande"):
    """The file is complete: the last piece arrived, or the service closed the discussion without it (`waived`)."""

    demande: str
    discussion: str
    documents: tuple[str, ...]
    received_at: str
    waived: bool
    deadline: str


ClockFact = DocumentsAwaited | DocumentsReceived | DocumentsCompleted
