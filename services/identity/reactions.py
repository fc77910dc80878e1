"""An account that is forgotten or erased leaves nothing personal behind; an address that was left is free again."""

from __future__ import annotations

from kernel.envelope import Recorded
from kernel.events import ERASED
from kernel.reactor import Reactor
from kernel.runtime.runtime import Runtime
from services.identity.adapters.addresses import lookup_of
from services.identity.aggregate.reservation import release, reservation
from services.identity.commands import ReleaseEmail
from services.identity.erasure import erase_traces
from services.identity.events import AccountErased, AccountForgotten, EmailChanged

erasure: Reactor[Runtime] = Reactor("erasure")
addresses: Reactor[Runtime] = Reactor("addresses")


@erasure.on(AccountForgotten, AccountErased)
async def _gone(run: Runtime, fact: AccountForgotten | AccountErased, recorded: Recorded) -> None:
    await erase_traces(run, fact.account, run.reaction(recorded, "erasure"))


@addresses.on(EmailChanged)
async def _moved(run: Runtime, fact: EmailChanged, recorded: Recorded) -> None:
    if fact.previous != ERASED and lookup_of(run, fact.previous) != fact.lookup:
        command, ctx = ReleaseEmail(account=fact.account), run.reaction(recorded, "addresses")
        await run.handle(reservation, lookup_of(run, fact.previous), release, command, ctx)
