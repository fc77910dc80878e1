"""What dossiers reads from its environment."""

from __future__ import annotations

from pydantic import Field

from kernel.settings import ServiceSettings


class DossiersSettings(ServiceSettings):
    """The settings of dossiers."""

    terms_version: str = Field("2026-11", description="version of the conditions générales d'utilisation in force")
