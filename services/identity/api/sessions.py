"""Signing in and out, and the other sessions of an account."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from kernel.errors import Kind, Refused, not_found
from kernel.http.deps import Caller, Run, account_of, unauthenticated
from services.identity.adapters import attempts, sessions
from services.identity.adapters.addresses import lookup_of
from services.identity.api.credentials import Pace, right_account
from services.identity.api.me import roles_of
from services.identity.settings import of_identity

router = APIRouter(prefix="/api/sessions", tags=["Sessions"])
NO_STORE = {"Cache-Control": "no-store"}


class Credentials(BaseModel):
    """An address and its password. `code`: the second factor, for accounts that have one."""

    model_config = ConfigDict(extra="forbid")

    email: str = Field(max_length=320)
    password: str = Field(max_length=1024)
    code: str | None = Field(None, max_length=20)


@router.post("", status_code=201, summary="Se connecter")
async def sign_in(body: Credentials, run: Run, caller: Caller) -> Response:
    """Open a session. Every failure answers alike, and as late."""
    pace, lookup = Pace(run), lookup_of(run, body.email)
    attempt = await attempts.take(run, "sign-in", address=lookup, ip=caller.ip)
    who = await right_account(run, lookup, body.password)
    if who is None:
        await pace.hold()
        raise Refused(
            Kind.UNAUTHENTICATED,
            "bad-credentials",
            "Adresse électronique ou mot de passe incorrect, ou compte pas encore activé. Vérifiez, puis recommencez.",
        )
    await attempts.give_back(run, attempt)
    opened = await sessions.open_account(run, who.id, of_identity(run.settings).most_sessions)
    person = {name: getattr(who, name) for name in ("id", "email", "first_name", "last_name")}
    body_of = {
        "token": opened.token,
        "expires_at": opened.expires_at,
        "account": {**person, "roles": roles_of(who.roles)},
    }
    return JSONResponse(body_of, 201, NO_STORE)


@router.get("", summary="Mes sessions ouvertes")
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
