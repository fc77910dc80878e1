"""What the agents of the service in charge do."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from kernel.errors import Fault, invalid
from kernel.http.contract import answers
from kernel.http.deps import Caller, Ctx, Run, View, account_of, answer, versioned
from kernel.http.tokens import Principal
from kernel.ids import derived_id, is_id
from kernel.runtime.runtime import Runtime
from services.dossiers.aggregate.calendar import paris_day
from services.dossiers.aggregate.demande import NEXT, STATUSES, add_note, assign, change_status, demande
from services.dossiers.api import shapes
from services.dossiers.api.access import author_of, of_agent
from services.dossiers.api.shown import DemandeStatus
from services.dossiers.api.shown_to_agents import DemandeAssignment, DemandeToInstruct, NoteWritten
from services.dossiers.commands import AddNote, AssignDemande, ChangeStatus
from services.dossiers.projections import dashboard, demande_detail, history

router = APIRouter(prefix="/api/backoffice/demandes", tags=["Instruction"])
SHOWN_IN = (demande_detail.projection, history.projection, dashboard.projection)


class StatusChange(BaseModel):
    """Where the demande goes, and what the applicant is told. `capacity`: in which the agent decides (L212-2 CRPA)."""

    model_config = ConfigDict(extra="forbid")

    status: str = Field(max_length=40)
    message: str | None = Field(None, max_length=10_000)
    capacity: str | None = Field(None, max_length=120)


class Assignment(BaseModel):
    """`me`, the id of a colleague of the same service, or null."""

    model_config = ConfigDict(extra="forbid")

    agent: str | None = Field(max_length=40)


class NewNote(BaseModel):
    """An internal note."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(max_length=10_000)


@router.get("/{id}", summary="Une demande à instruire", responses=answers(200, DemandeToInstruct))
async def one(id: str, run: Run, view: View, caller: Caller) -> Response:
    """Everything needed to decide."""
    db = await view(demande_detail.projection)
    row = await of_agent(db, id, caller)
    body = {
        **shapes.demande(row, await demande_detail.awaited(db, id), paris_day(run.clock())),
        "assigned_to": {"id": row["assigned_to"], "name": row["assigned_name"]} if row["assigned_to"] else None,
        "allowed": list(NEXT.get(row["status"], ())),
        "history": await history.of_demande(await view(history.projection), id, internal=True),
        "notes": await demande_detail.notes(db, id),
    }
    return versioned(body, row["version"])


@router.post("/{id}/status", summary="Faire évoluer une demande", responses=answers(200, DemandeStatus))
async def status(id: str, body: StatusChange, run: Run, view: View, caller: Caller, ctx: Ctx) -> Response:
    """Move the demande along, or decide."""
    row = await of_agent(await view(demande_detail.projection), id, caller)
    if body.status not in STATUSES:
        detail = f"Choisissez un statut parmi : {', '.join(STATUSES)}."
        raise invalid("invalid-request", detail, [Fault("/status", detail)])
    author = author_of(caller, row, body.capacity)
    command = ChangeStatus(to=body.status, message=body.message or "", author=author)
    commit = await run.handle(demande, id, change_status, command, ctx)
    answered = {"id": id, "status": body.status, "version": commit.version}
    return await answer(run, commit, answered, shown_in=SHOWN_IN)


@router.post("/{id}/assignment", summary="Confier une demande", responses=answers(200, DemandeAssignment))
async def assignment(id: str, body: Assignment, run: Run, view: View, caller: Caller, ctx: Ctx) -> Response:
    """Take the demande, give it to a colleague, or put it back."""
    row = await of_agent(await view(demande_detail.projection), id, caller)
    agent, name = await _agent(run, body.agent, caller, row["service"])
    commit = await run.handle(demande, id, assign, AssignDemande(agent=agent, agent_name=name), ctx)
    answered = {"id": id, "assigned_to": agent or None, "version": commit.version}
    return await answer(run, commit, answered, shown_in=SHOWN_IN)


@router.post("/{id}/notes", status_code=201, summary="Ajouter une note interne", responses=answers(201, NoteWritten))
async def note(id: str, body: NewNote, run: Run, view: View, caller: Caller, ctx: Ctx) -> Response:
    """Write a note that the applicant never sees."""
    await of_agent(await view(demande_detail.projection), id, caller)
    note_id = derived_id(ctx.command_id)
    command = AddNote(note=note_id, text=body.text, agent=account_of(caller), agent_name=_name(caller))
    commit = await run.handle(demande, id, add_note, command, ctx)
    answered = {"id": note_id, "text": body.text, "author": _name(caller), "version": commit.version}
    return await answer(run, commit, answered, status=201, shown_in=SHOWN_IN[:2])


async def _agent(run: Runtime, asked: str | None, caller: Principal, service: str) -> tuple[str, str]:
    if asked is None:
        return "", ""
    if asked in ("me", caller.account):
        return account_of(caller), _name(caller)
    # Who belongs to a service is identity's to say, and must be current: a disabled agent gets nothing more.
    agent = await run.peers["identity"].get(f"/internal/agents/{asked}") if is_id(asked) else None
    if agent is None or service not in agent["services"]:
        detail = "Choisissez un agent du service chargé de cette demande."
        raise invalid("invalid-request", detail, [Fault("/agent", detail)])
    return str(agent["id"]), f"{agent['first_name']} {agent['last_name']}"


def _name(caller: Principal) -> str:
    return f"{caller.first_name or ''} {caller.last_name or ''}".strip()
