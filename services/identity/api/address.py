"""Having another address: it proves itself by a link, the present one is warned, and nobody learns whose it is."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from kernel.envelope import Commit, Context
from kernel.errors import Fault, invalid
from kernel.http.contract import answers
from kernel.http.deps import Caller, Ctx, Run, account_of, answer
from kernel.http.tokens import Principal
from kernel.runtime.runtime import Runtime
from services.identity.adapters import attempts, tokens
from services.identity.adapters.addresses import lookup_of, owner_of
from services.identity.aggregate.account import Account, account, bad_token
from services.identity.aggregate.owning import change_email, request_email_change, tell_claimed
from services.identity.aggregate.person import read_person
from services.identity.aggregate.reservation import reservation, reserve
from services.identity.api import shapes
from services.identity.api.credentials import Pace, confirmed
from services.identity.commands import ChangeEmail, RequestEmailChange, ReserveEmail, TellClaimed
from services.identity.projections import accounts

router = APIRouter(prefix="/api/me/email", tags=["Mon compte"])
SENT = {"status": "confirmation-sent"}


class NewAddress(BaseModel):
    """The address to have from now on, and the password once more. Its own address again is mailed another proof."""

    model_config = ConfigDict(extra="forbid")

    email: str = Field(max_length=320)
    password: str = Field("", max_length=1024)


class AddressProof(BaseModel):
    """The token of the mail that the new address received."""

    model_config = ConfigDict(extra="forbid")

    token: str = Field(max_length=200)


@router.post(
    "", status_code=202, summary="Changer d'adresse électronique", responses=answers(202, shapes.ConfirmationSent)
)
async def ask(body: NewAddress, run: Run, caller: Caller, ctx: Ctx) -> Response:
    """Mail a link to the new address, good for 24 hours, and a warning to the present one.

    The answer, its time and the account are the same when the address is somebody else's; that person is told.
    """
    pace, id = Pace(run), account_of(caller)
    if await run.replay(account, id, ctx):
        command = RequestEmailChange(email="", lookup="", token="", expires_at="")
        commit = await run.handle(account, id, request_email_change, command, ctx)
    else:
        commit = await _ask(run, caller, body, ctx)
    await pace.hold()
    return await answer(run, commit, SENT, status=202, shown_in=(accounts.projection,))


@router.post("/confirmation", status_code=204, summary="Confirmer ma nouvelle adresse électronique")
async def confirm(body: AddressProof, run: Run, caller: Caller, ctx: Ctx) -> Response:
    """With the token of the mail, signed in: whoever merely opens a mail changes nobody's account."""
    id = account_of(caller)
    if await run.replay(account, id, ctx):
        commit = await run.handle(account, id, change_email, ChangeEmail(), ctx)
    else:
        commit = await _confirm(run, id, body.token, caller, ctx)
    return await answer(run, commit, status=204, shown_in=(accounts.projection,))


async def _ask(run: Runtime, caller: Principal, body: NewAddress, ctx: Context) -> Commit:
    who = await confirmed(run, caller, body.password)
    email, lookup = _read(run, body.email, who)
    await attempts.take(run, "address-mail/account", address=who.id, ip=caller.ip)
    await attempts.take(run, "address-mail", address=lookup, ip=None)
    owner = await owner_of(run, lookup)
    taken = owner not in ("", who.id)  # it is his own already when an earlier confirmation was cut short
    await tokens.use_up(run, who.id, tokens.ADDRESS)
    issued = await tokens.issue(run, tokens.ADDRESS, who.id)
    command = RequestEmailChange(
        email=email, lookup=lookup, token="" if taken else issued.token, expires_at=issued.expires_at
    )
    commit = await run.handle(account, who.id, request_email_change, command, ctx)
    if taken:
        await run.handle(account, owner, tell_claimed, TellClaimed(), ctx.step("claimed"))
    return commit


async def _confirm(run: Runtime, id: str, token: str, caller: Principal, ctx: Context) -> Commit:
    attempt = await attempts.take(run, "address", address=id, ip=caller.ip)
    if await tokens.holder(run, tokens.ADDRESS, token) != id:
        raise bad_token()
    state, _ = await run.load(account, id)
    if not await tokens.attempt(run, tokens.ADDRESS, token) or not state.wanted:
        raise bad_token()
    # The reservation first: of two accounts that want one address only one gets it. The old one is released after.
    command = ReserveEmail(account=id)
    await run.handle(reservation, state.wanted_lookup, reserve, command, ctx.step("reservation"))
    commit = await run.handle(account, id, change_email, ChangeEmail(), ctx)
    await tokens.use_up(run, id, tokens.ADDRESS, tokens.RESET)
    await attempts.give_back(run, attempt)
    return commit


def _read(run: Runtime, typed: str, who: Account) -> tuple[str, str]:
    person, faults = read_person({"email": typed})
    if faults:
        raise invalid("invalid-request", "Certaines informations sont à corriger.", faults)
    lookup = lookup_of(run, person["email"])
    if lookup == lookup_of(run, who.email) and not who.proven:
        return who.email, lookup
    if lookup == lookup_of(run, who.email):
        detail = "Cette adresse est déjà celle de votre compte. Saisissez-en une autre."
        raise invalid("invalid-request", detail, [Fault("/email", detail)])
    return person["email"], lookup
