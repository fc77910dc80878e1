"""FranceConnect and ProConnect: what the gateway asks for a browser that goes there, comes back, chooses and leaves.

Only the gateway speaks for people, so these calls come from it alone; `browser` is the secret of its own cookie.
"""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from kernel.envelope import Commit
from kernel.errors import Fault, invalid, not_found
from kernel.http.deps import Asked, Caller, Incoming, Run, account_of, answer, unauthenticated
from kernel.http.tokens import Principal
from kernel.ids import secret_token
from kernel.runtime.runtime import Runtime
from services.identity.adapters import attempts, sessions
from services.identity.adapters.federation import askings, choices, visits
from services.identity.adapters.federation.askings import Asking
from services.identity.adapters.federation.choices import Choice
from services.identity.aggregate import refusals
from services.identity.aggregate.account import Account, account
from services.identity.aggregate.identities import AGENT, PERSON, unlink
from services.identity.api import entering
from services.identity.api.credentials import code_required, confirmed, demand_code, own_account, recognised
from services.identity.commands import UnlinkIdentity
from services.identity.erasure import release_subject
from services.identity.events import IdentityLinked
from services.identity.ports import Federation, Identified
from services.identity.projections import accounts
from services.identity.settings import of_identity


async def person(caller: Caller) -> Principal:
    """Somebody the gateway speaks for. Raises Refused(not-found) for a service: it has no browser."""
    if caller.kind == "service":
        raise not_found()
    return caller


router = APIRouter(dependencies=[Depends(person)])
Name = Annotated[Literal["franceconnect", "proconnect"], Path()]
Browser = Annotated[str, Field(min_length=32, max_length=100)]
NO_STORE = {"Cache-Control": "no-store"}


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")

    browser: Browser


class Departure(_Body):
    """Somebody goes to a provider: to sign in, to link it to his account, or to confirm who he is."""

    next: str = Field(max_length=2000)
    purpose: askings.Purpose = "sign-in"


class Return(_Body):
    """Somebody comes back, with what the provider put in the address."""

    state: str = Field("", max_length=200)
    code: str | None = Field(None, max_length=4000)
    error: str | None = Field(None, max_length=200)
    iss: str | None = Field(None, max_length=500)


class Settlement(_Body):
    """The answer to what was left to ask: link the account of a password, open another one, type a code, give up."""

    action: Literal["link", "create", "code", "drop"]
    email: str = Field("", max_length=320)
    password: str = Field("", max_length=1024)
    code: str = Field("", max_length=40)


@router.post("/internal/federation/{name}/departure", include_in_schema=False)
async def depart(name: Name, body: Departure, run: Run, caller: Caller) -> Response:
    """Where to send the browser."""
    federation = run.port(Federation)
    if not federation.offers(name) or (name == AGENT and not of_identity(run.settings).agents_from):
        raise refusals.not_offered(name)
    who = ""
    if body.purpose != "sign-in":
        who = (await own_account(run, caller)).id
        if name == AGENT and body.purpose == "link":
            raise not_found()
    session = (caller.session or "") if who else ""
    state, asking = await askings.begin(run, name, body.browser, body.purpose, body.next, who, session)
    url = await federation.sign_in_url(
        name, state=state, nonce=asking.nonce, verifier=asking.verifier, again=body.purpose == "confirm"
    )
    return JSONResponse({"url": url}, headers=NO_STORE)


@router.post("/internal/federation/{name}/return", include_in_schema=False)
async def come_back(name: Name, body: Return, run: Run, asked: Asked) -> Response:
    """A session (201), or where to go on without one (200)."""
    asking = await askings.take(run, name, body.browser, body.state)
    if asking is None:
        raise refusals.expired()
    if body.error is not None:
        raise refusals.cancelled() if body.error == "access_denied" else refusals.unproven()
    if not body.code:
        raise refusals.unproven()
    known = await run.port(Federation).identify(
        name, body.code, issuer=body.iss, nonce=asking.nonce, verifier=asking.verifier, now=run.clock()
    )
    if asking.purpose != "sign-in":
        return await _of_the_one_signed_in(run, asked, name, body.browser, asking, known)
    if name == AGENT:
        who, commit = await entering.agent(run, asked, known)
    else:
        found = await entering.person(run, asked, known, asking.next)
        if isinstance(found, Choice):
            await choices.offer(run, body.browser, found)
            return JSONResponse({"outcome": "choice", "next": asking.next}, headers=NO_STORE)
        who, commit = found
    opened = await entering.let_in(run, asked, who, name, known)
    told = {"outcome": "session", "next": asking.next} | opened
    return await answer(run, commit, told, status=201, shown_in=entering.SHOWN_IN)


async def _of_the_one_signed_in(
    run: Runtime, asked: Incoming, name: str, browser: str, asking: Asking, known: Identified
) -> Response:
    who = await own_account(run, asked.caller)
    if who.id != asking.account or asked.caller.session != asking.session:
        raise refusals.expired()
    if asking.purpose == "link":
        await choices.offer(run, browser, Choice("link", asking.next, known, who.id))
        return JSONResponse({"outcome": "choice", "next": asking.next}, headers=NO_STORE)
    if f"{name}/{entering.subject_of(run, name, known)}" not in who.subjects:
        raise refusals.not_same_person()
    await visits.note(run, asking.session, who.id, name, known.id_token)
    await visits.confirm(run, asking.session, who.id)
    return JSONResponse({"outcome": "confirmed", "next": asking.next}, headers=NO_STORE)


@router.post("/internal/federation/choice", include_in_schema=False)
async def choice(body: _Body, run: Run, caller: Caller) -> Response:
    """What is left to ask somebody, and who he is to FranceConnect."""
    left = await choices.waiting(run, body.browser)
    if left is None:
        raise refusals.expired()
    asks_password = left.why != "link" or bool((await _owner(run, caller, left)).password_hash)
    told = {
        "why": left.why,
        "given_name": left.known.given_name,
        "family_name": left.known.family_name,
        "email": left.known.email,
        "asks_password": asks_password,
    }
    return JSONResponse(told, headers=NO_STORE)


@router.post("/internal/federation/choice/settlement", include_in_schema=False)
async def settle(body: Settlement, run: Run, asked: Asked) -> Response:
    """A session (201), or where to go on (200). A wrong password leaves everything as it was."""
    left = await choices.waiting(run, body.browser)
    if left is None:
        raise refusals.expired()
    if body.action == "drop":
        await choices.drop(run, body.browser)
        return JSONResponse({"outcome": "dropped", "next": left.next}, headers=NO_STORE)
    if left.why == "link":
        return await _link_own(run, asked, body, left)
    match left.why, body.action:
        case "code", "code":
            who = await _typed_code(run, asked, body.code, left)
        case (("address-taken" | "address-needed"), "link"):
            who = await recognised(run, asked, body.email, body.password, body.code or None)
            await entering.link(run, asked, who.id, left.known)
        case (("address-taken" | "address-needed"), "create"):
            email = entering.read_address(run, body.email)
            await _demand_waiting(run, body.browser)
            who, commit = await entering.open_account(run, asked, left.known, email)
            return await _opened(run, asked, left, who, commit)
        case _:
            raise invalid("invalid-request", "Ce choix ne répond pas à ce qui vous est demandé. Rechargez la page.")
    await _demand_waiting(run, body.browser)
    who, commit = await entering.enter(run, asked, who.id, PERSON, left.known)
    return await _opened(run, asked, left, who, commit)


@router.delete(
    "/api/me/franceconnect", status_code=204, tags=["Mon compte"], summary="Détacher mon compte de FranceConnect"
)
async def detach(run: Run, caller: Caller, asked: Asked) -> Response:
    """FranceConnect opens the account no more, and its names can be changed again. A password must be left."""
    id, ctx = account_of(caller), asked.context()
    history = await run.store.read(account.stream(id))
    commit = await run.handle(account, id, unlink, UnlinkIdentity(provider=PERSON), ctx)
    for known in history:
        if isinstance(known.event, IdentityLinked) and known.event.provider == PERSON:
            await release_subject(run, id, known.event.lookup, ctx.step("release"))
    return await answer(run, commit, status=204, shown_in=(accounts.projection,))


@router.post("/internal/federation/leaving", include_in_schema=False)
async def leave(run: Run, caller: Caller) -> Response:
    """Close the session of this call; where to send the browser so that the one at the provider is closed too."""
    if caller.kind not in ("account", "tracking") or caller.session is None:
        raise unauthenticated()
    known = await visits.of_session(run, caller.session)
    await sessions.close(run, caller.session)
    url = (
        "" if known is None else await run.port(Federation).sign_out_url(known.provider, known.id_token, secret_token())
    )
    return JSONResponse({"url": url}, headers=NO_STORE)


async def _opened(run: Runtime, asked: Incoming, left: Choice, who: Account, commit: Commit) -> Response:
    opened = await entering.let_in(run, asked, who, PERSON, left.known)
    told = {"outcome": "session", "next": left.next} | opened
    return await answer(run, commit, told, status=201, shown_in=entering.SHOWN_IN)


async def _link_own(run: Runtime, asked: Incoming, body: Settlement, left: Choice) -> Response:
    if body.action != "link":
        raise invalid("invalid-request", "Ce choix ne répond pas à ce qui vous est demandé. Rechargez la page.")
    who = await _owner(run, asked.caller, left)
    if who.password_hash:
        await confirmed(run, asked.caller, body.password)
    await _demand_waiting(run, body.browser)
    commit = await entering.link(run, asked, who.id, left.known)
    told = {"outcome": "linked", "next": left.next}
    return await answer(run, commit, told, shown_in=entering.SHOWN_IN)


async def _owner(run: Runtime, caller: Caller, left: Choice) -> Account:
    """The account that is to be linked: that of the one who asked, who is still signed in."""
    who = await own_account(run, caller)
    if who.id != left.account:
        raise refusals.expired()
    return who


async def _typed_code(run: Runtime, asked: Incoming, typed: str, left: Choice) -> Account:
    who, _ = await run.load(account, left.account)
    if not typed:
        detail = code_required().detail
        raise invalid("second-factor-required", detail, [Fault("/code", detail)])
    attempt = await attempts.take(run, "second-factor", address=left.account, ip=asked.caller.ip, guesses=True)
    if who.second_factor:
        await demand_code(run, who, typed, asked)
    await attempts.welcome(run, attempt)
    return who


async def _demand_waiting(run: Runtime, browser: str) -> None:
    # Of two answers at once only one goes on.
    if not await choices.drop(run, browser):
        raise refusals.expired()
