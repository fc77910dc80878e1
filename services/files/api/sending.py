"""Sending a file into a discussion."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Form, UploadFile
from starlette.responses import Response

from kernel.errors import Fault, Kind, Refused, invalid, not_found
from kernel.http.contract import answers
from kernel.http.deps import Asked, Run, View, answer
from kernel.ids import derived_id, is_id
from services.files.api.access import demand_open_discussion, side_of
from services.files.api.answers import SentFile
from services.files.api.intake import take_in
from services.files.commands import ReceiveFile
from services.files.ports import MAX_BYTES
from services.files.projections import file_card
from services.files.vetting.refusals import Reason, Unfit

router = APIRouter(tags=["Documents"])


@router.post(
    "/api/demandes/{id}/files", status_code=201, summary="Envoyer un document", responses=answers(201, SentFile)
)
async def send(
    id: str,
    run: Run,
    view: View,
    asked: Asked,
    file: UploadFile,
    requested_document: Annotated[str | None, Form(max_length=40)] = None,
) -> Response:
    """PNG, JPEG or PDF, 5 Mo at most, while the discussion is open; agents may send before they open it."""
    side = await side_of(run, view, id, asked.caller)
    if side.name == "applicant":
        await demand_open_discussion(run, view, id)
    if requested_document is not None and not is_id(requested_document):
        detail = "Ce document demandé n'existe pas dans cette discussion."
        raise invalid("invalid-request", detail, [Fault("/requested_document", detail)])
    data = await file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise Refused(Kind.TOO_LARGE, "too-large", Unfit(Reason.TOO_LARGE).rejection.hint)
    sha256 = hashlib.sha256(data).hexdigest()
    named = file.filename or ""
    counted = f"{id}\n{sha256}\n{named}\n{requested_document or ''}"
    ctx = replace(asked.context(), fingerprint=run.keyed_hash("fingerprint", counted.encode("utf-8", "replace").hex()))
    file_id = derived_id(ctx.command_id)
    command = ReceiveFile(
        file=file_id,
        demande=id,
        sender=side.name,
        name=named.encode("utf-8", "replace").decode()[:500],
        declared_type=(file.content_type or "")[:100],
        size=len(data),
        sha256=sha256,
        requested_document=requested_document or "",
    )
    commit = await take_in(run, command, data, ctx)
    await run.fresh(commit, file_card.projection)
    card = await file_card.find(await view(file_card.projection), file_id)
    if card is None:
        raise not_found()
    return await answer(run, commit, sent(card), status=201)


def sent(card: dict[str, Any]) -> dict[str, Any]:
    """A file as its sender sees it."""
    return {name: card[name] for name in ("id", "name", "media_type", "size", "sha256", "status")}
