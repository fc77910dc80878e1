"""The figures of an agent's services: drawn, and in tables that say the same."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from starlette.responses import Response

from gateway.pages.desk.charts import month_said, months_chart, shares
from gateway.pages.desk.deadlines import today
from gateway.pages.desk.wanted import PATH
from gateway.pages.forms import Mistake
from gateway.pages.house import House, Pages
from gateway.pages.site import query
from gateway.pages.wording import status
from gateway.routes import Who
from gateway.visits import Visit

pages = Pages()

HERE: Final = f"{PATH}/statistiques"
FIGURES: Final = "/api/backoffice/statistics"
KINDS: Final[Mapping[str, str]] = {"express": "", "implicit": " par le silence du service", "withdrawal": ""}


@pages.get(HERE, Who.INSTRUCTEUR)
async def show(house: House, visit: Visit) -> Response:
    """Of the demandes filed in a period, of one démarche or all."""
    asked, now = query(visit), today()
    wanted, mistakes = _wanted(asked)
    reads = [house.get(visit, FIGURES, **wanted)]
    if wanted:  # the démarches to choose from are those of all times
        reads.append(house.part(visit, FIGURES))
    found, *others = await asyncio.gather(*reads)
    whole = others[0] if others else found
    months = [{**month, "said": month_said(month["month"])} for month in found["months"]]
    return house.site.page(
        visit,
        "desk/statistics.html",
        code=422 if mistakes else 200,
        mistakes=mistakes,
        asked=asked,
        periods=_periods(now, asked.get("demarche", "")),
        here_address=visit.head.path + (f"?{visit.head.query.decode()}" if visit.head.query else ""),
        demarches=[(one["demarche"]["slug"], one["demarche"]["title"]) for one in whole["demarches"]] if whole else [],
        figures=found,
        months=months,
        chart=months_chart(found["months"]),
        endings=shares((status(one["status"]) + KINDS[one["kind"]], one["number"]) for one in found["decisions"]),
    )


def _wanted(asked: Mapping[str, str]) -> tuple[dict[str, str], list[Mistake]]:
    wanted: dict[str, str] = {"demarche": asked["demarche"][:80]} if asked.get("demarche") else {}
    mistakes = []
    for name, theirs in (("depuis", "since"), ("jusqu-au", "until")):
        if text := asked.get(name, "").strip():
            try:
                wanted[theirs] = date.fromisoformat(text).isoformat()
            except ValueError:
                mistakes.append(Mistake(name, "Indiquez une date, par exemple 2026-11-24."))
    if not mistakes and wanted.get("since", "") > wanted.get("until", "9999"):
        mistakes.append(Mistake("jusqu-au", "Choisissez une date de fin qui vient après la date de début."))
        wanted.pop("until")
    return wanted, mistakes


def _periods(now: date, demarche: str) -> list[tuple[str, str]]:
    """Periods that are often looked at: their name and address."""
    year = date(now.year, 1, 1)
    spans: dict[str, dict[str, Any]] = {
        "30 derniers jours": {"depuis": now - timedelta(days=29)},
        "12 derniers mois": {"depuis": now - timedelta(days=364)},
        f"Année {now.year}": {"depuis": year},
        f"Année {now.year - 1}": {"depuis": date(now.year - 1, 1, 1), "jusqu-au": year - timedelta(days=1)},
        "Depuis le début": {},
    }
    more = {"demarche": demarche} if demarche else {}
    return [(name, f"{HERE}?{urlencode(span | more)}" if span | more else HERE) for name, span in spans.items()]
