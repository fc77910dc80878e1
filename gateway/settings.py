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

    @property
    def origin(self) -> str:
        """The origin of our pages: scheme://host[:port]."""
        parts = urlsplit(self.public_url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def secure(self) -> bool:
        """Browsers reach us by https."""
        return self.public_url.startswith("https://")
