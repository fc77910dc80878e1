"""RFC 9457 problems, in French. The only place where a kind of refusal becomes a status."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from kernel.errors import Fault, Kind, Refused, UnknownFact, unavailable

MEDIA_TYPE = "application/problem+json"
log = logging.getLogger(__name__)

STATUSES: Mapping[Kind, int] = {
    Kind.INVALID: 422,
    Kind.CONFLICT: 409,
    Kind.STALE: 412,
    Kind.NOT_FOUND: 404,
    Kind.FORBIDDEN: 403,
    Kind.UNAUTHENTICATED: 401,
    Kind.UNAVAILABLE: 503,
    Kind.LIMITED: 429,
    Kind.TOO_LARGE: 413,
    Kind.UNSUPPORTED: 415,
}
TITLES: Mapping[int, str] = {
    400: "Requête illisible",
    401: "Connexion nécessaire",
    403: "Accès refusé",
    404: "Introuvable",
    405: "Méthode non permise",
    409: "Action impossible dans l'état actuel",
    412: "Version dépassée",
    413: "Envoi trop volumineux",
    415: "Format non accepté",
    422: "Saisie à corriger",
    429: "Trop de tentatives",
    500: "Erreur interne",
    503: "Service momentanément indisponible",
}
SENTENCES: Mapping[str, str] = {
    "missing": "Ce champ est obligatoire.",
    "extra_forbidden": "Ce champ n'est pas attendu : retirez-le.",
    "string_type": "Indiquez un texte.",
    "string_too_short": "Ce texte est trop court.",
    "string_too_long": "Ce texte est trop long.",
    "string_pattern_mismatch": "Ce texte n'a pas la forme attendue.",
    "bool_type": "Indiquez oui (true) ou non (false).",
    "bool_parsing": "Indiquez oui (true) ou non (false).",
    "int_type": "Indiquez un nombre entier.",
    "int_parsing": "Indiquez un nombre entier.",
    "greater_than_equal": "Ce nombre est trop petit.",
    "less_than_equal": "Ce nombre est trop grand.",
    "literal_error": "Cette valeur ne fait pas partie des choix possibles.",
    "enum": "Cette valeur ne fait pas partie des choix possibles.",
    "list_type": "Indiquez une liste.",
    "too_long": "Cette liste est trop longue.",
    "dict_type": "Indiquez un objet.",
    "model_type": "Indiquez un objet.",
    "model_attributes_type": "Indiquez un objet.",
    "json_invalid": "Le corps de la requête n'est pas un JSON valide.",
    "datetime_from_date_parsing": "Indiquez une date et une heure, par exemple 2026-11-24T10:00:00Z.",
    "date_from_datetime_parsing": "Indiquez une date, par exemple 2026-11-24.",
}


def problem(
    status: int,
    slug: str,
    detail: str,
    *,
    title: str | None = None,
    errors: Sequence[Fault] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A problem document. `detail` is French and says what to do."""
    body: dict[str, Any] = {
        "type": f"urn:guichet:problem:{slug}",
        "title": title or TITLES.get(status, "Erreur"),
        "status": status,
        "detail": detail,
        "slug": slug,
    }
    if errors:
        body["errors"] = [{"pointer": fault.pointer, "detail": fault.detail} for fault in errors]
    return JSONResponse(body, status, dict(headers or {}), media_type=MEDIA_TYPE)


def from_refusal(refusal: Refused) -> Response:
    """The problem a refusal becomes."""
    headers = {"Retry-After": str(refusal.retry_after)} if refusal.retry_after is not None else {}
    return problem(STATUSES[refusal.kind], refusal.slug, refusal.detail, errors=refusal.errors, headers=headers)


def faults_of(error: RequestValidationError) -> list[Fault]:
    """One French sentence per field at fault."""
    return [
        Fault(_pointer(item["loc"]), SENTENCES.get(item["type"], "Cette valeur n'est pas valable."))
        for item in error.errors()[:50]
    ]


def _pointer(location: Sequence[int | str]) -> str:
    # The first part says where (body, query, path); RFC 6901 escapes ~ and /.
    parts = [str(part).replace("~", "~0").replace("/", "~1") for part in location[1:]]
    # A field's name is the client's: what is no Unicode scalar could not be written out again.
    return "".join(f"/{part}" for part in parts).encode(errors="replace").decode()


def install(app: FastAPI) -> None:
    """Have every error of an application answered as a problem."""

    @app.exception_handler(Refused)
    async def _refused(_: Request, error: Refused) -> Response:
        return from_refusal(error)

    @app.exception_handler(UnknownFact)
    async def _unknown_fact(_: Request, error: UnknownFact) -> Response:
        log.error("%s", error)
        return from_refusal(unavailable(30))

    @app.exception_handler(RequestValidationError)
    async def _malformed(_: Request, error: RequestValidationError) -> Response:
        return problem(
            422, "invalid-request", "Certaines informations manquent ou sont incorrectes.", errors=faults_of(error)
        )

    @app.exception_handler(HTTPException)
    async def _http(_: Request, error: HTTPException) -> Response:
        if error.status_code == 404:
            return problem(404, "not-found", "Cette page ou cette ressource n'existe pas, ou n'existe plus.")
        if error.status_code == 405:
            return problem(
                405, "method-not-allowed", "Cette adresse n'accepte pas cette méthode.", headers=error.headers
            )
        return problem(422, "invalid-request", "La requête est illisible.")

    @app.exception_handler(Exception)
    async def _unexpected(request: Request, error: Exception) -> Response:
        log.error("unexpected %s", type(error).__name__, exc_info=error)
        detail = "Une erreur est survenue de notre côté. Réessayez dans quelques instants."
        # This answer is made outside the middleware that puts the id on all others.
        return problem(500, "internal", detail, headers={"X-Request-Id": getattr(request.state, "correlation", "")})
