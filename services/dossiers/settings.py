"""What dossiers reads from its environment."""

from __future__ import annotations

from holidays import list_supported_countries
from pydantic import Field, field_validator

from kernel.settings import ServiceSettings


class DossiersSettings(ServiceSettings):
    """The settings of dossiers."""

    terms_version: str = Field("2026-11", description="version of the conditions générales d'utilisation in force")
    departement_name: str = Field("Conseil départemental", description="signature of the mails and of the receipts")
    holidays_subdivision: str = Field(
        "", description="where public holidays differ: 57, 6AE (Alsace), 971, 972, 973, 974, 976 …; empty elsewhere"
    )

    @field_validator("holidays_subdivision")
    @classmethod
    def _known(cls, value: str) -> str:
        known = list_supported_countries(include_aliases=False)["FR"]
        if value and value not in known:
            raise ValueError(f"GUICHET_HOLIDAYS_SUBDIVISION must be one of {', '.join(known)}")
        return value
