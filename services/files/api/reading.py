"""Reading a file, and what other services ask about one."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from kernel.errors import not_found, unavailable
from kernel.http.deps import Caller, Ctx, Run, View, demand_service, unauthenticated
from kernel.ids import is_id
from services.files.aggregate import download, stored_file
from services.files.api.access import side_of
from services.files.commands import RecordDownload
from services.files.ports import BlobStore, BlobUnavailable
from services.files.projections import file_card
from services.files.vetting.names import content_disposition

router = APIRouter()
SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@router.get(
    "/api/files/{id}",
    tags=["Documents"],
    summary="Télécharger un document",
    response_class=Response,
    responses={200: {"description": "Les octets du document.", "content": {"application/octet-stream": {}}}},
)
async def read(id: str, run: Run, view: View, caller: Caller, ctx: Ctx) -> Response:
    """The bytes, to whoever may read the discussion that carries them; every reading is recorded."""
    if caller.kind not in ("account", "tracking"):
        raise unauthenticated()
    card = await file_card.find(await view(file_card.projection), id) if is_id(id) else None
    if card is None:
        raise not_found()
    side = await side_of(run, view, card["demande"], caller)
    if side.name != card["sender"] and not await _carried(run, card):
        raise not_found()
    await run.handle(stored_file, id, download, RecordDownload(), ctx)
    try:
        data = await run.port(BlobStore).get("clean", id, card["sha256"])
    except BlobUnavailable:
        raise unavailable() from None
    if data is None:
        raise not_found()
    headers = SAFE | {"Content-Disposition": content_disposition(card["name"])}
    return Response(data, headers=headers, media_type=card["media_type"])


@router.get("/internal/files/{id}", include_in_schema=False)
async def one(id: str, view: View, caller: Caller) -> dict[str, Any]:
    """The card of a file that may be attached."""
    demand_service(caller, "read")
    card = await file_card.find(await view(file_card.projection), id) if is_id(id) else None
    if card is None or card["status"] not in ("clean", "pending"):
        raise not_found()
    shown = ("id", "demande", "sender", "name", "media_type", "size", "status", "requested_document")
    return {name: card[name] for name in shown} | {"claimed_by": card["claimed_by"] or None}


async def _carried(run: Run, card: dict[str, Any]) -> bool:
    if card["claimed_by"]:
        return True
    # The card may be a moment behind our own log, which is asked before a neighbour that may be away.
    state, _ = await run.load(stored_file, card["id"])
    if state.claimed_by:
        return True
    # The message may be a moment ahead of our copy of it: its owner knows.
    told = await run.peers["discussion"].get(f"/internal/demandes/{card['demande']}/discussion")
    return told is not None and card["id"] in told["files"]
