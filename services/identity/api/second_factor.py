"""Double authentification: enrolling an application, recovery codes, and doing without again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from kernel.envelope import Context
from kernel.errors import Fault, Refused, invalid
from kernel.http.contract import answers
from kernel.http.deps import Caller, Ctx, Run, answer
from kernel.runtime.runtime import Runtime
from services.identity.adapters import attempts, second_factor, sessions
from services.identity.aggregate.account import account
from services.identity.aggregate.second_factor import already_enabled, disable, enable, none_enabled, wrong_code
from services.identity.api import shapes
from services.identity.api.credentials import confirmed, own_account, right_code
from services.identity.commands import DisableSecondFactor, EnableSecondFactor
from services.identity.projections import accounts

router = APIRouter(prefix="/api/me/second-factor", tags=["Mon compte"])
NO_STORE = {"Cache-Control": "no-store"}


class Code(BaseModel):
    """What the application shows now."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(max_length=40)


class Renunciation(BaseModel):
    """The password once more, and a code of the application or a recovery code."""

    model_config = ConfigDict(extra="forbid")

    password: str = Field(max_length=1024)
    code: str = Field(max_length=40)


@router.post("", summary="Préparer la double authentification", responses=answers(200, shapes.PreparedSecondFactor))
async def prepare(run: Run, caller: Caller) -> Response:
    """A new secret for an application; nothing changes until a code proves that the application has it."""
    who = await own_account(run, caller)
    if who.second_factor:
        raise already_enabled()
    secret = second_factor.new_secret()
    await second_factor.prepare(run, who.id, secret)
    shown = {"secret": secret, "otpauth_uri": second_factor.otpauth_uri(secret, who.email)}
    return JSONResponse(shown, headers=NO_STORE)


@router.post(
    "/confirmation", summary="Activer la double authentification", responses=answers(200, shapes.RecoveryCodes)
)
async def confirm(body: Code, run: Run, caller: Caller, ctx: Ctx) -> Response:
    """Recovery codes, shown this once. From now on signing in takes a code; the other sessions are closed."""
    who = await own_account(run, caller)
    if who.second_factor:
        raise already_enabled()
    attempt = await attempts.take(run, "second-factor", address=who.id, ip=caller.ip, guesses=True)
    secret = await second_factor.prepared(run, who.id)
    if secret is None or not await second_factor.accept(run, who.id, secret, body.code):
        raise _wrong_code()
    codes = second_factor.new_recovery_codes()
    hashes = tuple(second_factor.recovery_hash(run, who.id, code) for code in codes)
    command = EnableSecondFactor(secret=secret, recovery_codes=hashes)
    # The codes are told once: a repeated call finds the factor enabled, whatever its key.
    commit = await run.handle(account, who.id, enable, command, _fresh(run, ctx))
    await sessions.close_all(run, who.id, but=caller.session)
    await second_factor.settle(run, who.id)
    await attempts.welcome(run, attempt)
    shown: dict[str, Any] = {"recovery_codes": codes}
    response = await answer(run, commit, shown, shown_in=(accounts.projection,))
    response.headers.update(NO_STORE)
    return response


@router.delete("", status_code=204, summary="Désactiver la double authentification")
async def renounce(body: Renunciation, run: Run, caller: Caller, ctx: Ctx) -> Response:
    """For an agent, his roles rest until he enrols another application."""
    who = await confirmed(run, caller, body.password)
    if not who.second_factor:
        raise none_enabled()
    attempt = await attempts.take(run, "second-factor", address=who.id, ip=caller.ip, guesses=True)
    if not await right_code(run, who, body.code, _fresh(run, ctx.step("code"))):
        raise _wrong_code()
    commit = await run.handle(account, who.id, disable, DisableSecondFactor(), ctx)
    await sessions.close_all(run, who.id, but=caller.session)
    await run.state.write(lambda tx: second_factor.forget(tx, who.id))
    await attempts.welcome(run, attempt)
    return await answer(run, commit, status=204, shown_in=(accounts.projection,))


def _fresh(run: Runtime, ctx: Context) -> Context:
    return replace(ctx, command_id=run.ids())


def _wrong_code() -> Refused:
    detail = wrong_code().detail
    return invalid("wrong-code", detail, [Fault("/code", detail)])
