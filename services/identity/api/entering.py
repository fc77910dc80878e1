"""What somebody whom a provider identified is let into: his account, a new one, or a question that is left.

The order is the law's and FranceConnect's: a known `sub` enters; an unknown one whose address is nobody's gets an
account; an unknown one whose address has an account enters nowhere until he proves that it is his.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from kernel.envelope import Commit, Context
from kernel.errors import Refused, invalid, unavailable
from kernel.http.deps import Incoming
from kernel.ids import derived_id
from kernel.runtime.runtime import Runtime
from services.identity.adapters import attempts, sessions, tokens
from services.identity.adapters.addresses import lookup_of, owner_of
from services.identity.adapters.federation import visits
from services.identity.adapters.federation.choices import Choice
from services.identity.aggregate.account import Account, account
from services.identity.aggregate.identities import (
    AGENT,
    PERSON,
    link_agent,
    link_person,
    open_identified,
    unknown_agent,
    use,
)
from services.identity.aggregate.owning import tell_claimed
from services.identity.aggregate.person import read_person
from services.identity.aggregate.refusals import unproven
from services.identity.aggregate.reservation import reservation
from services.identity.aggregate.reservation import reserve as reserve_address
from services.identity.aggregate.subject import reserve, subject
from services.identity.api import shown
from services.identity.api.hiring import invited_before
from services.identity.commands import (
    LinkIdentity,
    OpenIdentifiedAccount,
    ReserveEmail,
    ReserveSubject,
    TellClaimed,
    UseIdentity,
)
from services.identity.erasure import release_subject
from services.identity.ports import Identified
from services.identity.projections import accounts, sign_ups
from services.identity.settings import of_identity

SHOWN_IN = (accounts.projection, sign_ups.projection)
SETTLING = timedelta(minutes=1)
"""How long a `sub` may be reserved for an account that does not have it yet: longer, and that was cut short."""


def subject_of(run: Runtime, provider: str, known: Identified) -> str:
    """The keyed hash that finds whom somebody is, as a provider knows him."""
    return run.keyed_hash("subject", f"{provider}/{known.sub}")


async def person(run: Runtime, asked: Incoming, known: Identified, following: str) -> tuple[Account, Commit] | Choice:
    """Where FranceConnect's `sub` leads: an account and the fact that says so, or a question that is left."""
    found = subject_of(run, PERSON, known)
    whose = await _holder(run, PERSON, found, asked)
    if whose:
        who, _ = await run.load(account, whose)
        if who.second_factor and who.status == "active" and not who.roles:
            return Choice("code", following, known, whose)
        return await enter(run, asked, whose, PERSON, known)
    _read_names(known)
    email, lookup = _address(run, known.email)
    if not email:
        return Choice("address-needed", following, known)
    if owner := await owner_of(run, lookup):
        return Choice("address-taken", following, known, owner)
    return await open_account(run, asked, known, email)


async def agent(run: Runtime, asked: Incoming, known: Identified) -> tuple[Account, Commit]:
    """Where ProConnect's `sub` leads: to the account of an agent whom an administrateur invited, and nowhere else."""
    if known.siret not in of_identity(run.settings).agents_from:
        raise unknown_agent()
    found = subject_of(run, AGENT, known)
    whose = await _holder(run, AGENT, found, asked)
    if not whose:
        whose = await _invited(run, known)
        state, _ = await run.load(account, whose)
        ctx = asked.context(f"account:{whose}")
        command = LinkIdentity(provider=AGENT, sub=known.sub, subject=found)
        list(link_agent(state, command))  # refused before anything is reserved
        if state.status == "pending":
            lookup, invited = lookup_of(run, state.email), ReserveEmail(account=whose)
            await run.handle(reservation, lookup, reserve_address, invited, ctx.step("reservation"))
        await run.handle(subject, found, reserve, ReserveSubject(account=whose), ctx.step("subject"))
        await run.handle(account, whose, link_agent, command, ctx)
        await tokens.use_up(run, whose, tokens.ACTIVATION)
    return await enter(run, asked, whose, AGENT, known)


async def enter(run: Runtime, asked: Incoming, whose: str, provider: str, known: Identified) -> tuple[Account, Commit]:
    """Record that somebody signs in to this account."""
    command = UseIdentity(provider=provider, subject=subject_of(run, provider, known), level=known.level)
    commit = await run.handle(account, whose, use, command, asked.context(f"account:{whose}").step("use"))
    who, _ = await run.load(account, whose)
    return who, commit


async def open_account(run: Runtime, asked: Incoming, known: Identified, email: str) -> tuple[Account, Commit]:
    """A new account. Its address is mailed a link that proves it; the owner of somebody else's is told instead."""
    names, lookup, found = _read_names(known), lookup_of(run, email), subject_of(run, PERSON, known)
    reserved, _ = await run.load(subject, found)
    # One that was cut short between the reservation and the account goes on where it stopped.
    id = reserved.account or derived_id(run.ids())
    ctx = asked.context(f"account:{id}")
    await run.handle(subject, found, reserve, ReserveSubject(account=id), ctx.step("subject"))
    owner = await owner_of(run, lookup)
    issued = await tokens.issue(run, tokens.ADDRESS, id)
    command = OpenIdentifiedAccount(
        account=id,
        email=email,
        lookup=lookup,
        token="" if owner else issued.token,
        expires_at=issued.expires_at,
        identity=_link(known, found, names),
    )
    await run.handle(account, id, open_identified, command, ctx)
    if owner:
        await _tell(run, asked, owner, lookup, ctx)
    return await enter(run, asked, id, PERSON, known)


async def link(run: Runtime, asked: Incoming, whose: str, known: Identified) -> Commit:
    """Let somebody open an account that was just proven to be his."""
    names, found = _read_names(known), subject_of(run, PERSON, known)
    holder = await _holder(run, PERSON, found, asked)
    state, _ = await run.load(account, whose)
    command, ctx = _link(known, found, names), asked.context(f"account:{whose}")
    list(link_person(state, command))  # refused before anything is reserved
    if holder != whose:
        await run.handle(subject, found, reserve, ReserveSubject(account=whose), ctx.step("subject"))
    return await run.handle(account, whose, link_person, command, ctx.step("link"))


async def let_in(run: Runtime, asked: Incoming, who: Account, provider: str, known: Identified) -> dict[str, Any]:
    """Open the session, which replaces the one he came with."""
    opened = await sessions.open_account(run, who.id, of_identity(run.settings).most_sessions)
    await visits.note(run, opened.sid, who.id, provider, known.id_token)
    if asked.caller.session is not None:
        await sessions.close(run, asked.caller.session)
    return shown.session(run, who, opened.token, opened.expires_at, provider)


def read_address(run: Runtime, typed: str) -> str:
    """The address of somebody who types one. Raises Refused(invalid-request)."""
    given, faults = read_person({"email": typed})
    if faults:
        raise invalid("invalid-request", "Certaines informations sont à corriger.", faults)
    return given["email"]


async def _holder(run: Runtime, provider: str, found: str, asked: Incoming) -> str:
    """The account that a `sub` opens; empty when it opens none, or one that is yet to be made."""
    state, history = await run.load(subject, found)
    if not state.account:
        return ""
    who, _ = await run.load(account, state.account)
    if f"{provider}/{found}" in who.subjects:
        return who.id
    if who.status and run.clock() - history[-1].at > SETTLING:
        ctx = asked.context(f"account:{state.account}").step("stale")
        await release_subject(run, state.account, found, ctx)
    elif who.status:
        raise unavailable(60)
    return ""


async def _invited(run: Runtime, known: Identified) -> str:
    email, lookup = _address(run, known.email)
    whose = "" if not email else await owner_of(run, lookup) or await invited_before(run, lookup)
    if not whose:
        raise unknown_agent()
    return whose


async def _tell(run: Runtime, asked: Incoming, owner: str, lookup: str, ctx: Context) -> None:
    try:
        await attempts.take(run, "address-mail", address=lookup, ip=None)
    except Refused:
        return  # he was told often enough
    await run.handle(account, owner, tell_claimed, TellClaimed(), ctx.step("claimed"))


def _address(run: Runtime, email: str) -> tuple[str, str]:
    given, faults = read_person({"email": email})
    return ("", "") if faults else (given["email"], lookup_of(run, given["email"]))


def _read_names(known: Identified) -> dict[str, str]:
    given, faults = read_person({"first_name": known.given_name, "last_name": known.family_name})
    if faults:
        raise unproven()
    usual, _ = read_person({"last_name": known.usual_name})
    return given | {"usual_name": usual.get("last_name", "")}


def _link(known: Identified, found: str, names: dict[str, str]) -> LinkIdentity:
    return LinkIdentity(
        provider=PERSON,
        sub=known.sub,
        subject=found,
        given_name=names["first_name"],
        family_name=names["last_name"],
        usual_name=names["usual_name"],
        birthdate=known.birthdate,
    )
