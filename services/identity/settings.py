"""What identity reads from its environment."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, Secret, model_validator

from kernel.settings import ServiceSettings, Settings

SHARED_SESSIONS = 50
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
Client = tuple[str, str, str]
"""The issuer of a provider, our client id there, and our secret."""


class IdentitySettings(ServiceSettings):
    """The settings of identity. The Argon2id figures are those of RFC 9106 §4, second choice."""

    terms_version: str = Field("2026-11", description="version of the conditions générales d'utilisation in force")
    argon2_memory_kib: int = Field(65_536, ge=8, description="memory of one password hash, KiB")
    argon2_time: int = Field(3, ge=1, description="passes of one password hash")
    quiet_answer_seconds: float = Field(
        0.3, ge=0, description="least time of an answer that must not tell whether an address is known"
    )
    sessions_per_account: int = Field(5, ge=1, description="open sessions of one account; one more closes the oldest")
    franceconnect_issuer: str = Field("", description="issuer of FranceConnect v2; without one people use passwords")
    franceconnect_client_id: str = Field("", description="our client id at FranceConnect")
    franceconnect_client_secret: Secret[str] | None = Field(None, description="our secret at FranceConnect")
    franceconnect_scopes: str = Field(
        "openid given_name family_name preferred_username birthdate email",
        description="scopes asked for: those that the DataPass habilitation names, no other",
    )
    franceconnect_level: Literal["eidas1", "eidas2", "eidas3"] = Field(
        "eidas1", description="least level asked for; eidas2 and eidas3 are FranceConnect+'s, another issuer"
    )
    proconnect_issuer: str = Field("", description="issuer of ProConnect; without one agents use passwords and codes")
    proconnect_client_id: str = Field("", description="our client id at ProConnect")
    proconnect_client_secret: Secret[str] | None = Field(None, description="our secret at ProConnect")
    proconnect_sirets: str = Field(
        "", description="SIRET numbers, with commas, of the bodies whose agents may use ProConnect; empty: nobody may"
    )

    @property
    def most_sessions(self) -> int:
        """How many sessions an account may hold. Everybody who tries the demonstration shares its agents."""
        return max(self.sessions_per_account, SHARED_SESSIONS) if self.demo else self.sessions_per_account

    @property
    def franceconnect(self) -> Client | None:
        """Our contract with FranceConnect."""
        return _client(self.franceconnect_issuer, self.franceconnect_client_id, self.franceconnect_client_secret)

    @property
    def proconnect(self) -> Client | None:
        """Our contract with ProConnect."""
        return _client(self.proconnect_issuer, self.proconnect_client_id, self.proconnect_client_secret)

    @property
    def agents_from(self) -> frozenset[str]:
        """The SIRET numbers of the bodies whose agents may come by ProConnect."""
        given = ("".join(part.split()) for part in self.proconnect_sirets.split(","))
        return frozenset(siret for siret in given if siret)

    @model_validator(mode="after")
    def _whole_clients(self) -> IdentitySettings:
        for name in ("franceconnect", "proconnect"):
            issuer = str(getattr(self, f"{name}_issuer"))
            if not issuer:
                continue
            if not getattr(self, f"{name}_client_id") or not getattr(self, f"{name}_client_secret"):
                variable = f"GUICHET_{name.upper()}"
                raise ValueError(f"{variable}_ISSUER goes with {variable}_CLIENT_ID and {variable}_CLIENT_SECRET")
            parts = urlsplit(issuer)
            if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
                raise ValueError(f"GUICHET_{name.upper()}_ISSUER must be an https:// address")
        return self


def of_identity(settings: Settings) -> IdentitySettings:
    """The settings a runtime was started with, under their own type."""
    assert isinstance(settings, IdentitySettings)
    return settings


def _client(issuer: str, client_id: str, secret: Secret[str] | None) -> Client | None:
    return (issuer, client_id, secret.get_secret_value()) if issuer and secret is not None else None
