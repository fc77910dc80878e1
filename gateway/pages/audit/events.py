"""The facts of one service, searched."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from starlette.responses import Response

from gateway.labels import LABELS
from gateway.pages.audit.naming import SERVICES, shown
from gateway.pages.forms import mistakes_of
from gateway.pages.house import House, Pages
from gateway.pages.site import query, refusal_of
from gateway.refusals import not_found
from gateway.routes import Who
from gateway.visits import Visit

pages = Pages()

PAGE: Final = 15  # a fact in full weighs up to ten kilobytes
FILTERS: Final = ("type", "stream", "actor", "correlation", "since", "until")


@pages.get("/audit/evenements", Who.AUDITEUR)
async def events(house: House, visit: Visit) -> Response:
    """Oldest first, from the position `after`; filters as the audit API has them."""
    asked = query(visit)
    service = asked.get("service", "dossiers")
    if service not in SERVICES:
        raise not_found()
    wanted = {name: asked[name].strip() for name in FILTERS if asked.get(name, "").strip()}
    path = f"/api/audit/{service}/events"
    answer = await house.errands.run(
        visit, "GET", path, None, None, limit=PAGE, after=asked.get("after") or 0, **wanted
    )
    if answer.status not in (200, 422):
        raise refusal_of(answer)
    items: list[dict[str, Any]] = [shown(event) for event in answer.json()] if answer.status == 200 else []
    more = len(items) == PAGE
    return house.site.page(
        visit,
        "audit/events.html",
        code=answer.status,
        services=SERVICES,
        service=service,
        wanted=wanted,
        types=[(name.partition(".")[2], said) for name, said in LABELS.items() if name.startswith(f"{service}.")],
        items=items,
        next=_address(service, wanted, items[-1]["sequence"]) if more else None,
        mistakes=mistakes_of(answer) if answer.status == 422 else [],
    )


def _address(service: str, wanted: dict[str, str], after: str) -> str:
    return f"/audit/evenements?{urlencode({'service': service, **wanted, 'after': after})}"
