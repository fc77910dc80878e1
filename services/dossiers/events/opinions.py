"""Opinions (avis): an agent asks a colleague what he thinks of a demande. The applicant never sees them."""

from __future__ import annotations

from kernel.events import Sealed
from services.dossiers.events.values import DossiersFact


class OpinionRequested(DossiersFact, public=True, route="demande", subject="demande:{demande}"):
    """An agent of the service in charge asked `expert`, an agent of any service, for an opinion until the day `due`."""

    demande: str
    opinion: str
    expert: str
    asked_by: str
    due: str
    expert_name: Sealed[str]
    asked_by_name: Sealed[str]
    question: Sealed[str]


class OpinionGiven(DossiersFact, public=True, route="demande", subject="demande:{demande}"):
    """The expert answered. `verdict`: `favorable`, `reserve` or `defavorable`."""

    demande: str
    opinion: str
    expert: str
    asked_by: str
    expert_name: Sealed[str]
    verdict: Sealed[str]
    text: Sealed[str]


class OpinionWithdrawn(DossiersFact, public=True, route="demande"):
    """The service, by its `agent`, does not wait for an opinion any more."""

    demande: str
    opinion: str
    expert: str
    agent: str


class OpinionDelayed(DossiersFact, public=True, route="demande"):
    """The day `due` is over without an answer: the expert is reminded, once."""

    demande: str
    opinion: str
    expert: str
    due: str


OpinionFact = OpinionRequested | OpinionGiven | OpinionWithdrawn | OpinionDelayed
