"""Recomputing the hash chains of every log, with its progress."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.responses import Response

from gateway.pages.audit.naming import SERVICES
from gateway.pages.house import House, Pages
from gateway.pages.site import query, redirect, refusal_of
from gateway.refusals import Refusal
from gateway.routes import Who
from gateway.visits import Visit

pages = Pages()

PATH = "/audit/verification"


@pages.get(PATH, Who.AUDITEUR)
async def progress(house: House, visit: Visit) -> Response:
    """How far each verification named in the query has got: `<service>=<id>`."""
    ids = {service: id for service, id in query(visit).items() if service in SERVICES}
    reports = await asyncio.gather(*(_report(house, visit, service, id) for service, id in ids.items()))
    found = dict(zip(ids, reports, strict=True))
    running = any(report and not report["done"] for report in reports)
    return house.site.page(visit, "audit/verification.html", services=SERVICES, reports=found, running=running)


@pages.post(PATH, Who.AUDITEUR)
async def start(house: House, visit: Visit) -> Response:
    """Verify the chosen services, or all of them."""
    form = await house.site.read_form(visit)
    chosen = [service for service in form.all("service") if service in SERVICES] or list(SERVICES)
    started = await asyncio.gather(*(_start(house, visit, service) for service in chosen))
    return redirect(PATH, **dict(zip(chosen, started, strict=True)))


async def _start(house: House, visit: Visit, service: str) -> str:
    try:
        answer = await house.errands.run(visit, "POST", f"/api/audit/{service}/verification")
    except Refusal:
        return "absent"
    if answer.status not in (200, 202):
        raise refusal_of(answer)
    return str(answer.json()["id"])


async def _report(house: House, visit: Visit, service: str, id: str) -> Any:
    return await house.part(visit, f"/api/audit/{service}/verification/{id}")
