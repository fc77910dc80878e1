"""What the service owes after its silence decided: reasons, an attestation (L232-3, L232-4 CRPA)."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from kernel.http.contract import answers
from kernel.http.deps import Caller, Ctx, Run, View, answer
from services.dossiers.aggregate.calendar import paris_day
from services.dossiers.aggregate.demande import demande
from services.dossiers.aggregate.implicit import give_reasons, issue_attestation
from services.dossiers.api.access import author_of, of_agent
from services.dossiers.api.shown import DemandeVersion
from services.dossiers.commands import GiveReasons, IssueAttestation
from services.dossiers.projections import demande_detail, history

router = APIRouter(prefix="/api/backoffice/demandes/{id}", tags=["Instruction"])
SHOWN_IN = (demande_detail.projection, history.projection)


class Reasons(BaseModel):
    """Why silence refused, in law and in fact. `capacity`: in which the agent says so (L212-2 CRPA)."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(max_length=10_000)
    capacity: str | None = Field(None, max_length=120)


class Attesting(BaseModel):
    """`capacity`: in which the agent attests (L212-2 CRPA)."""

    model_config = ConfigDict(extra="forbid")

    capacity: str | None = Field(None, max_length=120)


@router.post("/reasons", summary="Communiquer les motifs d'un refus implicite", responses=answers(200, DemandeVersion))
async def reasons(id: str, body: Reasons, run: Run, view: View, caller: Caller, ctx: Ctx) -> Response:
    """Answer an applicant who asked why silence refused his demande."""
    row = await of_agent(await view(demande_detail.projection), id, caller)
    command = GiveReasons(text=body.text, today=paris_day(run.clock()), author=author_of(caller, row, body.capacity))
    commit = await run.handle(demande, id, give_reasons, command, ctx)
    return await answer(run, commit, {"id": id, "version": commit.version}, shown_in=SHOWN_IN)


@router.post(
    "/attestation", summary="Délivrer l'attestation d'une acceptation implicite", responses=answers(200, DemandeVersion)
)
async def attestation(
    id: str, run: Run, view: View, caller: Caller, ctx: Ctx, body: Attesting | None = None
) -> Response:
    """Issue the attestation an applicant asked for; he finds it as PDF on his demande."""
    row = await of_agent(await view(demande_detail.projection), id, caller)
    command = IssueAttestation(author=author_of(caller, row, body.capacity if body else None))
    commit = await run.handle(demande, id, issue_attestation, command, ctx)
    return await answer(run, commit, {"id": id, "version": commit.version}, shown_in=SHOWN_IN)
