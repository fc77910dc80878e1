"""An account as it is shown, and what of its roles is in force."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kernel.runtime.runtime import Runtime
from services.identity.aggregate.account import ROLES, Account
from services.identity.demo import is_demo_agent
from services.identity.settings import of_identity

Roles = Mapping[str, Iterable[str]]


def known_of(state: Account) -> dict[str, Any]:
    """An account's state, read as a row of the accounts is."""
    more = {"franceconnect": state.known_by("franceconnect"), "has_password": bool(state.password_hash)}
    return state.model_dump() | more


def person(run: Runtime, known: Mapping[str, Any], provider: str = "") -> dict[str, Any]:
    """An account as its owner sees it; `known` is a row, `provider` who opened the session that he sees it in."""
    roles = in_force(run, known, provider)
    return {
        "id": known["id"],
        "email": known["email"],
        "first_name": known["first_name"],
        "last_name": known["last_name"],
        "phone": known["phone"] or None,
        "postal_address": known["postal_address"] or None,
        "roles": roles_of(roles),
        "services": services_of(roles),
        "franceconnect": bool(known["franceconnect"]),
        "civil_identity": _civil(known) if known["franceconnect"] else None,
        "email_proven": bool(known["proven"]),
        "has_password": bool(known["has_password"]),
        **duties(run, known, provider),
    }


def session(run: Runtime, who: Account, token: str, expires_at: str, provider: str = "") -> dict[str, Any]:
    """What somebody is told who just signed in."""
    known = known_of(who)
    return {
        "token": token,
        "expires_at": expires_at,
        "account": {
            **{name: known[name] for name in ("id", "email", "first_name", "last_name")},
            "roles": roles_of(in_force(run, known, provider)),
        },
        **duties(run, known, provider),
    }


def duties(run: Runtime, known: Mapping[str, Any], provider: str = "") -> dict[str, Any]:
    """What the owner has to do, or has done: accept terms that are new, enrol a second factor."""
    terms = of_identity(run.settings).terms_version
    return {
        "second_factor": {"enabled": bool(known["second_factor"]), "required": _lacks(run, known, provider)},
        "terms_to_accept": None if known["terms_version"] == terms else terms,
    }


def demands_second_factor(run: Runtime, known: Mapping[str, Any]) -> bool:
    """Agents need one; those of the demonstration are exempt, in the demonstration."""
    return bool(known["roles"]) and not is_demo_agent(run, known["id"])


def in_force(run: Runtime, known: Mapping[str, Any], provider: str = "") -> Roles:
    """The roles, each with its services: none before the second factor that they demand.

    ProConnect asked for one before it opened the session.
    """
    if _lacks(run, known, provider) and not known["second_factor"]:
        return {}
    roles: Roles = known["roles"]
    return roles


def _lacks(run: Runtime, known: Mapping[str, Any], provider: str) -> bool:
    return demands_second_factor(run, known) and provider != "proconnect"


def _civil(known: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "given_name": known["first_name"],
        "family_name": known["last_name"],
        "usual_name": known["usual_name"] or None,
        "birthdate": known["birthdate"] or None,
    }


def roles_of(roles: Roles) -> list[str]:
    """Everybody is a demandeur; some are more."""
    return ["demandeur", *(role for role in ROLES if role in roles)]


def services_of(roles: Roles) -> list[str]:
    """The services an instructeur belongs to."""
    return list(roles.get("instructeur", ()))
