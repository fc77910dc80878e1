"""The two providers, and what each wants said otherwise.

FranceConnect refuses every parameter it does not know, PKCE among them, and wants `acr_values`. ProConnect takes PKCE
and is asked for a second factor by the `claims` parameter (OpenID Connect Core §5.5).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.identity.settings import IdentitySettings

PERSON, AGENT = "franceconnect", "proconnect"
LEVELS = ("eidas1", "eidas2", "eidas3")
"""eIDAS levels, the weakest first."""

SECOND_FACTOR = ("eidas0-mfa", "eidas1-mfa", "eidas2", "eidas3")
"""What ProConnect calls a sign-in with a second factor."""


@dataclass(frozen=True, slots=True)
class Provider:
    """One of them. `levels`: the `acr` accepted, the wanted one first; `home`: where people come back after leaving."""

    name: str
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str
    home: str
    scopes: str
    levels: tuple[str, ...]
    pkce: bool


def configured(settings: IdentitySettings) -> Mapping[str, Provider]:
    """Those that this installation has a contract with, by name."""
    public_url = settings.public_url.rstrip("/")
    found: dict[str, Provider] = {}
    fc, pc = settings.franceconnect, settings.proconnect
    if fc is not None:
        level = LEVELS.index(settings.franceconnect_level)
        found[PERSON] = Provider(
            PERSON,
            *fc,
            redirect_uri=f"{public_url}/api/franceconnect/callback",
            home=f"{public_url}/",
            scopes=settings.franceconnect_scopes,
            levels=LEVELS[level:],
            pkce=False,
        )
    if pc is not None:
        found[AGENT] = Provider(
            AGENT,
            *pc,
            redirect_uri=f"{public_url}/api/proconnect/callback",
            home=f"{public_url}/",
            scopes="openid email siret",
            levels=SECOND_FACTOR,
            pkce=True,
        )
    return found
