"""What people and agents want done with a démarche or a demande."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from kernel.aggregate import Command
from services.dossiers.aggregate.form import Definition
from services.dossiers.events import Author


class PublishDemarche(Command):
    """Put a version of a démarche in the catalogue."""

    definition: Definition


class SubmitDemande(Command):
    """File a demande. What a person typed arrives as it is: the form's rules read it.

    `contact` is None when an account files without saying otherwise; `account_contact` is then used.
    """

    demande: str
    reference: str
    definition: Definition
    owner: str
    account_contact: dict[str, str] | None
    on_behalf_of: Any
    contact: Any
    answers: Any
    terms_version: str | None
    terms_in_force: str
    tracking_number: str
    lookup_key: bytes
    at: datetime


class AssignDemande(Command):
    """Give a demande to an agent of its service, or back to the pool."""

    agent: str
    agent_name: str


class ChangeStatus(Command):
    """Move a demande along, with a message for the applicant."""

    to: str
    message: str
    author: Author


class WithdrawDemande(Command):
    """The applicant gives up."""

    reason: str


class AddNote(Command):
    """Write an internal note."""

    note: str
    text: str
    agent: str
    agent_name: str
