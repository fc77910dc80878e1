"""OpenID Connect with FranceConnect v2 and ProConnect, as the relying party (OpenID Connect Core 1.0)."""
