"""What is erased where it was born is erased here: the key of its mails, and what memory holds of them."""

from __future__ import annotations

import asyncio

from kernel.envelope import Recorded
from kernel.reactor import Reactor
from kernel.runtime.runtime import Runtime
from services.identity.events import AccountErased, AccountForgotten
from services.notifier.aggregate import mail
from services.notifier.events import NotificationFailed, NotificationQueued, NotificationSent
from services.notifier.projections import outgoing
from services.notifier.reactions.about_accounts import FAREWELL

erasure: Reactor[Runtime] = Reactor("erasure")


@erasure.on(AccountForgotten, AccountErased)
async def _gone(run: Runtime, fact: AccountForgotten | AccountErased, recorded: Recorded) -> None:
    await asyncio.to_thread(run.codec.vault.destroy, f"account:{fact.account}")
    for row in await outgoing.about(await run.view(outgoing.projection), fact.account):
        run.store.forget(mail.stream(row["id"]))


@erasure.on(NotificationSent, NotificationFailed)
async def _ended(run: Runtime, fact: NotificationSent | NotificationFailed, recorded: Recorded) -> None:
    """The last mail of an erased account has ended: its address is not needed any more."""
    stream = mail.stream(fact.notification)
    for known in await run.store.read(stream, upto=1):
        if isinstance(known.event, NotificationQueued) and known.event.subject_of.startswith(FAREWELL):
            await asyncio.to_thread(run.codec.vault.destroy, known.event.subject_of)
            run.store.forget(stream)
