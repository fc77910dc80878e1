"""What the gateway reads from its environment, besides what every process reads."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field

from kernel.settings import Settings


class GatewaySettings(Settings):
    """`limit_overall` counts requests a minute from one IP; 0 switches it off."""

    trusted_proxies: str = Field("", description="addresses or networks of our reverse proxies, with commas")
    limit_overall: int = Field(600, ge=0, description="requests a minute from one IP, loopback excepted")

    theme: Path | None = Field(None, description="TOML file with the name, the logo and the colours of the département")

    franceconnect_issuer: str = Field("", description="issuer of FranceConnect v2; without one people use passwords")
    proconnect_issuer: str = Field("", description="issuer of ProConnect; without one agents use passwords and codes")

    proconnect_sirets: str = Field(
        "", description="SIRET numbers, with commas, of the bodies whose agents may use ProConnect; empty: nobody may"
    )

    @property
    def providers(self) -> dict[str, str]:
        """Where people may be sent to identify themselves: each provider with its origin."""
        agents = self.proconnect_issuer if self.proconnect_sirets else ""
        issuers = {"franceconnect": self.franceconnect_issuer, "proconnect": agents}
        return {name: _origin(issuer) for name, issuer in issuers.items() if issuer}

    @property
    def origin(self) -> str:
        """The origin of our pages: scheme://host[:port]."""
        return _origin(self.public_url)

    @property
    def secure(self) -> bool:
        """Browsers reach us by https."""
        return self.public_url.startswith("https://")


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
