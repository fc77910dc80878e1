"""An account that is forgotten leaves nothing personal behind: its address, its links, the key of its data."""

from __future__ import annotations

import asyncio

from kernel.envelope import Recorded
from kernel.events import ERASED
from kernel.reactor import Reactor
from kernel.runtime.runtime import Runtime
from services.identity.adapters import sessions, tokens
from services.identity.aggregate.account import account
from services.identity.aggregate.reservation import release, reservation
from services.identity.commands import ReleaseEmail
from services.identity.events import AccountCreated, AccountForgotten

erasure: Reactor[Runtime] = Reactor("erasure")


@erasure.on(AccountForgotten)
async def _forgotten(run: Runtime, fact: AccountForgotten, recorded: Recorded) -> None:
    stream = account.stream(fact.account)
    for known in await run.store.read(stream):
        # The key goes last: until then a reaction that was cut short finds the address again.
        if isinstance(known.event, AccountCreated) and known.event.lookup != ERASED:
            command = ReleaseEmail(account=fact.account)
            await run.handle(reservation, known.event.lookup, release, command, run.reaction(recorded, "erasure"))
    await tokens.forget(run, fact.account)
    await sessions.close_all(run, fact.account)
    await asyncio.to_thread(run.codec.vault.destroy, f"account:{fact.account}")
    run.store.forget(stream)
