"""What identity reads from its environment."""

from __future__ import annotations

from pydantic import Field

from kernel.settings import ServiceSettings, Settings

SHARED_SESSIONS = 50


class IdentitySettings(ServiceSettings):
    """The settings of identity. The Argon2id figures are those of RFC 9106 §4, second choice."""

    terms_version: str = Field("2026-11", description="version of the conditions générales d'utilisation in force")
    argon2_memory_kib: int = Field(65_536, ge=8, description="memory of one password hash, KiB")
    argon2_time: int = Field(3, ge=1, description="passes of one password hash")
    quiet_answer_seconds: float = Field(
        0.3, ge=0, description="least time of an answer that must not tell whether an address is known"
    )
    sessions_per_account: int = Field(5, ge=1, description="open sessions of one account; one more closes the oldest")

    @property
    def most_sessions(self) -> int:
        """How many sessions an account may hold. Everybody who tries the demonstration shares its agents."""
        return max(self.sessions_per_account, SHARED_SESSIONS) if self.demo else self.sessions_per_account


def of_identity(settings: Settings) -> IdentitySettings:
    """The settings a runtime was started with, under their own type."""
    assert isinstance(settings, IdentitySettings)
    return settings
