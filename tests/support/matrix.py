"""Who may call what, one line a route: what each caller is answered.

The demande of `{id}` belongs to `owner`; `tracking` is a tracking session of it, `tracking-2` one of somebody else's
demande; `agent` belongs to the service in charge, `agent-2` to another one; `garbage` sends a Bearer token nobody gave
him. Commands carry a version that is never the current one: 412 means « you may, had nothing changed meanwhile », and
leaves everything as it is. `in` means let in by the door, whatever the service then says of a call it may not know yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tests.support import matrix_pages as pages

CALLERS = (
    *("anonymous", "owner", "other", "tracking", "tracking-2"),
    *("agent", "agent-2", "administrateur", "auditeur", "garbage"),
)
TABLE = """
#                                                      anon. owner other tracking tracking-2 agent agent-2 admin audit garbage
GET    /api/security-question                                 200   200   200      200        200   200     200   200   200     401
GET    /api/terms                                             200   200   200      200        200   200     200   200   200     401
POST   /api/accounts                                          422   422   422      422        422   422     422   422   422     401
POST   /api/accounts/activation                               422   422   422      422        422   422     422   422   422     401
POST   /api/accounts/activation/resend                        422   422   422      422        422   422     422   422   422     401
POST   /api/sessions                                          422   422   422      422        422   422     422   422   422     401
GET    /api/sessions                                          401   200   200      403        403   200     200   200   200     401
DELETE /api/sessions/current                                  401   204   204      204        204   204     204   204   204     401
DELETE /api/sessions/{id}                                     401   204   404      403        403   404     404   404   404     401
POST   /api/password-resets                                   422   422   422      422        422   422     422   422   422     401
POST   /api/password-resets/confirmation                      422   422   422      422        422   422     422   422   422     401
GET    /api/me                                                401   200   200      403        403   200     200   200   200     401
PATCH  /api/me                                                401   412   412      403        403   412     412   412   412     401
DELETE /api/me                                                401   422   422      403        403   422     422   422   422     401
POST   /api/me/password                                       401   422   422      403        403   422     422   422   422     401
POST   /api/me/email                                          401   422   422      403        403   422     422   422   422     401
POST   /api/me/email/confirmation                             401   422   422      403        403   422     422   422   422     401
POST   /api/me/terms                                          401   422   422      403        403   422     422   422   422     401
POST   /api/me/second-factor                                  401   200   200      403        403   200     200   200   200     401
POST   /api/me/second-factor/confirmation                     401   422   422      403        403   422     422   422   422     401
DELETE /api/me/second-factor                                  401   422   422      403        403   422     422   422   422     401
GET    /api/me/export                                         401   200   200      403        403   200     200   200   200     401
DELETE /api/me/franceconnect                                  401   412   412      403        403   412     412   412   412     401
GET    /api/franceconnect/login                               404   404   404      404        404   404     404   404   404     401
GET    /api/franceconnect/callback                            422   422   422      422        422   422     422   422   422     401
GET    /api/proconnect/login                                  404   404   404      404        404   404     404   404   404     401
GET    /api/proconnect/callback                               422   422   422      422        422   422     422   422   422     401
POST   /api/tracking-sessions                                 422   422   422      422        422   422     422   422   422     401

GET    /api/demarches                                         200   200   200      200        200   200     200   200   200     401
GET    /api/demarches/{slug}                                  200   200   200      200        200   200     200   200   200     401
POST   /api/demandes                                          412   412   412      412        412   412     412   412   412     401
GET    /api/demandes                                          401   200   200      200        200   200     200   200   200     401
POST   /api/demandes/attachment                               401   422   422      403        403   422     422   422   422     401
GET    /api/demandes/{id}                                     401   200   404      200        404   404     404   404   404     401
GET    /api/demandes/{id}/history                             401   200   404      200        404   404     404   404   404     401
PATCH  /api/demandes/{id}/answers                             401   409   404      403        403   404     404   404   404     401
POST   /api/demandes/{id}/submission                          401   409   404      403        403   404     404   404   404     401
POST   /api/demandes/{id}/withdrawal                          401   412   404      412        404   404     404   404   404     401
POST   /api/demandes/{id}/duplicate                           401   412   404      403        403   404     404   404   404     401
GET    /api/demandes/{id}/receipt                             401   200   404      200        404   404     404   404   404     401
GET    /api/demandes/{id}/attestation                         401   404   404      404        404   404     404   404   404     401
POST   /api/demandes/{id}/attestation-request                 401   412   404      412        404   404     404   404   404     401
POST   /api/demandes/{id}/reasons-request                     401   412   404      412        404   404     404   404   404     401
GET    /api/notifications                                     401   200   200      200        200   200     200   200   200     401
GET    /api/demandes/{id}/discussion                          401   200   404      200        404   200     404   404   404     401
POST   /api/demandes/{id}/discussion/messages                 401   412   404      412        404   412     404   404   404     401
POST   /api/demandes/{id}/discussion/read                     401   412   404      412        404   412     404   404   404     401
POST   /api/demandes/{id}/files                               401   412   404      412        404   412     404   404   404     401
GET    /api/demandes/{id}/live                                401   406   404      406        404   406     404   404   404     401
GET    /api/files/{id}                                        401   200   404      200        404   200     404   404   404     401

GET    /api/backoffice/demandes                               401   404   404      404        404   200     200   404   404     401
GET    /api/backoffice/demandes/export                        401   404   404      404        404   200     200   404   404     401
POST   /api/backoffice/demandes/batch                         401   404   404      404        404   422     422   404   404     401
GET    /api/backoffice/demandes/{id}                          401   404   404      404        404   200     404   404   404     401
POST   /api/backoffice/demandes/{id}/status                   401   404   404      404        404   412     404   404   404     401
POST   /api/backoffice/demandes/{id}/assignment               401   404   404      404        404   412     404   404   404     401
POST   /api/backoffice/demandes/{id}/labels                   401   404   404      404        404   412     404   404   404     401
POST   /api/backoffice/demandes/{id}/notes                    401   404   404      404        404   412     404   404   404     401
POST   /api/backoffice/demandes/{id}/reasons                  401   404   404      404        404   412     404   404   404     401
POST   /api/backoffice/demandes/{id}/attestation              401   404   404      404        404   412     404   404   404     401
POST   /api/backoffice/demandes/{id}/discussion               401   404   404      404        404   412     404   404   404     401
POST   /api/backoffice/demandes/{id}/discussion/closure       401   404   404      404        404   412     404   404   404     401
GET    /api/backoffice/demandes/{id}/readers                  401   404   404      404        404   200     404   404   404     401
POST   /api/backoffice/demandes/{id}/opinions                 401   404   404      404        404   412     404   404   404     401
GET    /api/backoffice/opinions                               401   404   404      404        404   200     200   404   404     401
POST   /api/backoffice/opinions/{id}                          401   404   404      404        404   404     412   404   404     401
DELETE /api/backoffice/opinions/{id}                          401   404   404      404        404   412     404   404   404     401
GET    /api/backoffice/views                                  401   404   404      404        404   200     200   404   404     401
PUT    /api/backoffice/views/{view}                           401   404   404      404        404   422     422   404   404     401
DELETE /api/backoffice/views/{view}                           401   404   404      404        404   204     204   404   404     401
GET    /api/backoffice/colleagues                             401   404   404      404        404   200     200   404   404     401
GET    /api/backoffice/statistics                             401   404   404      404        404   200     200   404   404     401
POST   /api/backoffice/agents                                 401   404   404      404        404   404     404   422   404     401
GET    /api/backoffice/agents                                 401   404   404      404        404   404     404   200   404     401
PUT    /api/backoffice/agents/{id}                            401   404   404      404        404   404     404   422   404     401
DELETE /api/backoffice/agents/{id}                            401   404   404      404        404   404     404   404   404     401
DELETE /api/backoffice/agents/{id}/second-factor              401   404   404      404        404   404     404   404   404     401
GET    /api/backoffice/demarches                              401   404   404      404        404   404     404   200   404     401
PUT    /api/backoffice/demarches/{slug}                       401   404   404      404        404   404     404   422   404     401
POST   /api/backoffice/demarches/{slug}/closure               401   404   404      404        404   404     404   412   404     401

GET    /api/audit/demandes                                    401   403   403      403        403   403     403   403   422     401
GET    /api/audit/demandes/{id}/timeline                      401   403   403      403        403   403     403   403   200     401
GET    /api/audit/{service}/events                            401   403   403      403        403   403     403   403   200     401
GET    /api/audit/{service}/streams/{stream}                  401   403   403      403        403   403     403   403   200     401
POST   /api/audit/{service}/verification                      401   403   403      403        403   403     403   403   200     401
GET    /api/audit/{service}/verification/{id}                 401   403   403      403        403   403     403   403   200     401
GET    /api/audit/{service}/projections                       401   403   403      403        403   403     403   403   200     401
POST   /api/audit/{service}/replays                           401   403   403      403        403   403     403   403   200     401
GET    /api/audit/{service}/replays/{id}                      401   403   403      403        403   403     403   403   200     401

GET    /api/openapi.json                                      200   200   200      200        200   200     200   200   200     401
GET    /api/asyncapi.json                                     200   200   200      200        200   200     200   200   200     401
GET    /api/docs                                              200   200   200      200        200   200     200   200   200     401
GET    /static/{file}                                         200   200   200      200        200   200     200   200   200     200
GET    /livez                                                 200   200   200      200        200   200     200   200   200     200
GET    /readyz                                                200   200   200      200        200   200     200   200   200     200
GET    /metrics                                               404   404   404      404        404   404     404   404   404     404
"""  # noqa: E501


@dataclass(frozen=True)
class Line:
    """What each caller of one route is answered."""

    method: str
    path: str
    answers: Mapping[str, str]

    @property
    def name(self) -> str:
        """How a test is called."""
        return f"{self.method} {self.path}"


def lines() -> list[Line]:
    """The table, read."""
    read = []
    for text in (*TABLE.splitlines(), *pages.TABLE.splitlines()):
        if text and not text.startswith("#"):
            method, path, *answers = text.split()
            read.append(Line(method, path, dict(zip(CALLERS, answers, strict=True))))
    return read


def agrees(status: int, expected: str) -> bool:
    """Whether a status is the expected one."""
    return status not in (401, 403) and status < 500 if expected == "in" else str(status) == expected
