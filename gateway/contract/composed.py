"""What the calls answered by the gateway itself look like; the other calls are described by their services."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

Schema = dict[str, Any]

_TEXT: Final[Schema] = {"type": "string"}
_TEXT_OR_NULL: Final[Schema] = {"anyOf": [{"type": "string"}, {"type": "null"}]}
_TEXTS: Final[Schema] = {"type": "array", "items": _TEXT}


def _object(properties: Mapping[str, Schema]) -> Schema:
    return {"type": "object", "required": list(properties), "properties": dict(properties)}


def _answer(description: str, media_type: str, schema: Schema) -> Schema:
    return {"description": description, "content": {media_type: {"schema": schema}}}


_ME: Final = _object(
    {
        "id": _TEXT,
        "email": {"type": "string", "format": "email"},
        "first_name": _TEXT,
        "last_name": _TEXT,
        "phone": _TEXT_OR_NULL,
        "postal_address": _TEXT_OR_NULL,
        "roles": {
            "type": "array",
            "items": {"enum": ["demandeur", "instructeur", "administrateur", "auditeur"]},
        },
        "services": _TEXTS | {"description": "Les services dont un instructeur fait partie."},
        "franceconnect": {"type": "boolean"},
        "unread_discussions": {
            "anyOf": [{"type": "integer"}, {"type": "null"}],
            "description": "Discussions où un message n'est pas lu ; null si elles ne répondent pas.",
        },
    }
)
_EVENT: Final = _object(
    {
        "specversion": {"const": "1.0"},
        "id": _TEXT,
        "source": _TEXT | {"description": "/guichet/<service>"},
        "type": _TEXT | {"description": "fr.guichet.<service>.<Événement>.v<n>"},
        "subject": _TEXT | {"description": "Le flux de l'événement."},
        "time": {"type": "string", "format": "date-time"},
        "sequence": _TEXT | {"description": "Position dans le journal du service."},
        "streamversion": {"type": "integer"},
        "correlationid": _TEXT,
        "causationid": _TEXT,
        "actor": _TEXT,
        "chain": _TEXT | {"description": "Empreinte qui enchaîne l'événement au précédent de son flux."},
        "label": _TEXT | {"description": "L'événement en français."},
        "data": {"type": "object"},
    }
)
_DOCUMENT: Final[Schema] = {"type": "object"}

COMPOSED: Final[Mapping[tuple[str, str], tuple[str, Schema]]] = {
    ("GET", "/api/me"): ("Mon compte", _answer("Le compte de l'appelant.", "application/json", _ME)),
    ("GET", "/api/audit/demandes/{id}/timeline"): (
        "L'histoire d'une demande, tous services réunis",
        _answer(
            "Les événements, les causes avant leurs effets.",
            "application/json",
            _object({"items": {"type": "array", "items": _EVENT}}),
        ),
    ),
    ("GET", "/api/openapi.json"): (
        "Ce document",
        _answer("OpenAPI 3.1.", "application/json", _DOCUMENT),
    ),
    ("GET", "/api/asyncapi.json"): (
        "Les événements publiés pour d'autres systèmes",
        _answer("AsyncAPI 3.", "application/json", _DOCUMENT),
    ),
    ("GET", "/api/docs"): (
        "Ce document, à lire",
        _answer("Une page.", "text/html", {"type": "string"}),
    ),
}
