"""The calls that only browsers make, on their way to a provider and back: what OpenAPI says of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

Operation = dict[str, Any]


def _query(name: str, description: str, **schema: object) -> Operation:
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema}


def _text(name: str, description: str) -> Operation:
    return _query(name, description, type="string", maxLength=2000)


def _redirect(description: str) -> Operation:
    location = {"description": "L'adresse où continuer.", "required": True, "schema": {"type": "string"}}
    return {"description": description, "headers": {"Location": location}}


def _pair(name: str, provider: str) -> Mapping[tuple[str, str], Operation]:
    login = {
        "summary": f"S'identifier avec {provider}",
        "parameters": [
            _text("next", "Où revenir ensuite : un chemin de ce site."),
            _query(
                "purpose",
                "`link` : rattacher cette identité au compte connecté ; `confirm` : confirmer qui l'on est.",
                enum=["sign-in", "link", "confirm"],
                default="sign-in",
            ),
        ],
        "responses": {"302": _redirect(f"Vers {provider}.")},
    }
    callback = {
        "summary": f"Retour de {provider}",
        "parameters": [
            _text("state", "Ce qui rattache le retour au départ : sert une fois, dix minutes, dans un navigateur."),
            _text("code", "Le code d'autorisation."),
            _text("error", "Pourquoi il n'y en a pas (RFC 6749 §4.1.2.1)."),
            _text("iss", "Qui répond (RFC 9207)."),
        ],
        "responses": {
            "303": _redirect("Vers `next`, avec le cookie de session, ou vers la page qui pose une question.")
        },
    }
    return {("GET", f"/api/{name}/login"): login, ("GET", f"/api/{name}/callback"): callback}


REDIRECTS: Final[Mapping[tuple[str, str], Operation]] = {
    **_pair("franceconnect", "FranceConnect"),
    **_pair("proconnect", "ProConnect"),
}
