"""The skeleton of the OpenAPI document: every public call of the table, and who may make it.

`guichet docs` fills it with the bodies and answers that the services describe themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from gateway.contract.composed import COMPOSED
from gateway.contract.redirects import REDIRECTS
from gateway.routes import HERE, SERVICES, Route, Who

_AUDIENCE: Final = {
    Who.PUBLIC: "Ouvert à tous.",
    Who.ANYONE: "Avec ou sans compte.",
    Who.ACCOUNT: "Avec un compte.",
    Who.MINE: "Avec un compte ou une session de suivi.",
    Who.INSTRUCTEUR: "Réservé aux instructeurs.",
    Who.ADMINISTRATEUR: "Réservé aux administrateurs.",
    Who.AUDITEUR: "Réservé aux auditeurs.",
}


def is_api(route: Route) -> bool:
    """A call of the public API, not a page or a probe."""
    return route.path.startswith("/api/")


def outline(routes: Iterable[Route]) -> dict[str, Any]:
    """An OpenAPI 3.1 document without bodies."""
    paths: dict[str, dict[str, Any]] = {}
    for route in filter(is_api, routes):
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Guichet",
            "version": "1.0.0",
            "description": "Demandes en ligne du Conseil départemental. Les erreurs suivent la RFC 9457.",
        },
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": "guichet"},
            },
            "schemas": {"Problem": _PROBLEM},
        },
    }


def _operation(route: Route) -> dict[str, Any]:
    summary, answer = COMPOSED.get((route.method, route.path), (None, None))
    operation: dict[str, Any] = {
        "operationId": operation_id(route),
        "tags": [_tag(route)],
        "description": _AUDIENCE[route.who],
        "security": _security(route.who),
        "responses": ({} if answer is None else {"200": answer}) | {"default": _REFUSED},
    }
    if summary is not None:
        operation["summary"] = summary
    if parameters := [_parameter(name) for name in re.findall(r"\{(\w+)\}", route.path)]:
        operation["parameters"] = parameters
    if (redirect := REDIRECTS.get((route.method, route.path))) is not None:
        operation |= redirect | {"responses": redirect["responses"] | operation["responses"]}
    return operation


def operation_id(route: Route) -> str:
    """`get_demandes_id_history`: stable as long as the method and the path are."""
    return "_".join([route.method.lower(), *re.findall(r"\w+", route.path.removeprefix("/api/"))])


def _tag(route: Route) -> str:
    if route.path.startswith("/api/audit/"):
        return "audit"
    if route.path.startswith("/api/backoffice/"):
        return "back-office"
    return "identity" if route.path.startswith("/api/me") else HERE if route.service == HERE else route.service


def _security(who: Who) -> list[dict[str, list[str]]]:
    signed_in: list[dict[str, list[str]]] = [{"bearer": []}, {"cookie": []}]
    if who is Who.PUBLIC:
        return []
    return [*signed_in, {}] if who is Who.ANYONE else signed_in


def _parameter(name: str) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    if name == "service":
        schema["enum"] = list(SERVICES)
    return {"name": name, "in": "path", "required": True, "schema": schema}


_REFUSED: Final = {
    "description": "Refus (RFC 9457).",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
_PROBLEM: Final = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "slug"],
    "properties": {
        "type": {"type": "string", "description": "urn:guichet:problem:<slug>"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "En français : ce qu'il faut faire."},
        "slug": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {"pointer": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}
