"""A demande being typed: saved as it goes, begun from a past one."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, JsonValue
from pydantic_core import from_json
from starlette.responses import JSONResponse, Response

from kernel.errors import Kind, Refused, conflict, stale
from kernel.http.contract import answers
from kernel.http.deps import Asked, Caller, Run, View, account_of
from services.dossiers.adapters import drafts
from services.dossiers.adapters.drafts import Draft, Saved
from services.dossiers.aggregate.drafting import Content, changed, fitting, read
from services.dossiers.aggregate.form import Definition
from services.dossiers.api.access import of_applicant, own_draft
from services.dossiers.api.filing import PARTS, begin, demand_current, to_file
from services.dossiers.api.shown import DraftCopied, DraftSaved
from services.dossiers.projections import catalogue, demande_detail

router = APIRouter(prefix="/api/demandes", tags=["Demandes"])
TRIES = 5


class Typed(BaseModel):
    """What was typed since the last time. Fields that are not named stay; null takes one away."""

    model_config = ConfigDict(extra="forbid")

    answers: JsonValue = None
    contact: JsonValue = None
    on_behalf_of: JsonValue = None


@router.patch("/{id}/answers", summary="Enregistrer un brouillon", responses=answers(200, DraftSaved))
async def autosave(id: str, body: Typed, run: Run, view: View, asked: Asked) -> Response:
    """Keep what was just typed. A wrong value is refused with its sentence, and nothing is kept; a missing one is not.

    The version (ETag) counts the saves of the draft; it starts again when the draft is filed.
    """
    account_of(asked.caller)
    ctx, db = asked.context(), await view(demande_detail.projection)
    changes = body.model_dump(include=set(PARTS), exclude_unset=True)
    for _ in range(TRIES):
        if (saved := await drafts.saved_before(run, ctx)) is not None:
            return _saved(id, saved)
        found = await own_draft(run, db, id, asked.caller)
        if found is None:
            await of_applicant(db, id, asked.caller)
            detail = "Cette demande est déposée : ses réponses ne changent plus. Copiez-la pour en faire une autre."
            raise conflict("bad-transition", detail)
        demand_current(found, ctx)
        definition = await to_file(await view(catalogue.projection), found.demarche)
        content = _typed(definition, found, changes)
        try:
            return _saved(id, await drafts.save(run, found, content, ctx, remember=asked.key is not None))
        except Refused as refusal:
            # Somebody saved in between: without If-Match, what each of them typed is kept.
            if refusal.kind is not Kind.STALE or ctx.expected is not None:
                raise
    raise stale()


@router.post(
    "/{id}/duplicate",
    status_code=201,
    summary="Refaire une demande à partir d'une ancienne",
    responses=answers(201, DraftCopied),
)
async def duplicate(id: str, run: Run, view: View, asked: Asked, caller: Caller) -> Response:
    """Begin a draft with the answers of a past demande that still fit the version in force.

    `dropped` points to those that do not, and to what has to be certified again.
    """
    account_of(caller)
    row = await of_applicant(await view(demande_detail.projection), id, caller)
    definition = await to_file(await view(catalogue.projection), row["demarche"])
    content = Content.model_validate({part: from_json(row[part]) for part in PARTS})
    kept, dropped = fitting(definition, content)
    return await begin(run, asked, definition, kept.model_dump(), copied_from=id, dropped=dropped)


def _typed(definition: Definition, found: Draft, changes: dict[str, Any]) -> Content:
    typed, touched = changed(found.content, changes)
    return read(definition, typed, touched)


def _saved(id: str, saved: Saved) -> Response:
    headers = {"ETag": f'"{saved.version}"'} | ({"Idempotency-Replayed": "true"} if saved.replayed else {})
    return JSONResponse(
        {"id": id, "status": "brouillon", "version": saved.version, "updated_at": saved.at}, headers=headers
    )
