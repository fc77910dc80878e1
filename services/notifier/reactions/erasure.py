"""What is erased where it was born is erased here: the key of its mails, and what memory holds of them."""

from __future__ import annotations

import asyncio

from kernel.envelope import Recorded
from kernel.reactor import Reactor
from kernel.runtime.runtime import Runtime
from services.identity.events import AccountForgotten
from services.notifier.aggregate import mail
from services.notifier.projections import outgoing

erasure: Reactor[Runtime] = Reactor("erasure")


@erasure.on(AccountForgotten)
async def _forgotten(run: Runtime, fact: AccountForgotten, recorded: Recorded) -> None:
    await asyncio.to_thread(run.codec.vault.destroy, f"account:{fact.account}")
    for row in await outgoing.about(await run.view(outgoing.projection), fact.account):
        run.store.forget(mail.stream(row["id"]))
