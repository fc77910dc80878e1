"""What the facts of dossiers are made of."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from kernel.events import Event


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


class LegalMentions(Value):
    """What the receipt must say of the service and of silence (R112-11-1 CRPA), as published when it was filed.

    `silence` is `acceptation` or `rejet`, after `delay_months` months.
    """

    service_address: str = ""
    service_phone: str = ""
    service_email: str = ""
    silence: str = ""
    delay_months: int = 0
    appeal: str = ""


class DossiersFact(Event, service="dossiers"):
    """A fact of dossiers."""
