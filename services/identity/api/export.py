"""What identity holds about somebody, for himself (RGPD art. 15): its part of `GET /api/me/export`."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic_core import to_json
from starlette.responses import Response

from kernel.audit import masked_payload
from kernel.clock import rfc3339
from kernel.envelope import Recorded
from kernel.http.deps import Caller, Run
from services.identity.adapters import sessions, tokens
from services.identity.adapters.federation import visits
from services.identity.aggregate.account import account
from services.identity.api import shown
from services.identity.api.credentials import own_account

router = APIRouter(prefix="/api/me", tags=["Mon compte"])


@router.get("/export", summary="Tout ce que Guichet sait de moi")
async def export(run: Run, caller: Caller) -> Response:
    """The account, its sessions, the links it was mailed, every fact of its history; credentials are not told."""
    who = await own_account(run, caller)
    history = await run.store.read(account.stream(who.id))
    names = ("created_at", "last_seen_at", "expires_at")
    body = {
        "account": shown.person(run, shown.known_of(who), await visits.provider_of(run, caller.session)),
        "sessions": [{name: row[name] for name in names} for row in await sessions.of_account(run, who.id)],
        "links": await tokens.waiting(run, who.id),
        "history": [_told(fact) for fact in history],
    }
    return Response(to_json(body), media_type="application/json", headers={"Cache-Control": "no-store"})


def _told(fact: Recorded) -> dict[str, Any]:
    # Who else acted on the account, an administrateur for example, is that person's own data.
    return {"at": rfc3339(fact.at), "type": fact.type, "version": fact.version, "data": masked_payload(fact)}
