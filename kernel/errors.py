"""Refusals: what the domain says no to. `kernel.http.problems` alone turns a kind into a status."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Why something was refused; one HTTP status each."""

    INVALID = "invalid"
    CONFLICT = "conflict"
    STALE = "stale"
    NOT_FOUND = "not_found"
    FORBIDDEN = "forbidden"
    UNAUTHENTICATED = "unauthenticated"
    UNAVAILABLE = "unavailable"
    LIMITED = "limited"
    TOO_LARGE = "too_large"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class Fault:
    """One field at fault: an RFC 6901 pointer and a French sentence that says what to do."""

    pointer: str
    detail: str


class Refused(Exception):
    """A rule said no. `slug` names the rule (kebab-case English), `detail` is French and says what to do."""

    def __init__(
        self,
        kind: Kind,
        slug: str,
        detail: str,
        *,
        errors: Sequence[Fault] = (),
        retry_after: int | None = None,
    ) -> None:
        super().__init__(f"{slug}: {detail}")
        self.kind, self.slug, self.detail = kind, slug, detail
        self.errors, self.retry_after = tuple(errors), retry_after


class NotYet(Exception):
    """A reaction met a fact whose prerequisite, from another source, has not arrived: try this stream again."""


class UnknownFact(LookupError):
    """A stream holds a fact this code does not know, or cannot read: nothing is decided on half a history."""


def invalid(slug: str, detail: str, errors: Sequence[Fault] = ()) -> Refused:
    """A value at fault, whatever the state of the resource."""
    return Refused(Kind.INVALID, slug, detail, errors=errors)


def conflict(slug: str, detail: str) -> Refused:
    """The state of the resource does not allow it."""
    return Refused(Kind.CONFLICT, slug, detail)


def not_found() -> Refused:
    """Missing, somebody else's or malformed: these three answer alike."""
    return Refused(Kind.NOT_FOUND, "not-found", "Cette page ou cette ressource n'existe pas, ou n'existe plus.")


def forbidden() -> Refused:
    """Signed in, without the role this call demands."""
    return Refused(Kind.FORBIDDEN, "forbidden", "Votre compte ne permet pas cette action.")


def stale(
    detail: str = "Cette ressource a été modifiée entre-temps. Rechargez-la, puis recommencez.",
) -> Refused:
    """`If-Match` names a version that is no longer the current one (RFC 9110 §13.1.1)."""
    return Refused(Kind.STALE, "stale-version", detail)


def unavailable(retry_after: int = 2) -> Refused:
    """Something this call stands on does not answer; nothing was changed."""
    return Refused(
        Kind.UNAVAILABLE,
        "unavailable",
        "Le service est momentanément indisponible. Rien n'a été modifié : réessayez dans quelques instants.",
        retry_after=retry_after,
    )
