"""« Suivre mes demandes » without an account: an address and a tracking number open one demande."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from kernel.errors import Kind, Refused
from kernel.http.contract import answers
from kernel.http.deps import Caller, Run
from services.identity.adapters import attempts, sessions
from services.identity.adapters.addresses import lookup_of
from services.identity.api import shapes
from services.identity.api.credentials import Pace

router = APIRouter(prefix="/api/tracking-sessions", tags=["Sessions"])


class Tracking(BaseModel):
    """The address a demande was filed with, and the number from its mails, typed leniently."""

    model_config = ConfigDict(extra="forbid")

    email: str = Field(max_length=320)
    tracking_number: str = Field(max_length=80)


@router.post("", status_code=201, summary="Suivre une demande", responses=answers(201, shapes.OpenedTracking))
async def open_tracking(body: Tracking, run: Run, caller: Caller) -> Response:
    """Open a session limited to one demande. Every mismatch answers alike, and as late."""
    pace, dossiers = Pace(run), run.peers["dossiers"]
    attempt = await attempts.take(run, "tracking", address=lookup_of(run, body.email), ip=caller.ip)
    # Synchronous on purpose: the number is a secret that dossiers alone can look up.
    found = await dossiers.post("/internal/tracking", body.model_dump())
    demande = None if found is None else await dossiers.get(f"/internal/demandes/{found['demande']}")
    if demande is None:
        await pace.hold()
        raise Refused(
            Kind.UNAUTHENTICATED,
            "unknown-tracking",
            "Cette adresse et ce numéro de suivi ne correspondent à aucune demande. Recopiez ceux de votre courrier.",
        )
    await attempts.give_back(run, attempt)
    opened = await sessions.open_tracking(run, demande["id"], demande["contact"]["email"])
    shown = {name: demande[name] for name in ("id", "reference", "demarche", "status")}
    body_of = {"token": opened.token, "expires_at": opened.expires_at, "demande": shown}
    return JSONResponse(body_of, 201, {"Cache-Control": "no-store"})
