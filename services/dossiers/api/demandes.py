"""What applicants do: file, follow, withdraw."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, JsonValue, StrictBool
from starlette.responses import Response

from kernel.clock import rfc3339
from kernel.envelope import Commit
from kernel.errors import Fault, invalid
from kernel.http.deps import Asked, Caller, Ctx, Run, View, answer, unauthenticated, versioned
from kernel.http.paging import Paged, page_of
from kernel.http.tokens import Principal
from kernel.ids import derived_id, tracking_number
from services.dossiers.aggregate.demande import STATUSES, demande, withdraw
from services.dossiers.aggregate.filing import submit
from services.dossiers.api.access import of_applicant
from services.dossiers.commands import SubmitDemande, WithdrawDemande
from services.dossiers.events import DemandeSubmitted
from services.dossiers.projections import catalogue, dashboard, demande_detail, tracking
from services.dossiers.settings import DossiersSettings

router = APIRouter(tags=["Demandes"])
SHOWN_IN = (demande_detail.projection, dashboard.projection, tracking.projection)


class NewDemande(BaseModel):
    """A demande to file. What a person typed is read by the form's rules, so that every fault has its sentence."""

    model_config = ConfigDict(extra="forbid")

    demarche: str = Field(max_length=80)
    on_behalf_of: JsonValue = None
    contact: JsonValue = None
    answers: JsonValue = None
    submit: StrictBool = True
    terms_version: str | None = Field(None, max_length=40)


class Withdrawal(BaseModel):
    """Why the applicant gives up, if he says so."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field("", max_length=2000)


@router.post("/api/demandes", status_code=201, summary="Déposer une demande")
async def file_demande(body: NewDemande, run: Run, asked: Asked, view: View) -> Response:
    """File a demande, with or without an account."""
    caller = asked.caller
    owner = caller.account if caller.kind == "account" and caller.account else ""
    if not body.submit:
        detail = "Un brouillon ne s'enregistre pas encore : déposez la demande (submit: true)."
        raise invalid("invalid-request", detail, [Fault("/submit", detail)])
    definition = await catalogue.definition(await view(catalogue.projection), body.demarche)
    if definition is None:
        detail = "Choisissez une démarche du catalogue."
        raise invalid("invalid-request", detail, [Fault("/demarche", detail)])
    ctx = asked.context(None if owner else _anonymous(run.keyed_hash("anonymous", _address(body.contact))))
    id, settings = derived_id(ctx.command_id), run.settings
    assert isinstance(settings, DossiersSettings)
    command = SubmitDemande(
        demande=id,
        reference=reference(id, run.clock().year),
        definition=definition,
        owner=owner,
        account_contact=_account_contact(caller) if owner else None,
        on_behalf_of=body.on_behalf_of,
        contact=body.contact,
        answers=body.answers,
        terms_version=body.terms_version,
        terms_in_force=settings.terms_version,
        tracking_number=tracking_number(),
        lookup_key=run.key("tracking"),
        at=run.clock(),
    )
    commit = await run.handle(demande, id, submit, command, ctx)
    return await answer(run, commit, _filed(commit), status=201, shown_in=SHOWN_IN)


class Filters(BaseModel):
    """Filters of « mes demandes »."""

    status: str | None = Field(None, pattern=f"^({'|'.join(STATUSES)})$")
    q: str | None = Field(None, max_length=200)


@router.get("/api/demandes", summary="Mes demandes")
async def my_demandes(view: View, caller: Caller, paging: Paged, wanted: Annotated[Filters, Query()]) -> dict[str, Any]:
    """The account's demandes, newest first; the one row of a tracking session."""
    db = await view(dashboard.projection)
    if caller.kind == "tracking" and caller.demande is not None:
        rows = await dashboard.of_demande(db, caller.demande)
        return {"items": [dashboard.mine(row) for row in rows], "next": None}
    if caller.kind != "account" or caller.account is None:
        raise unauthenticated()
    found = await dashboard.of_owner(db, caller.account, dashboard.Wanted(wanted.status, q=wanted.q), paging)
    rows, following = page_of(found, paging, ("submitted_at", "id"))
    return {"items": [dashboard.mine(row) for row in rows], "next": following}


@router.get("/api/demandes/{id}", summary="Une demande")
async def one_demande(id: str, view: View, caller: Caller) -> Response:
    """The demande with its answers as filed."""
    row = await of_applicant(await view(demande_detail.projection), id, caller)
    return versioned(demande_detail.shown(row), row["version"])


@router.get("/api/demandes/{id}/history", summary="L'historique d'une demande")
async def history(id: str, view: View, caller: Caller) -> dict[str, Any]:
    """What happened, in plain words, oldest first."""
    db = await view(demande_detail.projection)
    await of_applicant(db, id, caller)
    return {"items": await demande_detail.history(db, id, internal=False), "next": None}


@router.post("/api/demandes/{id}/withdrawal", summary="Retirer une demande")
async def withdrawal(id: str, body: Withdrawal, run: Run, view: View, caller: Caller, ctx: Ctx) -> Response:
    """Give up a demande that is not decided yet."""
    await of_applicant(await view(demande_detail.projection), id, caller)
    commit = await run.handle(demande, id, withdraw, WithdrawDemande(reason=body.reason), ctx)
    body_of = {"id": id, "status": "retiree", "version": commit.version}
    return await answer(run, commit, body_of, shown_in=SHOWN_IN[:2])


def reference(id: str, year: int) -> str:
    """The public label of a demande: the year and 50 bits of its id, for the telephone; it opens nothing."""
    digits = id[:10].upper()
    return f"{year}-{digits[:5]}-{digits[5:]}"


def _filed(commit: Commit) -> dict[str, Any]:
    recorded = commit.events[0]
    fact = recorded.event
    assert isinstance(fact, DemandeSubmitted)
    return {
        "id": fact.demande,
        "reference": fact.reference,
        "tracking_number": fact.tracking_number,
        "status": "deposee",
        "submitted_at": rfc3339(recorded.at),
        "version": recorded.version,
    }


def _address(contact: Any) -> str:
    email = contact.get("email") if isinstance(contact, dict) else None
    return email.strip().lower() if isinstance(email, str) else ""


def _anonymous(digest: str) -> str:
    return f"anonymous:{digest[:16]}"


def _account_contact(caller: Principal) -> dict[str, str]:
    known = {"email": caller.email, "first_name": caller.first_name, "last_name": caller.last_name}
    return {name: value for name, value in known.items() if value}
