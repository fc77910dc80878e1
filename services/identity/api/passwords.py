"""« Mot de passe oublié », and choosing another one."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from kernel.envelope import Commit, Context
from kernel.http.contract import answers
from kernel.http.deps import Asked, Caller, Ctx, Run, account_of, answer
from kernel.runtime.runtime import Runtime
from services.identity.adapters import attempts, once, sessions, tokens
from services.identity.adapters.addresses import anonymous, lookup_of, owner_of
from services.identity.aggregate.account import account, bad_token
from services.identity.aggregate.owning import change_password, request_password_reset
from services.identity.api import shapes
from services.identity.api.credentials import NOBODY, Pace, confirmed, demand_strength
from services.identity.commands import ChangePassword, RequestPasswordReset
from services.identity.ports import Passwords
from services.identity.projections import accounts

router = APIRouter()
SENT = {"status": "reset-sent"}


class Forgotten(BaseModel):
    """The address of whoever forgot his password."""

    model_config = ConfigDict(extra="forbid")

    email: str = Field(max_length=320)


class Reset(BaseModel):
    """The token of the mail, and the password to have from now on."""

    model_config = ConfigDict(extra="forbid")

    token: str = Field(max_length=200)
    password: str = Field(max_length=1024)


class NewPassword(BaseModel):
    """The present password, empty while there is none, and the one to have from now on."""

    model_config = ConfigDict(extra="forbid")

    current: str = Field("", max_length=1024)
    password: str = Field(max_length=1024)


@router.post(
    "/api/password-resets",
    status_code=202,
    tags=["Comptes"],
    summary="Mot de passe oublié",
    responses=answers(202, shapes.ResetSent),
)
async def ask_reset(body: Forgotten, run: Run, asked: Asked) -> Response:
    """Mail a link, good for 30 minutes, when the address is that of an account; the answer never tells."""
    pace, lookup = Pace(run), lookup_of(run, body.email)
    await attempts.take(run, "reset-mail", address=lookup, ip=asked.caller.ip)
    ctx = asked.context(anonymous(run, body.email))
    first = await once.first_time(run, f"reset/{ctx.command_id}", run.clock() + timedelta(days=1))
    if first:
        # A further command: If-Match on the account itself would tell that there is one.
        await _mail_link(run, await owner_of(run, lookup) or NOBODY, ctx.step("reset"))
    await pace.hold()
    return JSONResponse(SENT, 202, None if first else {"Idempotency-Replayed": "true"})


@router.post(
    "/api/password-resets/confirmation", status_code=204, tags=["Comptes"], summary="Choisir un nouveau mot de passe"
)
async def reset(body: Reset, run: Run, asked: Asked) -> Response:
    """With the token of the mail. Every session is closed, and the owner is told."""
    whose = await tokens.holder(run, tokens.RESET, body.token)
    attempt = await attempts.take(run, "reset", address=whose or body.token, ip=asked.caller.ip)
    if whose is None:
        raise bad_token()
    ctx = asked.context(f"account:{whose}")
    if await run.replay(account, whose, ctx):
        commit = await run.handle(account, whose, change_password, ChangePassword(), ctx)
    else:
        commit = await _reset(run, whose, body, ctx)
    await attempts.give_back(run, attempt)
    return await answer(run, commit, status=204, shown_in=(accounts.projection,))


@router.post("/api/me/password", status_code=204, tags=["Mon compte"], summary="Changer de mot de passe")
async def change(body: NewPassword, run: Run, caller: Caller, ctx: Ctx) -> Response:
    """The other sessions are closed, and the owner is told."""
    id = account_of(caller)
    if await run.replay(account, id, ctx):
        commit = await run.handle(account, id, change_password, ChangePassword(), ctx)
        return await answer(run, commit, status=204, shown_in=(accounts.projection,))
    who = await confirmed(run, caller, body.current, pointer="/current")
    await demand_strength(run, body.password, who)
    command = ChangePassword(password_hash=await run.port(Passwords).hash(body.password))
    commit = await _replace(run, id, command, ctx, but=caller.session)
    return await answer(run, commit, status=204, shown_in=(accounts.projection,))


async def _mail_link(run: Runtime, whose: str, ctx: Context) -> None:
    # The same work for nobody: a token that no mail carries, and a decision that says nothing.
    if await tokens.may_mail(run, tokens.RESET, whose) or whose == NOBODY:
        issued = await tokens.issue(run, tokens.RESET, whose)
        command = RequestPasswordReset(token=issued.token, expires_at=issued.expires_at)
        await run.handle(account, whose, request_password_reset, command, ctx)


async def _reset(run: Runtime, whose: str, body: Reset, ctx: Context) -> Commit:
    state, _ = await run.load(account, whose)
    if not await tokens.attempt(run, tokens.RESET, body.token) or state.status != "active":
        raise bad_token()
    await demand_strength(run, body.password, state)
    hashed = await run.port(Passwords).hash(body.password)
    commit = await _replace(run, whose, ChangePassword(password_hash=hashed, how="reset", token=body.token), ctx)
    await attempts.forgive(run, lookup_of(run, state.email))
    return commit


async def _replace(
    run: Runtime, whose: str, command: ChangePassword, ctx: Context, *, but: str | None = None
) -> Commit:
    # Before and after: no session that the old password opened outlives it, even when the process dies in between.
    await sessions.close_all(run, whose, but=but)
    commit = await run.handle(account, whose, change_password, command, ctx)
    await sessions.close_all(run, whose, but=but)
    await tokens.use_up(run, whose, tokens.RESET)
    return commit
