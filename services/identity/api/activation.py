"""Activating an account: the token of the mail and the password, so that following or posting a link does nothing."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from kernel.envelope import Commit, Context
from kernel.errors import Fault, invalid
from kernel.http.contract import answers
from kernel.http.deps import Asked, Run, answer
from kernel.runtime.runtime import Runtime
from services.identity.adapters import attempts, once, tokens
from services.identity.adapters.addresses import anonymous, lookup_of, owner_of
from services.identity.aggregate.account import account, bad_token
from services.identity.aggregate.joining import activate, request_activation
from services.identity.aggregate.reservation import reservation, reserve
from services.identity.api import shapes
from services.identity.api.credentials import Pace, demand_strength
from services.identity.api.sign_up import SENT
from services.identity.commands import Activate, RequestActivation, ReserveEmail
from services.identity.ports import Passwords
from services.identity.projections import accounts, sign_ups

router = APIRouter(prefix="/api/accounts", tags=["Comptes"])
MAILED_AGAIN = 3
"""How many accounts that wait under one address get another link: each has its own password."""


class Activation(BaseModel):
    """The token of the mail, and the password chosen at sign-up (an invited agent chooses it here)."""

    model_config = ConfigDict(extra="forbid")

    token: str = Field(max_length=200)
    password: str = Field(max_length=1024)


class Resend(BaseModel):
    """The address whose activation mail did not arrive."""

    model_config = ConfigDict(extra="forbid")

    email: str = Field(max_length=320)


@router.post("/activation", summary="Activer un compte", responses=answers(200, shapes.ActivatedAccount))
async def activate_account(body: Activation, run: Run, asked: Asked) -> Response:
    """Prove the address. A wrong password leaves the token as it was, ten times."""
    whose = await tokens.holder(run, tokens.ACTIVATION, body.token)
    attempt = await attempts.take(run, "activation", address=whose or body.token, ip=asked.caller.ip)
    if whose is None:
        raise bad_token()
    ctx = asked.context(f"account:{whose}")
    if await run.replay(account, whose, ctx):
        commit = await run.handle(account, whose, activate, Activate(), ctx)
    else:
        commit = await _activate(run, whose, body, ctx)
    await attempts.give_back(run, attempt)
    return await answer(run, commit, {"account_id": whose}, shown_in=(accounts.projection, sign_ups.projection))


async def _activate(run: Runtime, whose: str, body: Activation, ctx: Context) -> Commit:
    state, _ = await run.load(account, whose)
    if not await tokens.attempt(run, tokens.ACTIVATION, body.token) or state.status != "pending":
        raise bad_token()
    chosen = ""
    if state.invited:
        await demand_strength(run, body.password, state)
        chosen = await run.port(Passwords).hash(body.password)
    elif not await run.port(Passwords).verify(state.password_hash, body.password):
        detail = "Ce mot de passe n'est pas celui que vous avez choisi en créant votre compte. Ressaisissez-le."
        raise invalid("wrong-password", detail, [Fault("/password", detail)])
    # The reservation first: of two accounts under one address only one is activated.
    command = ReserveEmail(account=whose)
    await run.handle(reservation, lookup_of(run, state.email), reserve, command, ctx.step("reservation"))
    commit = await run.handle(account, whose, activate, Activate(password_hash=chosen), ctx)
    await tokens.use_up(run, whose, tokens.ACTIVATION)
    return commit


@router.post(
    "/activation/resend",
    status_code=202,
    summary="Recevoir à nouveau le courrier d'activation",
    responses=answers(202, shapes.ActivationSent),
)
async def resend(body: Resend, run: Run, asked: Asked) -> Response:
    """Another link for whatever waits under this address; the answer never tells whether anything does."""
    pace, lookup = Pace(run), lookup_of(run, body.email)
    await attempts.take(run, "activation-mail", address=lookup, ip=asked.caller.ip)
    ctx = asked.context(anonymous(run, body.email))
    first = await once.first_time(run, f"resend/{ctx.command_id}", run.clock() + timedelta(days=1))
    if first and not await owner_of(run, lookup):
        waiting = await sign_ups.of_address(await sign_ups.current(run), lookup, MAILED_AGAIN)
        for row in waiting:
            await _request(run, row["account"], ctx.step(row["account"]))
    await pace.hold()
    return JSONResponse(SENT, 202, None if first else {"Idempotency-Replayed": "true"})


async def _request(run: Runtime, whose: str, ctx: Context) -> None:
    if await tokens.may_mail(run, tokens.ACTIVATION, whose):
        issued = await tokens.issue(run, tokens.ACTIVATION, whose)
        command = RequestActivation(token=issued.token, expires_at=issued.expires_at)
        await run.handle(account, whose, request_activation, command, ctx)
