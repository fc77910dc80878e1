"""What agents do among themselves about a demande."""

from __future__ import annotations

from kernel.events import Sealed
from services.dossiers.events.values import DossiersFact


class DemandeAssigned(DossiersFact, public=True, route="demande", subject="demande:{demande}"):
    """An agent took the demande, was given it, or it went back to the pool (`agent` is empty)."""

    demande: str
    agent: str
    agent_name: Sealed[str]


class NoteAdded(DossiersFact, route="demande", subject="demande:{demande}"):
    """An internal note of an agent, never shown to the applicant."""

    demande: str
    note: str
    agent: str
    agent_name: Sealed[str]
    text: Sealed[str]


class DemandeLabelled(DossiersFact, route="demande", subject="demande:{demande}"):
    """The service put a label of its own on a demande, never shown to the applicant."""

    demande: str
    agent: str
    label: Sealed[str]


class DemandeUnlabelled(DossiersFact, route="demande", subject="demande:{demande}"):
    """The service took a label away."""

    demande: str
    agent: str
    label: Sealed[str]


class DemandeConsulted(DossiersFact, route="demande", subject="readers:{month}"):
    """An agent opened the demande on the day `day` in Paris.

    `capacity`: `instructeur` of the service in charge, or `expert` whose opinion was asked. Who it was is sealed under
    the key of its `month`, which lives a year and some days (CNIL 2021-122).
    """

    demande: str
    day: str
    month: str
    capacity: str
    agent: Sealed[str]
    agent_name: Sealed[str]


class ReadingsForgotten(DossiersFact, route="month"):
    """The key of a month of readings was destroyed: nobody knows any more who read what."""

    month: str
