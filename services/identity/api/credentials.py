"""From a password to its owner, without telling whether the address or the password was wrong."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from kernel.envelope import Context
from kernel.errors import Fault, Kind, Refused, invalid
from kernel.http.deps import Incoming, account_of, unauthenticated
from kernel.http.tokens import Principal
from kernel.runtime.runtime import Runtime
from services.identity.adapters import attempts, second_factor
from services.identity.adapters.addresses import lookup_of, owner_of
from services.identity.adapters.federation import visits
from services.identity.aggregate.account import Account, account
from services.identity.aggregate.refusals import reauthentication_required
from services.identity.aggregate.second_factor import use_recovery_code, wrong_code
from services.identity.commands import UseRecoveryCode
from services.identity.ports import Passwords, Strength
from services.identity.settings import of_identity

NOBODY = "nobody"


class Pace:
    """The time an answer takes at least, so that its work tells nothing about an address."""

    def __init__(self, run: Runtime) -> None:
        self._until = asyncio.get_running_loop().time() + of_identity(run.settings).quiet_answer_seconds

    async def hold(self) -> None:
        """Wait for the rest of it."""
        await asyncio.sleep(max(0.0, self._until - asyncio.get_running_loop().time()))


async def right_account(run: Runtime, lookup: str, password: str) -> Account | None:
    """The active account of an address and its password. The same work is done whatever is wrong."""
    state, _ = await run.load(account, await owner_of(run, lookup) or NOBODY)
    right = await run.port(Passwords).verify(state.password_hash, password)
    # Between a change of address and the release of the old one, the reservation alone would still say yes.
    return state if right and state.status == "active" and lookup_of(run, state.email) == lookup else None


async def recognised(run: Runtime, asked: Incoming, email: str, password: str, code: str | None) -> Account:
    """The account of somebody who signs in. Every failure answers alike, and as late; its tries are counted.

    Raises Refused(bad-credentials), or Refused(second-factor-required) once the password is right.
    """
    pace, lookup = Pace(run), lookup_of(run, email)
    attempt = await attempts.take_password(run, address=lookup, ip=asked.caller.ip)
    who = await right_account(run, lookup, password)
    if who is None:
        await pace.hold()
        raise bad_credentials(
            "Adresse électronique ou mot de passe incorrect, ou compte pas encore activé. Vérifiez, puis recommencez."
        )
    if who.second_factor:
        if not code:
            await attempts.give_back(run, attempt)
            raise code_required()
        await demand_code(run, who, code, asked)
    await attempts.welcome(run, attempt)
    return who


async def demand_code(run: Runtime, who: Account, typed: str, asked: Incoming) -> None:
    """Raises Refused(bad-credentials) unless it is a code of his second factor."""
    # A session is never opened twice by one command, whatever its key: this call answers with a token.
    ctx = replace(asked.context(f"account:{who.id}"), command_id=run.ids(), expected=None)
    if not await right_code(run, who, typed, ctx):
        raise bad_credentials(wrong_code().detail, "/code")


def bad_credentials(detail: str, *pointers: str) -> Refused:
    """Nobody is let in."""
    errors = [Fault(pointer, detail) for pointer in pointers]
    return Refused(Kind.UNAUTHENTICATED, "bad-credentials", detail, errors=errors)


def code_required() -> Refused:
    """The second factor is missing."""
    return Refused(
        Kind.UNAUTHENTICATED,
        "second-factor-required",
        "Saisissez aussi le code à 6 chiffres de votre application, ou un code de secours.",
    )


async def own_account(run: Runtime, caller: Principal) -> Account:
    """The caller's account. Raises Refused(unauthenticated) when he has none that can be used."""
    state, _ = await run.load(account, account_of(caller))
    if state.status != "active":
        raise unauthenticated()
    return state


async def confirmed(run: Runtime, caller: Principal, password: str, *, pointer: str = "/password") -> Account:
    """The caller's account, once he typed its password again, which counts as a sign-in does.

    Without a password it is an identity confirmed a moment ago, by FranceConnect or ProConnect, that counts.
    Raises Refused(wrong-password) naming the field at fault, or Refused(reauthentication-required).
    """
    state = await own_account(run, caller)
    if not state.password_hash:
        if not await visits.is_fresh(run, caller.session, state.id):
            raise reauthentication_required()
        return state
    attempt = await attempts.take_password(run, address=lookup_of(run, state.email), ip=caller.ip)
    if not await run.port(Passwords).verify(state.password_hash, password):
        detail = "Ce mot de passe n'est pas celui de votre compte. Ressaisissez-le."
        raise invalid("wrong-password", detail, [Fault(pointer, detail)])
    await attempts.give_back(run, attempt)
    return state


async def right_code(run: Runtime, who: Account, typed: str, ctx: Context) -> bool:
    """Whether this is a code of the second factor, of the application or a recovery code; it is spent then."""
    if await second_factor.accept(run, who.id, who.second_factor, typed):
        return True
    code = second_factor.recovery_hash(run, who.id, typed)
    if code not in who.recovery_codes:
        return False
    try:
        await run.handle(account, who.id, use_recovery_code, UseRecoveryCode(code=code), ctx)
    except Refused as refusal:
        if refusal.slug != "wrong-code":
            raise
        return False  # somebody was faster
    return True


async def demand_strength(run: Runtime, password: str, who: Account) -> None:
    """Raises Refused(weak-password)."""
    await demand_strong(run, password, who.email, who.first_name, who.last_name)


async def demand_strong(run: Runtime, password: str, *about: str) -> None:
    """Raises Refused(weak-password). `about`: what an attacker knows of the person."""
    if weakness := await run.port(Strength).weakness(password, about):
        raise invalid("weak-password", weakness, [Fault("/password", weakness)])
