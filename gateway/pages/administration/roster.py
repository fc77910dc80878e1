"""Every agent and every démarche, read to the end: a département has hundreds of the one and dozens of the other."""

from __future__ import annotations

from typing import Any, Final

from gateway.pages.house import House
from gateway.refusals import not_found
from gateway.visits import Visit

LIMIT: Final = 100
AGENTS: Final = "/api/backoffice/agents"
DEMARCHES: Final = "/api/backoffice/demarches"
ROLES: Final = {
    "instructeur": "Instruction des demandes",
    "administrateur": "Administration du portail",
    "auditeur": "Audit",
}
STATES: Final = {"invited": "Invitation envoyée", "active": "Actif", "disabled": "Désactivé"}


async def everything(house: House, visit: Visit, path: str) -> list[dict[str, Any]]:
    """All items of a list. Raises Refusal as the API answers."""
    items: list[dict[str, Any]] = []
    following: dict[str, str] = {}
    while True:
        page = await house.get(visit, path, limit=LIMIT, **following)
        items += page["items"]
        if not page["next"]:
            return items
        following = {"cursor": page["next"]}


async def one(house: House, visit: Visit, path: str, name: str, value: str) -> dict[str, Any]:
    """The item of a list whose `name` is `value`. Raises Refusal 404 when there is none."""
    for item in await everything(house, visit, path):
        if item[name] == value:
            return item
    raise not_found()


def services_of(demarches: list[dict[str, Any]], agents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each service by slug, with its démarches and its instructeurs; those of one without démarche too."""
    slugs = {each["service"] for each in demarches} | {slug for agent in agents for slug in agent["services"]}
    return [
        {
            "slug": slug,
            "demarches": [each for each in demarches if each["service"] == slug],
            "agents": [agent for agent in agents if slug in agent["services"]],
            "active": sum(1 for agent in agents if slug in agent["services"] and agent["status"] == "active"),
        }
        for slug in sorted(slugs)
    ]
