"""Signing in and out, and the other sessions of an account."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from kernel.errors import not_found
from kernel.http.contract import answers
from kernel.http.deps import Asked, Caller, Run, account_of, unauthenticated
from services.identity.adapters import sessions
from services.identity.api import shapes, shown
from services.identity.api.credentials import recognised
from services.identity.settings import of_identity

router = APIRouter(prefix="/api/sessions", tags=["Sessions"])
NO_STORE = {"Cache-Control": "no-store"}


class Credentials(BaseModel):
    """An address and its password. `code`: the second factor, for accounts that have one."""

    model_config = ConfigDict(extra="forbid")

    email: str = Field(max_length=320)
    password: str = Field(max_length=1024)
    code: str | None = Field(None, max_length=40)


@router.post("", status_code=201, summary="Se connecter", responses=answers(201, shapes.SignedIn))
async def sign_in(body: Credentials, run: Run, asked: Asked) -> Response:
    """Open a session. Every failure answers alike, and as late."""
    who = await recognised(run, asked, body.email, body.password, body.code)
    opened = await sessions.open_account(run, who.id, of_identity(run.settings).most_sessions)
    return JSONResponse(shown.session(run, who, opened.token, opened.expires_at), 201, NO_STORE)


@router.get("", summary="Mes sessions ouvertes", responses=answers(200, shapes.OpenSessions))
async def my_sessions(run: Run, caller: Caller) -> dict[str, Any]:
    """The open sessions of the account, the last used first."""
    rows = await sessions.of_account(run, account_of(caller))
    names = ("created_at", "last_seen_at", "expires_at")
    items = [
        {"id": row["sid"], **{name: row[name] for name in names}, "current": row["sid"] == caller.session}
        for row in rows
    ]
    return {"items": items, "next": None}


@router.delete("/current", status_code=204, summary="Se déconnecter")
async def sign_out(run: Run, caller: Caller) -> Response:
    """Close the session of this very call."""
    if caller.kind not in ("account", "tracking") or caller.session is None:
        raise unauthenticated()
    await sessions.close(run, caller.session)
    return Response(status_code=204)


@router.delete("/{id}", status_code=204, summary="Fermer une autre session")
async def close_session(id: str, run: Run, caller: Caller) -> Response:
    """Close one of the account's sessions."""
    if not await sessions.close(run, id, account=account_of(caller)):
        raise not_found()
    return Response(status_code=204)
