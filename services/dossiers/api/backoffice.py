"""What the agents of the service in charge do."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from kernel.http.contract import answers
from kernel.http.deps import Caller, Ctx, Run, View, account_of, answer, versioned
from kernel.ids import derived_id
from services.dossiers.aggregate.calendar import paris_day
from services.dossiers.aggregate.demande import NEXT, add_note, demande
from services.dossiers.api import shapes
from services.dossiers.api.access import INSTRUCTEUR, of_agent, of_reader
from services.dossiers.api.moves import Assignment, Labelling, StatusChange, found_agent, give, move, name_of, tag
from services.dossiers.api.readers import noted
from services.dossiers.api.shown import DemandeStatus
from services.dossiers.api.shown_to_agents import DemandeAssignment, DemandeLabels, DemandeToInstruct, NoteWritten
from services.dossiers.commands import AddNote
from services.dossiers.projections import dashboard, demande_detail, history, opinions

router = APIRouter(prefix="/api/backoffice/demandes", tags=["Instruction"])
SHOWN_IN = (demande_detail.projection, history.projection, dashboard.projection)


class NewNote(BaseModel):
    """An internal note."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(max_length=10_000)


@router.get("/{id}", summary="Une demande à instruire", responses=answers(200, DemandeToInstruct))
async def one(id: str, request: Request, run: Run, view: View, caller: Caller) -> Response:
    """Everything needed to decide. An expert asked for an opinion reads what the applicant said, nothing internal.

    Who opened it, and on which day, is kept.
    """
    db, asked = await view(demande_detail.projection), await view(opinions.projection)
    row, capacity = await of_reader(db, asked, id, caller)
    inside = capacity == INSTRUCTEUR
    requests, today = await opinions.of_demande(asked, id), paris_day(run.clock())
    body = {
        **shapes.demande(row, await demande_detail.awaited(db, id), today),
        "access": capacity,
        "assigned_to": {"id": row["assigned_to"], "name": row["assigned_name"]} if row["assigned_to"] else None,
        "allowed": list(NEXT.get(row["status"], ())) if inside else [],
        "history": await history.of_demande(await view(history.projection), id, internal=inside),
        "labels": await demande_detail.labels(db, id) if inside else [],
        "notes": await demande_detail.notes(db, id) if inside else [],
        "opinions": [
            opinions.shown(one, today.isoformat()) for one in requests if inside or one["expert"] == caller.account
        ],
    }
    answered = versioned(body, row["version"])
    answered.background = noted(run, request, id, caller, capacity)
    return answered


@router.post("/{id}/status", summary="Faire évoluer une demande", responses=answers(200, DemandeStatus))
async def status(id: str, body: StatusChange, run: Run, view: View, caller: Caller, ctx: Ctx) -> Response:
    """Move the demande along, or decide."""
    row = await of_agent(await view(demande_detail.projection), id, caller)
    commit = await move(run, row, body, caller, ctx)
    answered = {"id": id, "status": body.status, "version": commit.version}
    return await answer(run, commit, answered, shown_in=SHOWN_IN)


@router.post("/{id}/assignment", summary="Confier une demande", responses=answers(200, DemandeAssignment))
async def assignment(id: str, body: Assignment, run: Run, view: View, caller: Caller, ctx: Ctx) -> Response:
    """Take the demande, give it to a colleague, or put it back."""
    row = await of_agent(await view(demande_detail.projection), id, caller)
    agent = await found_agent(run, body.agent, caller)
    commit = await give(run, row, agent, ctx)
    answered = {"id": id, "assigned_to": agent["id"] if agent else None, "version": commit.version}
    return await answer(run, commit, answered, shown_in=SHOWN_IN)


@router.post("/{id}/labels", summary="Étiqueter une demande", responses=answers(200, DemandeLabels))
async def labels(id: str, body: Labelling, run: Run, view: View, caller: Caller, ctx: Ctx) -> Response:
    """Add labels of the service and take others away; the applicant never sees them."""
    row = await of_agent(await view(demande_detail.projection), id, caller)
    commit = await tag(run, row, body, caller, ctx)
    state, _ = await run.load(demande, id, upto=commit.version)
    answered = {"id": id, "labels": sorted(state.labels), "version": commit.version}
    return await answer(run, commit, answered, shown_in=SHOWN_IN)


@router.post("/{id}/notes", status_code=201, summary="Ajouter une note interne", responses=answers(201, NoteWritten))
async def note(id: str, body: NewNote, run: Run, view: View, caller: Caller, ctx: Ctx) -> Response:
    """Write a note that the applicant never sees."""
    await of_agent(await view(demande_detail.projection), id, caller)
    note_id = derived_id(ctx.command_id)
    command = AddNote(note=note_id, text=body.text, agent=account_of(caller), agent_name=name_of(caller))
    commit = await run.handle(demande, id, add_note, command, ctx)
    answered = {"id": note_id, "text": body.text, "author": name_of(caller), "version": commit.version}
    return await answer(run, commit, answered, status=201, shown_in=SHOWN_IN[:2])
