"""My account: what Guichet knows of me, what I change of it, and that I leave."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from kernel.errors import Fault, invalid
from kernel.http.contract import answers
from kernel.http.deps import Caller, Ctx, Run, View, account_of, answer, unauthenticated, versioned
from services.identity.adapters import sessions
from services.identity.adapters.federation import visits
from services.identity.aggregate.account import account
from services.identity.aggregate.owning import accept_terms, change_profile, erase
from services.identity.aggregate.person import read_person
from services.identity.api import shapes, shown
from services.identity.api.credentials import confirmed
from services.identity.commands import AcceptTerms, ChangeProfile, EraseAccount
from services.identity.erasure import erase_traces
from services.identity.projections import accounts
from services.identity.settings import of_identity

router = APIRouter(prefix="/api/me", tags=["Mon compte"])


class Profile(BaseModel):
    """What to change; a field left out stays as it is, null clears a telephone or a postal address."""

    model_config = ConfigDict(extra="forbid")

    first_name: str = Field("", max_length=400)
    last_name: str = Field("", max_length=400)
    phone: str | None = Field(None, max_length=100)
    postal_address: str | None = Field(None, max_length=2000)


class Acceptance(BaseModel):
    """The version of the conditions that is accepted: the one in force."""

    model_config = ConfigDict(extra="forbid")

    version: str = Field(max_length=40)


class Farewell(BaseModel):
    """The password once more: leaving cannot be undone. Without one, an identity that was just confirmed."""

    model_config = ConfigDict(extra="forbid")

    password: str = Field("", max_length=1024)


@router.get("", summary="Mon compte")
async def me(run: Run, view: View, caller: Caller) -> Response:
    """The account of the caller."""
    row = await accounts.find(await view(accounts.projection), account_of(caller))
    if row is None:
        raise unauthenticated()
    return versioned(shown.person(run, row, await visits.provider_of(run, caller.session)), row["version"])


@router.patch("", summary="Modifier mon compte", responses=answers(200, shapes.ChangedAccount))
async def change_me(body: Profile, run: Run, caller: Caller, ctx: Ctx) -> Response:
    """Change names, telephone, postal address."""
    id = account_of(caller)
    person, faults = read_person({name: getattr(body, name) or "" for name in body.model_fields_set})
    if faults:
        raise invalid("invalid-request", "Certaines informations sont à corriger.", faults)
    commit = await run.handle(account, id, change_profile, ChangeProfile(**person), ctx)
    # As it was right after this very command, so that a repeat answers the same.
    state, _ = await run.load(account, id, upto=commit.version)
    body_of = shown.person(run, shown.known_of(state), await visits.provider_of(run, caller.session))
    return await answer(run, commit, body_of, shown_in=(accounts.projection,))


@router.post("/terms", status_code=204, summary="Accepter les conditions générales d'utilisation en vigueur")
async def accept(body: Acceptance, run: Run, caller: Caller, ctx: Ctx) -> Response:
    """Accept the version in force, after it changed (`terms_to_accept` of the account)."""
    id = account_of(caller)
    if body.version != of_identity(run.settings).terms_version:
        detail = "Ces conditions ne sont pas celles en vigueur. Lisez la version en vigueur, puis acceptez-la."
        raise invalid("terms-not-accepted", detail, [Fault("/version", detail)])
    commit = await run.handle(account, id, accept_terms, AcceptTerms(version=body.version), ctx)
    return await answer(run, commit, status=204, shown_in=(accounts.projection,))


@router.delete("", status_code=204, summary="Effacer mon compte")
async def leave(body: Farewell, run: Run, caller: Caller, ctx: Ctx) -> Response:
    """Erase everything personal about the account, at once and for good. Demandes are kept as the law says."""
    who = await confirmed(run, caller, body.password)
    commit = await run.handle(account, who.id, erase, EraseAccount(), ctx)
    # The reaction would do it too; whoever leaves need not wait for it.
    await sessions.close_all(run, who.id)
    await erase_traces(run, who.id, ctx.step("erasure"))
    return await answer(run, commit, status=204, shown_in=(accounts.projection,))
