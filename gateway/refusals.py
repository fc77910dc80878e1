"""What the gateway itself says no to, before or instead of a service."""

from __future__ import annotations

from collections.abc import Mapping


class Refusal(Exception):
    """An answer that ends the request: `slug` is English, `detail` French; it says what to do."""

    def __init__(
        self,
        status: int,
        slug: str,
        detail: str,
        *,
        title: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {slug}")
        self.status, self.slug, self.detail, self.title = status, slug, detail, title
        self.headers = dict(headers or {})


class ClientGone(Exception):
    """The client left before its answer; nobody is left to tell."""


def malformed(detail: str) -> Refusal:
    """Not HTTP as RFC 9110 and 9112 want it."""
    return Refusal(400, "bad-request", detail)


def unauthenticated(detail: str = "Connectez-vous pour continuer.") -> Refusal:
    """No credential, or one that no longer opens anything."""
    return Refusal(401, "unauthenticated", detail, headers={"WWW-Authenticate": "Bearer"})


def forbidden(detail: str = "Votre compte ne permet pas cette action.") -> Refusal:
    """Signed in, without what this call demands."""
    return Refusal(403, "forbidden", detail)


def not_found() -> Refusal:
    """Not in the table, or not for you."""
    return Refusal(404, "not-found", "Cette page ou cette ressource n'existe pas, ou n'existe plus.")


def wrong_method(allowed: str) -> Refusal:
    """The path exists, the method does not (RFC 9110 §15.5.6)."""
    detail = f"Cette adresse n'accepte que : {allowed}."
    return Refusal(405, "method-not-allowed", detail, headers={"Allow": allowed})


def too_large(limit: int) -> Refusal:
    """The body is over `limit` bytes."""
    size = f"{limit // 1_048_576} Mo" if limit > 5_000_000 else f"{limit // 1000} ko"
    return Refusal(413, "too-large", f"L'envoi dépasse la taille autorisée ({size}). Réduisez-le, puis recommencez.")


def limited(retry_after: int) -> Refusal:
    """Too many calls; `retry_after` seconds say when one will pass."""
    detail = f"Trop de tentatives. Patientez {retry_after} s avant de recommencer."
    return Refusal(429, "rate-limited", detail, headers={"Retry-After": str(retry_after)})


def unavailable() -> Refusal:
    """A service does not answer; whether it did what was asked is unknown to us."""
    detail = "Le service est momentanément indisponible. Réessayez dans quelques instants."
    return Refusal(503, "unavailable", detail, headers={"Retry-After": "2"})
