"""Time travel: one stream as it is, or as it was at a version or an instant."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from starlette.responses import Response

from gateway.pages.audit.naming import SERVICES, shown
from gateway.pages.forms import Mistake
from gateway.pages.house import House, Pages
from gateway.pages.site import query, refusal_of
from gateway.refusals import not_found
from gateway.routes import Who
from gateway.visits import Visit

pages = Pages()


@pages.get("/audit/flux/{service}/{stream}", Who.AUDITEUR)
async def travel(house: House, visit: Visit) -> Response:
    """The state at `version`, or at the instant `at` (Paris time is not assumed: UTC), else now."""
    service, name = visit.match.wild
    if service not in SERVICES:
        raise not_found()
    asked = query(visit)
    moment: dict[str, str | int] = {}
    if asked.get("at"):
        moment["at"] = asked["at"]
    elif asked.get("version"):
        moment["version"] = asked["version"]
    path = f"/api/audit/{service}/streams/{name}"
    if not moment:
        now = await house.get(visit, path)
        return _page(house, visit, now, now)
    now, answer = await asyncio.gather(
        house.get(visit, path), house.errands.run(visit, "GET", path, None, None, **moment)
    )
    if answer.status in (404, 422):
        detail = "Le flux n'existait pas encore, ou pas à ce moment-là."
        mistakes = [Mistake("at" if "at" in moment else "version", detail)]
        return _page(house, visit, now, now, code=answer.status, mistakes=mistakes)
    if answer.status != 200:
        raise refusal_of(answer)
    return _page(house, visit, now, answer.json())


def _page(
    house: House, visit: Visit, now: Any, then: Any, *, code: int = 200, mistakes: Sequence[Mistake] = ()
) -> Response:
    return house.site.page(
        visit,
        "audit/stream.html",
        code=code,
        service=visit.match.wild[0],
        services=SERVICES,
        last=now["version"],
        verified=now["verified"],
        then=then,
        events=[shown(event) for event in now["events"]],
        at=query(visit).get("at", ""),
        mistakes=mistakes,
    )
