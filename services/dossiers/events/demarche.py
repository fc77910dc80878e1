"""What happens to a démarche."""

from __future__ import annotations

from typing import Any

from services.dossiers.events.values import DossiersFact


class DemarchePublished(DossiersFact, public=True, route="slug"):
    """A version of a démarche entered the catalogue. `definition` is the whole of it, as published."""

    slug: str
    version: int
    service: str
    title: str
    definition: dict[str, Any]


class DemarcheClosed(DossiersFact, public=True, route="slug"):
    """A démarche takes no more demandes; those that were filed go on. Publishing a version opens it again."""

    slug: str
    version: int


DemarcheFact = DemarchePublished | DemarcheClosed
