"""An account as it is shown, and what of its roles is in force."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kernel.runtime.runtime import Runtime
from services.identity.aggregate.account import ROLES
from services.identity.demo import is_demo_agent
from services.identity.settings import of_identity

Roles = Mapping[str, Iterable[str]]


def person(run: Runtime, known: Mapping[str, Any]) -> dict[str, Any]:
    """An account as its owner sees it; `known` is the aggregate's state or a row."""
    roles = in_force(run, known)
    return {
        "id": known["id"],
        "email": known["email"],
        "first_name": known["first_name"],
        "last_name": known["last_name"],
        "phone": known["phone"] or None,
        "postal_address": known["postal_address"] or None,
        "roles": roles_of(roles),
        "services": services_of(roles),
        "franceconnect": False,
        **duties(run, known),
    }


def duties(run: Runtime, known: Mapping[str, Any]) -> dict[str, Any]:
    """What the owner has to do, or has done: accept terms that are new, enrol a second factor."""
    terms = of_identity(run.settings).terms_version
    return {
        "second_factor": {"enabled": bool(known["second_factor"]), "required": demands_second_factor(run, known)},
        "terms_to_accept": None if known["terms_version"] == terms else terms,
    }


def demands_second_factor(run: Runtime, known: Mapping[str, Any]) -> bool:
    """Agents need one; those of the demonstration are exempt, in the demonstration."""
    return bool(known["roles"]) and not is_demo_agent(run, known["id"])


def in_force(run: Runtime, known: Mapping[str, Any]) -> Roles:
    """The roles, each with its services: none before the second factor that they demand."""
    if demands_second_factor(run, known) and not known["second_factor"]:
        return {}
    roles: Roles = known["roles"]
    return roles


def roles_of(roles: Roles) -> list[str]:
    """Everybody is a demandeur; some are more."""
    return ["demandeur", *(role for role in ROLES if role in roles)]


def services_of(roles: Roles) -> list[str]:
    """The services an instructeur belongs to."""
    return list(roles.get("instructeur", ()))
