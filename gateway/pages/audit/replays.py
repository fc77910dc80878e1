"""Rebuilding a read model from event 0 beside the one that serves, and comparing them."""

from __future__ import annotations

import asyncio

from starlette.responses import Response

from gateway.pages.audit.naming import SERVICES
from gateway.pages.house import House, Pages
from gateway.pages.site import query, redirect, refusal_of
from gateway.refusals import not_found
from gateway.routes import Who
from gateway.visits import Visit

pages = Pages()

PATH = "/audit/relectures"


@pages.get(PATH, Who.AUDITEUR)
async def progress(house: House, visit: Visit) -> Response:
    """The read models of every service, and the replay named in the query (`service`, `id`)."""
    asked = query(visit)
    service, id = asked.get("service", ""), asked.get("id", "")
    lists = await asyncio.gather(*(house.part(visit, f"/api/audit/{name}/projections") for name in SERVICES))
    report = None
    if service in SERVICES and id:
        report = await house.get(visit, f"/api/audit/{service}/replays/{id}")
    return house.site.page(
        visit,
        "audit/replays.html",
        services=SERVICES,
        models=dict(zip(SERVICES, lists, strict=True)),
        service=service,
        report=report,
    )


@pages.post(PATH, Who.AUDITEUR)
async def start(house: House, visit: Visit) -> Response:
    """Rebuild one read model."""
    form = await house.site.read_form(visit)
    service, _, projection = form.get("model", "").partition(".")
    if service not in SERVICES:
        raise not_found()
    answer = await house.errands.run(visit, "POST", f"/api/audit/{service}/replays", {"projection": projection})
    if answer.status not in (200, 202):
        raise refusal_of(answer)
    return redirect(PATH, service=service, id=str(answer.json()["id"]))
