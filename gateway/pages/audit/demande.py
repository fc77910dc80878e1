"""The story of one demande, across the services."""

from __future__ import annotations

import asyncio

from starlette.responses import Response

from gateway.pages.audit.naming import SERVICES, shown
from gateway.pages.house import House, Pages
from gateway.pages.site import query
from gateway.routes import Who
from gateway.views import timeline_of
from gateway.visits import Visit

pages = Pages()


@pages.get("/audit/demandes/{id}", Who.AUDITEUR)
async def story(house: House, visit: Visit) -> Response:
    """Causes before effects; `service` in the query keeps one service's facts."""
    id, only = visit.match.wild[0], query(visit).get("service", "")
    items, stream = await asyncio.gather(
        timeline_of(house.errands, visit, id), house.part(visit, f"/api/audit/dossiers/streams/dossiers.demande-{id}")
    )
    facts = [shown(event) for event in items]
    counts = {name: sum(1 for fact in facts if fact["service"] == name) for name in SERVICES}
    return house.site.page(
        visit,
        "audit/demande.html",
        id=id,
        reference=next((fact["data"]["reference"] for fact in facts if (fact["data"] or {}).get("reference")), ""),
        stream=stream,
        services=SERVICES,
        counts=counts,
        only=only if only in SERVICES else "",
        items=[fact for fact in facts if not only or fact["service"] == only],
    )
