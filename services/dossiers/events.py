"""The facts of dossiers. Those marked public are a contract with the other services."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from kernel.events import Event, Sealed, Secret


class Value(BaseModel):
    """A value inside a fact."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Contact(Value):
    """Who filed, and where the mail about this demande goes; it wins over the account's address."""

    email: str
    first_name: str
    last_name: str
    postal_address: str = ""


class OnBehalfOf(Value):
    """For whom a demande is filed. `identifier`: SIRET, RNA or UAI; empty for a person who files for himself."""

    kind: str
    name: str = ""
    identifier: str = ""


class Author(Value):
    """The agent who decides: first name, name, capacity and service (L212-2 CRPA)."""

    agent: str
    first_name: str
    last_name: str
    capacity: str
    service: str


class DossiersFact(Event, service="dossiers"):
    """A fact of dossiers."""


class DemarchePublished(DossiersFact, public=True, route="slug"):
    """A version of a démarche entered the catalogue. `definition` is the whole of it, as published."""

    slug: str
    version: int
    service: str
    title: str
    definition: dict[str, Any]


class DemandeSubmitted(DossiersFact, public=True, route="demande", subject="demande:{demande}"):
    """A demande was filed. `owner` is the account, or empty; `lookup` finds it by e-mail and tracking number."""

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
    on_behalf_of: Sealed[OnBehalfOf]
    contact: Sealed[Contact]
    answers: Sealed[dict[str, Any]]
    tracking_number: Secret[str]
    lookup: Secret[str]


class DemandeAssigned(DossiersFact, public=True, route="demande", subject="demande:{demande}"):
    """An agent took the demande, was given it, or it went back to the pool (`agent` is empty)."""

    demande: str
    agent: str
    agent_name: Sealed[str]


class DemandeStatusChanged(DossiersFact, public=True, route="demande", subject="demande:{demande}"):
    """The service moved the demande along. `old` and `new` are open-ended for readers."""

    demande: str
    old: str
    new: str
    message: Sealed[str]
    author: Sealed[Author]


class DemandeWithdrawn(DossiersFact, public=True, route="demande", subject="demande:{demande}"):
    """The applicant gave up his demande."""

    demande: str
    old: str
    reason: Sealed[str]


class NoteAdded(DossiersFact, route="demande", subject="demande:{demande}"):
    """An internal note of an agent, never shown to the applicant."""

    demande: str
    note: str
    agent: str
    agent_name: Sealed[str]
    text: Sealed[str]


DemandeFact = DemandeSubmitted | DemandeAssigned | DemandeStatusChanged | DemandeWithdrawn | NoteAdded
DemarcheFact = DemarchePublished
