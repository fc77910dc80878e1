"""Agents: inviting, giving a role, moving between services, disabling."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, Final

from starlette.responses import Response

from gateway.pages.administration.roster import AGENTS, DEMARCHES, ROLES, STATES, everything, one, services_of
from gateway.pages.forms import Form, Mistake, missing, mistakes_of
from gateway.pages.house import House, Pages
from gateway.pages.site import redirect, refusal_of
from gateway.routes import Who
from gateway.visits import Visit

pages = Pages(
    done={
        "agent-invite": "L'invitation est envoyée par courrier électronique.",
        "role-donne": "Le rôle est donné. L'agent doit se connecter à nouveau.",
        "services-changes": "Les services et la qualité de l'agent sont enregistrés. Il doit se connecter à nouveau.",
        "agent-desactive": "L'agent est désactivé : il n'a plus accès au portail.",
        "second-facteur-efface": "La double authentification est réinitialisée : l'agent l'activera à nouveau.",
    }
)

LIST: Final = "/administration/agents"
NEW: Final = "/administration/agents/nouveau"
_ASKED: Final = {
    "email": "Saisissez l'adresse électronique professionnelle de l'agent.",
    "first_name": "Saisissez son prénom.",
    "last_name": "Saisissez son nom.",
    "role": "Choisissez son rôle.",
}


@pages.get(LIST, Who.ADMINISTRATEUR)
async def agents(house: House, visit: Visit) -> Response:
    """Everybody who holds a role."""
    found = await everything(house, visit, AGENTS)
    return house.site.page(visit, "administration/agents.html", agents=found, roles=ROLES, states=STATES)


@pages.get(NEW, Who.ADMINISTRATEUR)
async def invitation(house: House, visit: Visit) -> Response:
    """Whom to invite, to which role, in which services."""
    return await _invitation(house, visit, Form(()))


@pages.post(NEW, Who.ADMINISTRATEUR)
async def invite(house: House, visit: Visit) -> Response:
    """Invite by mail, or give a role to an account that exists."""
    form = await house.site.read_form(visit)
    mistakes = missing(form, _ASKED)
    if not mistakes:
        body: dict[str, Any] = {name: form.text(name) for name in _ASKED} | {"services": _services(form)}
        body |= {"capacity": form.text("capacity")} if form.text("capacity") else {}
        answer = await house.send(visit, form, "POST", AGENTS, body)
        if answer.status in (200, 201):
            return redirect(LIST, "agent-invite" if answer.status == 201 else "role-donne")
        if answer.status not in (409, 422):
            raise refusal_of(answer)
        mistakes = mistakes_of(answer)
    return await _invitation(house, visit, form, mistakes)


@pages.get("/administration/agents/{id}", Who.ADMINISTRATEUR)
async def agent(house: House, visit: Visit) -> Response:
    """One agent."""
    return await _agent(house, visit)


@pages.post("/administration/agents/{id}", Who.ADMINISTRATEUR)
async def act(house: House, visit: Visit) -> Response:
    """Move, give a role, disable, have him enrol his second factor again: `action` says which."""
    form = await house.site.read_form(visit)
    found = await one(house, visit, AGENTS, "id", visit.match.wild[0])
    path = f"{AGENTS}/{found['id']}"
    match form.text("action"):
        case "services":
            body: dict[str, Any] = {"services": _services(form), "capacity": form.text("capacity")}
            answer, done = await house.send(visit, form, "PUT", path, body), "services-changes"
        case "role":
            person = {name: found[name] for name in ("email", "first_name", "last_name")}
            body = person | {"role": form.text("role"), "services": _services(form)}
            answer, done = await house.send(visit, form, "POST", AGENTS, body), "role-donne"
        case "desactiver":
            answer, done = await house.send(visit, form, "DELETE", path), "agent-desactive"
        case "second-facteur":
            answer, done = await house.send(visit, form, "DELETE", f"{path}/second-factor"), "second-facteur-efface"
        case _:
            return await _agent(house, visit, [Mistake("", "Choisissez ce que vous voulez faire.")])
    if answer.status < 300:
        return redirect(f"{LIST}/{found['id']}", done)
    if answer.status not in (409, 422):
        raise refusal_of(answer)
    return await _agent(house, visit, mistakes_of(answer))


async def _invitation(house: House, visit: Visit, form: Form, mistakes: list[Mistake] | None = None) -> Response:
    return house.site.page(
        visit,
        "administration/invitation.html",
        code=422 if mistakes else 200,
        form=form,
        roles=ROLES,
        services=_pairs(await _known_services(house, visit)),
        mistakes=mistakes or [],
    )


async def _agent(house: House, visit: Visit, mistakes: list[Mistake] | None = None) -> Response:
    found, services = await asyncio.gather(
        one(house, visit, AGENTS, "id", visit.match.wild[0]), _known_services(house, visit)
    )
    return house.site.page(
        visit,
        "administration/agent.html",
        code=422 if mistakes else 200,
        agent=found,
        roles=ROLES,
        states=STATES,
        services=_pairs({*services, *found["services"]}),
        mine=found["id"] == (visit.caller.verdict.account if visit.caller.verdict else None),
        mistakes=mistakes or [],
    )


async def _known_services(house: House, visit: Visit) -> list[str]:
    return [each["slug"] for each in services_of(await everything(house, visit, DEMARCHES), [])]


def _pairs(services: Iterable[str]) -> list[tuple[str, str]]:
    return [(slug, slug) for slug in sorted(services)]


def _services(form: Form) -> list[str]:
    """The ticked ones, and those typed beside."""
    return sorted({*form.all("services"), *form.text("other_services").replace(",", " ").split()})
