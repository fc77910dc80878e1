"""What the facts of identity have to be told, and to whom.

These mails go to an address nobody has proven yet: they carry nothing that whoever signed up could have typed.
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
from services.identity.events import ActivationRequested, SignUpAttempted
from services.notifier.ports import Letter
from services.notifier.projections import contacts


@dataclass(frozen=True, slots=True)
class Expired:
    """The link of this mail about an account would be dead on arrival."""

    about: str


async def activation(run: Runtime, fact: ActivationRequested, recorded: Recorded) -> Letter | Expired:
    """The link that proves an address."""
    expires_at = parse_rfc3339(fact.expires_at)
    if expires_at <= run.clock():
        return Expired(fact.account)
    owner = await _owner(run, fact.account, recorded)
    if fact.token == ERASED:
        return _to(fact.account, {**owner, "email": ERASED})
    return _to(fact.account, owner, token=fact.token, expires_at=expires_at, invited=fact.invited)


async def sign_up_attempt(run: Runtime, fact: SignUpAttempted, recorded: Recorded) -> Letter:
    """A warning to the owner of an account."""
    return _to(fact.account, await _owner(run, fact.account, recorded))


async def _owner(run: Runtime, account: str, recorded: Recorded) -> Row:
    db = await run.view(contacts.projection, {recorded.source: Mark(recorded.position, recorded.position)})
    row = await contacts.of_account(db, account)
    if row is None:
        raise NotYet(f"account {account}")
    return row


def _to(account: str, owner: Row, **values: object) -> Letter:
    return Letter(about=account, subject_of=f"account:{account}", recipient=owner["email"], values=values)
