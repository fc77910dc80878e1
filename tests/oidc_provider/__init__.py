"""A real OpenID provider (npm `oidc-provider`), set up as FranceConnect v2 and ProConnect are."""
