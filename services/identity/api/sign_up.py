"""Signing up: the question, the conditions, the account that waits for its activation."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from kernel.clock import rfc3339
from kernel.envelope import Context
from kernel.errors import Fault, invalid
from kernel.http.contract import answers
from kernel.http.deps import Asked, Caller, Run
from kernel.ids import derived_id
from kernel.runtime.runtime import Runtime
from services.identity.adapters import attempts, questions, tokens
from services.identity.adapters.addresses import anonymous, lookup_of, owner_of
from services.identity.aggregate.account import account
from services.identity.aggregate.joining import sign_up, warn_owner
from services.identity.aggregate.person import read_person
from services.identity.api import shapes
from services.identity.api.credentials import Pace, demand_strong
from services.identity.commands import SignUp, WarnOwner
from services.identity.ports import Passwords
from services.identity.settings import of_identity

router = APIRouter(tags=["Comptes"])
SENT = {"status": "activation-sent"}
NO_STORE = {"Cache-Control": "no-store"}


@router.get("/api/security-question", summary="Une question de sécurité", responses=answers(200, shapes.AskedQuestion))
async def security_question(run: Run, _: Caller) -> Response:
    """A sum to solve, good for ten minutes and one form."""
    question = questions.draw()
    id, expires_at = questions.seal(run, question)
    return JSONResponse({"id": id, "question": question.text, "expires_at": rfc3339(expires_at)}, headers=NO_STORE)


@router.get(
    "/api/terms",
    summary="Les conditions générales d'utilisation en vigueur",
    responses=answers(200, shapes.TermsInForce),
)
async def terms(run: Run, _: Caller) -> dict[str, str]:
    """Their version, to be sent back with the form, and where they are read."""
    settings = of_identity(run.settings)
    return {"version": settings.terms_version, "url": f"{settings.public_url.rstrip('/')}/conditions-generales"}


def _as_text(answer: Any) -> Any:
    return str(answer) if isinstance(answer, int) and not isinstance(answer, bool) else answer


class SecurityAnswer(BaseModel):
    """The question that was asked, and its answer in digits or French words."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(max_length=200)
    answer: Annotated[str, BeforeValidator(_as_text), Field(max_length=100)]


class NewAccount(BaseModel):
    """The sign-up form."""

    model_config = ConfigDict(extra="forbid")

    email: str = Field(max_length=320)
    password: str = Field(max_length=1024)
    first_name: str = Field(max_length=400)
    last_name: str = Field(max_length=400)
    terms_version: str = Field(max_length=40)
    security_question: SecurityAnswer


async def answered(request: Request, run: Run, _: Caller) -> bool:
    """Spend the question of a form before the rest of it is read: it serves once, whatever else is refused."""
    try:
        body = await request.json()
    except (ValueError, RecursionError):
        return False
    given = body.get("security_question") if isinstance(body, dict) else None
    return isinstance(given, dict) and await questions.settle(run, given.get("id"), given.get("answer"))


Answered = Annotated[bool, Depends(answered)]


@router.post("/api/accounts", status_code=202, summary="Créer un compte", responses=answers(202, shapes.ActivationSent))
async def create_account(body: NewAccount, run: Run, asked: Asked, right_answer: Answered) -> Response:
    """Open an account, or warn the owner of the one that has this address. Both look alike from here."""
    pace, lookup = Pace(run), lookup_of(run, body.email)
    # No precondition: If-Match would tell the version of an account, hence that there is one.
    ctx = replace(asked.context(anonymous(run, body.email)), expected=None)
    id, owner = derived_id(ctx.command_id), await owner_of(run, lookup)
    if asked.key is not None and await _done_before(run, ctx, id, owner):
        await pace.hold()
        return JSONResponse(SENT, 202, {"Idempotency-Replayed": "true"})
    await attempts.take(run, "sign-up", address=lookup, ip=asked.caller.ip)
    command = await _accepted(run, body, id, lookup, right_answer=right_answer)
    if owner:
        await run.handle(account, owner, warn_owner, WarnOwner(), ctx)
    else:
        await run.handle(account, id, sign_up, command, ctx)
    await pace.hold()
    # Neither ETag nor Guichet-Position: they would tell how many facts this took, hence whether the address is known.
    return JSONResponse(SENT, 202)


async def _accepted(run: Runtime, body: NewAccount, id: str, lookup: str, *, right_answer: bool) -> SignUp:
    if not right_answer:
        detail = (
            "La réponse à la question de sécurité n'est pas la bonne, ou la question a expiré. Répondez à la nouvelle."
        )
        raise invalid("wrong-answer", detail, [Fault("/security_question/answer", detail)])
    settings = of_identity(run.settings)
    if body.terms_version != settings.terms_version:
        detail = "Acceptez les conditions générales d'utilisation en vigueur pour créer votre compte."
        raise invalid("terms-not-accepted", detail, [Fault("/terms_version", detail)])
    await demand_strong(run, body.password, body.email, body.first_name, body.last_name)
    person, faults = read_person({name: getattr(body, name) for name in ("email", "first_name", "last_name")})
    if faults:
        raise invalid("invalid-request", "Certaines informations sont à corriger.", faults)
    password_hash = await run.port(Passwords).hash(body.password)
    issued = await tokens.issue(run, tokens.ACTIVATION, id)
    return SignUp(
        account=id,
        email=person["email"],
        first_name=person["first_name"],
        last_name=person["last_name"],
        lookup=lookup,
        terms_version=body.terms_version,
        password_hash=password_hash,
        token=issued.token,
        expires_at=issued.expires_at,
    )


async def _done_before(run: Runtime, ctx: Context, *accounts: str) -> bool:
    for whose in filter(None, accounts):
        if await run.replay(account, whose, ctx):
            # Raises Refused(idempotency-mismatch) when the key was used with another form.
            await run.handle(account, whose, warn_owner, WarnOwner(), ctx)
            return True
    return False
