"""What the facts of identity have to be told, and to whom.

Some of these mails go to an address nobody has proven yet: none carries anything that somebody could have typed.
"""

from __future__ import annotations

from dataclasses import dataclass

from kernel.clock import parse_rfc3339
from kernel.db import Row
from kernel.envelope import Recorded
from kernel.errors import NotYet
from kernel.events import ERASED
from kernel.position import Mark
from kernel.runtime.runtime import Runtime
from services.identity.events import (
    AccountErased,
    ActivationRequested,
    AddressClaimed,
    EmailChanged,
    EmailChangeRequested,
    IdentityLinked,
    IdentityUnlinked,
    PasswordChanged,
    PasswordResetRequested,
    RecoveryCodeUsed,
    SecondFactorDisabled,
    SecondFactorEnabled,
    SignUpAttempted,
)
from services.notifier.ports import Letter
from services.notifier.projections import contacts

PROVIDERS = {"franceconnect": "FranceConnect", "proconnect": "ProConnect"}
FAREWELL = "farewell:"
"""Whose data the last mail of an erased account is: it has a key of its own, destroyed once that mail has ended."""


@dataclass(frozen=True, slots=True)
class Expired:
    """The link of this mail about an account would be dead on arrival."""

    about: str


async def activation(run: Runtime, fact: ActivationRequested, recorded: Recorded) -> Letter | Expired:
    """The link that proves an address."""
    owner = await _owner(run, fact.account, recorded)
    return _link(run, fact, owner["email"], invited=fact.invited)


async def sign_up_attempt(run: Runtime, fact: SignUpAttempted, recorded: Recorded) -> Letter:
    """A warning to the owner of an account."""
    return _to(fact.account, await _owner(run, fact.account, recorded))


async def password_reset(run: Runtime, fact: PasswordResetRequested, recorded: Recorded) -> Letter | Expired:
    """The link by which another password is chosen."""
    return _link(run, fact, (await _owner(run, fact.account, recorded))["email"])


async def password_changed(run: Runtime, fact: PasswordChanged, recorded: Recorded) -> Letter | None:
    """Whoever changed it, the owner learns of it; choosing the first one is no change."""
    if fact.how == "chosen":
        return None
    return _to(fact.account, await _owner(run, fact.account, recorded), how=fact.how, at=recorded.at)


async def address_proof(run: Runtime, fact: EmailChangeRequested, recorded: Recorded) -> Letter | Expired | None:
    """The link that proves a new address. Without one it is somebody else's, who is told by a mail of his own."""
    return _link(run, fact, fact.email) if fact.token else None


async def address_warning(run: Runtime, fact: EmailChangeRequested, recorded: Recorded) -> Letter | None:
    """A warning to the address that is to be left, if there is one."""
    if not fact.present:
        return None
    return _to(fact.account, {"email": fact.present}, at=recorded.at)


async def address_claimed(run: Runtime, fact: AddressClaimed, recorded: Recorded) -> Letter:
    """A warning to the owner of an address that somebody else wanted."""
    return _to(fact.account, await _owner(run, fact.account, recorded))


async def address_changed(run: Runtime, fact: EmailChanged, recorded: Recorded) -> Letter:
    """A word to the address that was left."""
    return _to(fact.account, {"email": fact.previous}, at=recorded.at)


async def second_factor(
    run: Runtime, fact: SecondFactorEnabled | SecondFactorDisabled | RecoveryCodeUsed, recorded: Recorded
) -> Letter:
    """What happened to the second factor of an account."""
    left = {"left": fact.left} if isinstance(fact, RecoveryCodeUsed) else {}
    return _to(fact.account, await _owner(run, fact.account, recorded), at=recorded.at, **left)


async def identity(run: Runtime, fact: IdentityLinked | IdentityUnlinked, recorded: Recorded) -> Letter | None:
    """An identity is a way into an account: its owner hears of every one but the one he came with."""
    if isinstance(fact, IdentityLinked) and fact.how == "opened":
        return None
    owner = await _owner(run, fact.account, recorded)
    return _to(fact.account, owner, at=recorded.at, provider=PROVIDERS[fact.provider])


async def erased(run: Runtime, fact: AccountErased, recorded: Recorded) -> Letter:
    """The last mail of an account, to the address that only this fact still holds."""
    return Letter(
        about=fact.account,
        subject_of=f"{FAREWELL}{fact.account}",
        recipient=fact.email,
        values={"at": recorded.at},
    )


async def _owner(run: Runtime, account: str, recorded: Recorded) -> Row:
    db = await run.view(contacts.projection, {recorded.source: Mark(recorded.position, recorded.position)})
    row = await contacts.of_account(db, account)
    if row is None:
        raise NotYet(f"account {account}")
    return row


def _link(
    run: Runtime,
    fact: ActivationRequested | PasswordResetRequested | EmailChangeRequested,
    recipient: str,
    **values: object,
) -> Letter | Expired:
    expires_at = parse_rfc3339(fact.expires_at)
    if expires_at <= run.clock():
        return Expired(fact.account)
    to = {"email": ERASED if fact.token == ERASED else recipient}
    return _to(fact.account, to, token=fact.token, expires_at=expires_at, **values)


def _to(account: str, owner: Row, **values: object) -> Letter:
    return Letter(about=account, subject_of=f"account:{account}", recipient=owner["email"], values=values)
