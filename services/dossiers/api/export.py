"""The list of the desk as a file. Who took it away, when and with which filters is kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import Response, StreamingResponse

from kernel.clock import rfc3339
from kernel.db import Db, Row, Tx
from kernel.http.deps import Caller, Run, View
from kernel.http.paging import Paging
from services.dossiers.adapters.sheets import as_csv, as_xlsx
from services.dossiers.aggregate.calendar import paris_day
from services.dossiers.aggregate.demande import STATUS_LABELS
from services.dossiers.api.access import demand_agent
from services.dossiers.api.desk import DeskFilters
from services.dossiers.projections import dashboard, desk

router = APIRouter(prefix="/api/backoffice/demandes", tags=["Instruction"])
PAGE = 500
KINDS = {
    "self": "Particulier",
    "association": "Association",
    "company": "Entreprise",
    "local_authority": "Collectivité",
    "school": "Établissement scolaire",
}
AWAITED = {"applicant": "Demandeur", "service": "Service"}
COLUMNS = (
    "Référence",
    "Démarche",
    "État",
    "Déposée le",
    "Modifiée le",
    "Demandeur",
    "Type de demandeur",
    "Confiée à",
    "En attente de",
    "Échéance",
    "Étiquettes",
)
MEDIA_TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
FILES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Le fichier.",
        "content": {media_type: {"schema": {"type": "string"}} for media_type in MEDIA_TYPES.values()},
    }
}


class ExportFilters(DeskFilters):
    """The filters of the desk, and the format of the file."""

    format: Literal["csv", "xlsx"] = "csv"


@router.get("/export", summary="Exporter la liste", response_class=Response, responses=FILES)
async def export(
    request: Request, run: Run, view: View, caller: Caller, asked: Annotated[ExportFilters, Query()]
) -> Response:
    """Every demande that the filters leave in, as a file that is sent while it is read."""
    demand_agent(caller)
    await _trace(request, run.state, caller.actor, rfc3339(run.clock()))
    today = paris_day(run.clock())
    table = _table(await view(dashboard.projection), caller.services, asked.wanted(caller, today))
    name = f"demandes-{today.isoformat()}.{asked.format}"
    return StreamingResponse(
        as_csv(table) if asked.format == "csv" else as_xlsx(table),
        media_type=MEDIA_TYPES[asked.format],
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        },
    )


async def _trace(request: Request, state: Db, actor: str, at: str) -> None:
    trace = {"at": at, "actor": actor, "correlation": request.state.correlation}
    what = f"{request.method} {request.url.path}?{request.url.query}"[:500]

    def work(tx: Tx) -> None:
        tx.run("INSERT INTO consultation VALUES(:at, :actor, :what, :correlation)", what=what, **trace)

    await state.write(work)


async def _table(db: Db, services: frozenset[str], wanted: desk.Wanted) -> AsyncIterator[Sequence[Sequence[str]]]:
    yield [COLUMNS]
    paging = Paging(limit=PAGE)
    while True:
        rows = await desk.of_services(db, services, wanted, paging)
        yield [_cells(row, wanted.today) for row in rows[:PAGE]]
        if len(rows) <= PAGE:
            return
        paging.after = [rows[PAGE - 1][key] for key in wanted.keys]
        await asyncio.sleep(0)  # a long list is read between the other requests


def _cells(row: Row, today: date) -> Sequence[str]:
    shown = desk.on_desk(row, today)
    return (
        shown["reference"],
        shown["demarche"]["title"],
        STATUS_LABELS.get(shown["status"], shown["status"]),
        shown["submitted_at"],
        shown["updated_at"],
        shown["applicant"]["name"],
        KINDS.get(shown["applicant"]["kind"], shown["applicant"]["kind"]),
        shown["assigned_name"] or "",
        AWAITED.get(shown["awaiting"] or "", ""),
        shown["deadline"] or "",
        ", ".join(shown["labels"]),
    )
