"""Signing in and out, and the other sessions of an account."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from kernel.errors import Fault, Kind, Refused, not_found
from kernel.http.contract import answers
from kernel.http.deps import Asked, Caller, Incoming, Run, account_of, unauthenticated
from kernel.runtime.runtime import Runtime
from services.identity.adapters import attempts, sessions
from services.identity.adapters.addresses import lookup_of
from services.identity.adapters.attempts import Attempt
from services.identity.aggregate.account import Account
from services.identity.aggregate.second_factor import wrong_code
from services.identity.api import shapes, shown
from services.identity.api.credentials import Pace, right_account, right_code
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
    pace, lookup = Pace(run), lookup_of(run, body.email)
    attempt = await attempts.take_password(run, address=lookup, ip=asked.caller.ip)
    who = await right_account(run, lookup, body.password)
    if who is None:
        await pace.hold()
        raise bad_credentials(
            "Adresse électronique ou mot de passe incorrect, ou compte pas encore activé. Vérifiez, puis recommencez."
        )
    if who.second_factor:
        await _demand_code(run, who, body.code, attempt, asked)
    await attempts.welcome(run, attempt)
    opened = await sessions.open_account(run, who.id, of_identity(run.settings).most_sessions)
    known = who.model_dump()
    body_of = {
        "token": opened.token,
        "expires_at": opened.expires_at,
        "account": {
            **{name: known[name] for name in ("id", "email", "first_name", "last_name")},
            "roles": shown.roles_of(shown.in_force(run, known)),
        },
        **shown.duties(run, known),
    }
    return JSONResponse(body_of, 201, NO_STORE)


async def _demand_code(run: Runtime, who: Account, typed: str | None, attempt: Attempt, asked: Incoming) -> None:
    if not typed:
        await attempts.give_back(run, attempt)
        raise Refused(
            Kind.UNAUTHENTICATED,
            "second-factor-required",
            "Saisissez aussi le code à 6 chiffres de votre application, ou un code de secours.",
        )
    # A session is never opened twice by one command, whatever its key: this call answers with a token.
    ctx = replace(asked.context(f"account:{who.id}"), command_id=run.ids(), expected=None)
    if not await right_code(run, who, typed, ctx):
        raise bad_credentials(wrong_code().detail, "/code")


def bad_credentials(detail: str, *pointers: str) -> Refused:
    """Nobody is let in."""
    errors = [Fault(pointer, detail) for pointer in pointers]
    return Refused(Kind.UNAUTHENTICATED, "bad-credentials", detail, errors=errors)


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
