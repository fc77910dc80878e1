"""Where an administrateur begins: what needs him, then agents, services and démarches."""

from __future__ import annotations

import asyncio

from starlette.responses import Response

from gateway.pages.administration.roster import AGENTS, DEMARCHES, everything, services_of
from gateway.pages.house import House, Pages
from gateway.routes import Who
from gateway.visits import Visit

pages = Pages()


@pages.get("/administration", Who.ADMINISTRATEUR)
async def home(house: House, visit: Visit) -> Response:
    """Counts, and the services whose demandes nobody can instruct."""
    agents, demarches = await asyncio.gather(everything(house, visit, AGENTS), everything(house, visit, DEMARCHES))
    services = services_of(demarches, agents)
    return house.site.page(
        visit,
        "administration/home.html",
        agents=agents,
        demarches=demarches,
        services=services,
        deserted=[each for each in services if each["demarches"] and not each["active"]],
    )


@pages.get("/administration/services", Who.ADMINISTRATEUR)
async def services(house: House, visit: Visit) -> Response:
    """Who instructs what."""
    agents, demarches = await asyncio.gather(everything(house, visit, AGENTS), everything(house, visit, DEMARCHES))
    return house.site.page(visit, "administration/services.html", services=services_of(demarches, agents))
