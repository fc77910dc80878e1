"""Every call the gateway lets through, to whom, and who may make it.

Deny by default: what is neither here nor a page (`gateway.table`) does not exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

SERVICES: Final = ("identity", "dossiers", "discussion", "files", "notifier")
HERE: Final = "gateway"

SMALL: Final = 256_000  # bytes, any JSON body
DEFINITION: Final = 1_000_000  # bytes, a whole form with its help texts
UPLOAD: Final = 5_767_168  # bytes: 5.5 MiB, a file of 5 Mo and its multipart envelope


class Who(StrEnum):
    """Who may call. A service still decides about its own resources."""

    NOBODY = "nobody"  # nobody is asked who he is: assets and probes
    PUBLIC = "public"  # the answer does not depend on the caller
    ANYONE = "anyone"  # works without an account, and knows the account when there is one
    ACCOUNT = "account"
    MINE = "mine"  # an account or a tracking session
    INSTRUCTEUR = "instructeur"
    ADMINISTRATEUR = "administrateur"
    AUDITEUR = "auditeur"


OPEN: Final = frozenset({Who.NOBODY, Who.PUBLIC, Who.ANYONE})
ROLES: Final = frozenset({Who.INSTRUCTEUR, Who.ADMINISTRATEUR, Who.AUDITEUR})


@dataclass(frozen=True, slots=True)
class Route:
    """One line of the table. `target` is the service's path when it is not the public one, `limit` the
    bucket that a call is counted in, `streams` says the answer may last, `session` that the answer opens
    or closes one, or changes what it says of its holder."""

    method: str
    path: str
    service: str
    who: Who
    target: str | None = None
    body: int = SMALL
    limit: str | None = None
    streams: bool = False
    session: Literal["opens", "closes", "changes"] | None = None
    note: str = ""


def _audit(method: str, tail: str, *, streams: bool = False, note: str = "") -> Route:
    return Route(
        method,
        f"/api/audit/{{service}}{tail}",
        "{service}",
        Who.AUDITEUR,
        target=f"/audit{tail}",
        streams=streams,
        note=note,
    )


_D = "/api/demandes/{id}"
_B = "/api/backoffice"

API: Final[tuple[Route, ...]] = (
    Route("GET", "/api/security-question", "identity", Who.PUBLIC),
    Route("GET", "/api/terms", "identity", Who.PUBLIC),
    Route("POST", "/api/accounts", "identity", Who.PUBLIC, limit="sign-up"),
    Route("POST", "/api/accounts/activation", "identity", Who.PUBLIC, limit="sign-up"),
    Route("POST", "/api/accounts/activation/resend", "identity", Who.PUBLIC, limit="mail"),
    Route("POST", "/api/sessions", "identity", Who.PUBLIC, limit="sign-in", session="opens"),
    Route("GET", "/api/sessions", "identity", Who.ACCOUNT),
    Route("DELETE", "/api/sessions/current", "identity", Who.MINE, session="closes"),
    Route("DELETE", "/api/sessions/{id}", "identity", Who.ACCOUNT),
    Route("POST", "/api/password-resets", "identity", Who.PUBLIC, limit="mail"),
    Route("POST", "/api/password-resets/confirmation", "identity", Who.PUBLIC, limit="sign-in"),
    Route("GET", "/api/me", HERE, Who.ACCOUNT, note="identity, and discussion's unread count"),
    Route("PATCH", "/api/me", "identity", Who.ACCOUNT, session="changes"),
    Route("DELETE", "/api/me", "identity", Who.ACCOUNT, limit="sign-in", session="closes"),
    Route("POST", "/api/me/password", "identity", Who.ACCOUNT, limit="sign-in"),
    Route("POST", "/api/me/email", "identity", Who.ACCOUNT, limit="sign-in"),
    Route("POST", "/api/me/email/confirmation", "identity", Who.ACCOUNT, limit="sign-in", session="changes"),
    Route("POST", "/api/me/terms", "identity", Who.ACCOUNT),
    Route("POST", "/api/me/second-factor", "identity", Who.ACCOUNT, note="no body"),
    Route("POST", "/api/me/second-factor/confirmation", "identity", Who.ACCOUNT, limit="sign-in", session="changes"),
    Route("DELETE", "/api/me/second-factor", "identity", Who.ACCOUNT, limit="sign-in", session="changes"),
    Route("GET", "/api/me/export", HERE, Who.ACCOUNT, limit="export", note="every service, one document"),
    Route("DELETE", "/api/me/franceconnect", "identity", Who.ACCOUNT, limit="sign-in"),
    Route("GET", "/api/franceconnect/login", HERE, Who.ANYONE, limit="sign-in", note="302 to FranceConnect"),
    Route("GET", "/api/franceconnect/callback", HERE, Who.ANYONE, limit="sign-in", note="303 back to where he was"),
    Route("GET", "/api/proconnect/login", HERE, Who.ANYONE, limit="sign-in", note="302 to ProConnect"),
    Route("GET", "/api/proconnect/callback", HERE, Who.ANYONE, limit="sign-in", note="303 back to where he was"),
    Route("POST", "/api/tracking-sessions", "identity", Who.PUBLIC, limit="tracking", session="opens"),
    Route("GET", "/api/demarches", "dossiers", Who.PUBLIC),
    Route("GET", "/api/demarches/{slug}", "dossiers", Who.PUBLIC),
    Route("POST", "/api/demandes", "dossiers", Who.ANYONE),
    Route("GET", "/api/demandes", "dossiers", Who.MINE),
    Route("POST", "/api/demandes/attachment", "dossiers", Who.ACCOUNT, limit="tracking"),
    Route("GET", _D, "dossiers", Who.MINE),
    Route("GET", f"{_D}/history", "dossiers", Who.MINE),
    Route("PATCH", f"{_D}/answers", "dossiers", Who.ACCOUNT),
    Route("POST", f"{_D}/submission", "dossiers", Who.ACCOUNT),
    Route("POST", f"{_D}/withdrawal", "dossiers", Who.MINE),
    Route("POST", f"{_D}/duplicate", "dossiers", Who.ACCOUNT),
    Route("GET", f"{_D}/receipt", "dossiers", Who.MINE, note="PDF"),
    Route("GET", f"{_D}/attestation", "dossiers", Who.MINE, note="PDF"),
    Route("POST", f"{_D}/attestation-request", "dossiers", Who.MINE),
    Route("POST", f"{_D}/reasons-request", "dossiers", Who.MINE),
    Route("GET", "/api/notifications", "discussion", Who.MINE),
    Route("GET", f"{_D}/discussion", "discussion", Who.MINE, note="the instructeur in charge too"),
    Route("POST", f"{_D}/discussion/messages", "discussion", Who.MINE),
    Route("POST", f"{_D}/discussion/read", "discussion", Who.MINE),
    Route("POST", f"{_D}/files", "files", Who.MINE, body=UPLOAD),
    Route("GET", f"{_D}/live", HERE, Who.MINE, note="events, the instructeur in charge too"),
    Route("GET", "/api/files/{id}", "files", Who.MINE, streams=True),
    Route("GET", f"{_B}/demandes", "dossiers", Who.INSTRUCTEUR),
    Route("GET", f"{_B}/demandes/export", "dossiers", Who.INSTRUCTEUR, streams=True),
    Route("POST", f"{_B}/demandes/batch", "dossiers", Who.INSTRUCTEUR),
    Route("GET", f"{_B}/demandes/{{id}}", "dossiers", Who.INSTRUCTEUR),
    Route("POST", f"{_B}/demandes/{{id}}/status", "dossiers", Who.INSTRUCTEUR),
    Route("POST", f"{_B}/demandes/{{id}}/assignment", "dossiers", Who.INSTRUCTEUR),
    Route("POST", f"{_B}/demandes/{{id}}/notes", "dossiers", Who.INSTRUCTEUR),
    Route("POST", f"{_B}/demandes/{{id}}/labels", "dossiers", Who.INSTRUCTEUR),
    Route("POST", f"{_B}/demandes/{{id}}/reasons", "dossiers", Who.INSTRUCTEUR),
    Route("POST", f"{_B}/demandes/{{id}}/attestation", "dossiers", Who.INSTRUCTEUR),
    Route("POST", f"{_B}/demandes/{{id}}/discussion", "discussion", Who.INSTRUCTEUR),
    Route("POST", f"{_B}/demandes/{{id}}/discussion/closure", "discussion", Who.INSTRUCTEUR),
    Route("GET", f"{_B}/demandes/{{id}}/readers", "dossiers", Who.INSTRUCTEUR),
    Route("POST", f"{_B}/demandes/{{id}}/opinions", "dossiers", Who.INSTRUCTEUR),
    Route("GET", f"{_B}/opinions", "dossiers", Who.INSTRUCTEUR),
    Route("POST", f"{_B}/opinions/{{id}}", "dossiers", Who.INSTRUCTEUR),
    Route("DELETE", f"{_B}/opinions/{{id}}", "dossiers", Who.INSTRUCTEUR),
    Route("GET", f"{_B}/views", "dossiers", Who.INSTRUCTEUR),
    Route("PUT", f"{_B}/views/{{view}}", "dossiers", Who.INSTRUCTEUR),
    Route("DELETE", f"{_B}/views/{{view}}", "dossiers", Who.INSTRUCTEUR),
    Route("GET", f"{_B}/colleagues", "dossiers", Who.INSTRUCTEUR),
    Route("GET", f"{_B}/statistics", "dossiers", Who.INSTRUCTEUR),
    Route("GET", f"{_B}/agents", "identity", Who.ADMINISTRATEUR),
    Route("POST", f"{_B}/agents", "identity", Who.ADMINISTRATEUR),
    Route("PUT", f"{_B}/agents/{{id}}", "identity", Who.ADMINISTRATEUR),
    Route("DELETE", f"{_B}/agents/{{id}}", "identity", Who.ADMINISTRATEUR),
    Route("DELETE", f"{_B}/agents/{{id}}/second-factor", "identity", Who.ADMINISTRATEUR),
    Route("GET", f"{_B}/demarches", "dossiers", Who.ADMINISTRATEUR),
    Route("PUT", f"{_B}/demarches/{{slug}}", "dossiers", Who.ADMINISTRATEUR, body=DEFINITION),
    Route("POST", f"{_B}/demarches/{{slug}}/closure", "dossiers", Who.ADMINISTRATEUR),
    Route("GET", "/api/audit/demandes", "dossiers", Who.AUDITEUR, target="/audit/demandes", note="by reference"),
    Route("GET", "/api/audit/demandes/{id}/timeline", HERE, Who.AUDITEUR, note="every service, one story"),
    _audit("GET", "/events", streams=True),
    _audit("GET", "/streams/{stream}", streams=True),
    _audit("POST", "/verification", streams=True, note="no body"),
    _audit("GET", "/verification/{id}"),
    _audit("GET", "/projections"),
    _audit("POST", "/replays", streams=True),
    _audit("GET", "/replays/{id}"),
    Route("GET", "/api/openapi.json", HERE, Who.PUBLIC),
    Route("GET", "/api/asyncapi.json", HERE, Who.PUBLIC),
    Route("GET", "/api/docs", HERE, Who.PUBLIC, note="HTML"),
    Route("GET", "/static/{file}", HERE, Who.NOBODY, note="a file of the pages"),
    Route("GET", "/livez", HERE, Who.NOBODY),
    Route("GET", "/readyz", HERE, Who.NOBODY),
    Route("GET", "/metrics", HERE, Who.NOBODY, note="from inside only"),
)
