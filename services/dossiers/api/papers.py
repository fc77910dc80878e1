"""What the law lets an applicant have: his receipt, an attestation, reasons (R112-11-1, L232-3, L232-4 CRPA)."""

from __future__ import annotations

import base64
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from kernel.http.contract import answers
from kernel.http.deps import Caller, Ctx, Run, View, answer
from services.dossiers.adapters.papers import Printed, issue_receipt, print_attestation
from services.dossiers.aggregate.calendar import paris_day
from services.dossiers.aggregate.demande import demande
from services.dossiers.aggregate.implicit import request_attestation, request_reasons
from services.dossiers.api.access import of_applicant
from services.dossiers.api.shown import DemandeVersion
from services.dossiers.commands import RequestAttestation, RequestReasons
from services.dossiers.projections import demande_detail, history

router = APIRouter(prefix="/api/demandes/{id}", tags=["Demandes"])
SHOWN_IN = (demande_detail.projection, history.projection)
PDF: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}}
}


@router.get("/receipt", summary="L'accusé de réception, en PDF", response_class=Response, responses=PDF)
async def receipt(id: str, run: Run, view: View, caller: Caller) -> Response:
    """The receipt. Its SHA-256 is in the history and in `Repr-Digest` (RFC 9530)."""
    await of_applicant(await view(demande_detail.projection), id, caller)
    printed, commit = await issue_receipt(run, id)
    await run.fresh(commit, history.projection)
    return _pdf(printed, "accuse-reception")


@router.get("/attestation", summary="L'attestation d'acceptation, en PDF", response_class=Response, responses=PDF)
async def attestation(id: str, run: Run, view: View, caller: Caller) -> Response:
    """The attestation of an implicit acceptance, once the service has issued it."""
    await of_applicant(await view(demande_detail.projection), id, caller)
    return _pdf(await print_attestation(run, id), "attestation")


@router.post(
    "/attestation-request", summary="Demander l'attestation d'une acceptation", responses=answers(200, DemandeVersion)
)
async def ask_attestation(id: str, run: Run, view: View, caller: Caller, ctx: Ctx) -> Response:
    """Ask the service to attest that its silence accepted the demande."""
    await of_applicant(await view(demande_detail.projection), id, caller)
    commit = await run.handle(demande, id, request_attestation, RequestAttestation(), ctx)
    return await answer(run, commit, {"id": id, "version": commit.version}, shown_in=SHOWN_IN)


@router.post("/reasons-request", summary="Demander les motifs d'un refus", responses=answers(200, DemandeVersion))
async def ask_reasons(id: str, run: Run, view: View, caller: Caller, ctx: Ctx) -> Response:
    """Ask the service why its silence refused the demande; it has a month to say."""
    await of_applicant(await view(demande_detail.projection), id, caller)
    command = RequestReasons(today=paris_day(run.clock()))
    commit = await run.handle(demande, id, request_reasons, command, ctx)
    return await answer(run, commit, {"id": id, "version": commit.version}, shown_in=SHOWN_IN)


def _pdf(printed: Printed, name: str) -> Response:
    digest = base64.b64encode(bytes.fromhex(printed.sha256)).decode()
    return Response(
        printed.content,
        media_type="application/pdf",
        headers={
            "Content-Disposition": f'attachment; filename="{name}-{printed.reference}.pdf"',
            "X-Content-Type-Options": "nosniff",
            "Repr-Digest": f"sha-256=:{digest}:",
        },
    )
