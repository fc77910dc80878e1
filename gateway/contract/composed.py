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
        "civil_identity": {
            "anyOf": [
                _object(
                    {
                        "given_name": _TEXT,
                        "family_name": _TEXT,
                        "usual_name": _TEXT_OR_NULL,
                        "birthdate": _TEXT_OR_NULL
                        | {"description": "AAAA-MM-JJ ; le jour et le mois sont 00 quand ils ne sont pas connus."},
                    }
                ),
                {"type": "null"},
            ],
            "description": "L'identité que FranceConnect a transmise ; elle ne se modifie pas ici.",
        },
        "email_proven": {"type": "boolean", "description": "L'adresse a été confirmée par un lien."},
        "has_password": {"type": "boolean"},
        "second_factor": _object({"enabled": {"type": "boolean"}, "required": {"type": "boolean"}})
        | {"description": "Tant qu'elle est exigée sans être activée, les rôles d'agent sont en sommeil."},
        "terms_to_accept": _TEXT_OR_NULL
        | {"description": "La version des conditions d'utilisation qu'il reste à accepter."},
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
_OBJECTS: Final[Schema] = {"type": "array", "items": {"type": "object"}}
_OBJECTS_OR_NULL: Final[Schema] = {"anyOf": [_OBJECTS, {"type": "null"}]}
_OBJECT_OR_NULL: Final[Schema] = {"anyOf": [{"type": "object"}, {"type": "null"}]}
_EXPORT: Final = _object(
    {
        "generated_at": {"type": "string", "format": "date-time"},
        "account": {"type": "object"},
        "sessions": _OBJECTS | {"description": "Les sessions ouvertes."},
        "links": _OBJECTS | {"description": "Les liens envoyés qui servent encore : leur objet et leur échéance."},
        "history": _OBJECTS | {"description": "Tous les événements du compte, avec leur libellé."},
        "demandes": {
            "type": "array",
            "items": _object(
                {
                    "id": _TEXT,
                    "reference": _TEXT,
                    "details": _OBJECT_OR_NULL | {"description": "La demande telle que déposée."},
                    "history": _OBJECTS_OR_NULL,
                    "discussions": _OBJECTS
                    | {"description": "Les discussions et leurs messages, la dernière d'abord."},
                    "mails": _OBJECTS_OR_NULL | {"description": "Les courriers électroniques envoyés à son sujet."},
                }
            ),
        },
        "mails": _OBJECTS_OR_NULL | {"description": "Les courriers électroniques envoyés au sujet du compte."},
        "complete": {
            "type": "boolean",
            "description": "Faux si un service n'a pas répondu : ce qui manque vaut null. Recommencez plus tard.",
        },
    }
)
_DOCUMENT: Final[Schema] = {"type": "object"}

COMPOSED: Final[Mapping[tuple[str, str], tuple[str, Schema]]] = {
    ("GET", "/api/me"): ("Mon compte", _answer("Le compte de l'appelant.", "application/json", _ME)),
    ("GET", "/api/me/export"): (
        "Tout ce que Guichet sait de moi",
        _answer("Un document, envoyé au fur et à mesure.", "application/json", _EXPORT),
    ),
    ("GET", "/api/audit/demandes/{id}/timeline"): (
        "L'histoire d'une demande, tous services réunis",
        _answer(
            "Les événements, les causes avant leurs effets.",
            "application/json",
            _object({"items": {"type": "array", "items": _EVENT}}),
        ),
    ),
    ("GET", "/api/demandes/{id}/live"): (
        "Ce qui change sur une demande, en direct",
        _answer(
            "Un flux Server-Sent Events, pour qui demande `text/event-stream` : des événements `change` dont les "
            "données sont `{kind, demande}`, sans rien de ce qui a été écrit. `kind` : `status`, `history`, "
            "`discussion`, `message`, `read`, `file`, `desk` (pour le service) ; `missed` : relisez la demande. "
            "`Last-Event-ID` reprend où l'on en était ; `since` (secondes depuis 1970) part d'un instant.",
            "text/event-stream",
            {"type": "string"},
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
