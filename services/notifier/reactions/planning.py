"""A fact arrives: its mail is written and put in the ledger, once."""

from __future__ import annotations

from uuid import UUID, uuid5

from kernel.clock import rfc3339
from kernel.envelope import Recorded
from kernel.events import ERASED, Event
from kernel.ids import short_id
from kernel.reactor import Reactor
from kernel.runtime.runtime import Runtime
from services.notifier.aggregate import mail, queue, suppress
from services.notifier.commands import QueueNotification, SuppressNotification
from services.notifier.ports import BadAddress, Letter, Writer
from services.notifier.reactions.about_accounts import Expired
from services.notifier.reactions.table import MAILS, Mail, mails_of
from services.notifier.settings import NotifierSettings

REACTOR = "mail"

reactor: Reactor[Runtime] = Reactor(REACTOR)


def notification_id(cause: UUID, template: str, to: str) -> str:
    """The id of the mail that `cause` leads to: the same fact, met again, finds the same mail."""
    return short_id(uuid5(cause, f"{template}/{to}"))


async def plan(run: Runtime, entry: Mail, fact: Event, recorded: Recorded) -> None:
    """Record the mail a fact leads to, or why there is none. Raises NotYet while what it must say has not arrived."""
    letter = await entry.letter(run, fact, recorded)
    if letter is None:
        return
    id = notification_id(recorded.id, entry.template, entry.to)
    if isinstance(letter, Expired):
        await _suppress(run, entry, letter.about, id, recorded, "expired")
    elif letter.recipient == ERASED:
        await _suppress(run, entry, letter.about, id, recorded, "erased")
    else:
        await _queue(run, entry, letter, id, recorded)


async def _queue(run: Runtime, entry: Mail, letter: Letter, id: str, recorded: Recorded) -> None:
    settings = run.settings
    assert isinstance(settings, NotifierSettings)
    now = run.clock()
    try:
        written = run.port(Writer).write(entry.template, letter, id=id, at=now)
    except BadAddress:
        await _suppress(run, entry, letter.about, id, recorded, "bad-address")
        return
    command = QueueNotification(
        notification=id,
        template=entry.template,
        about=letter.about,
        subject_of=letter.subject_of,
        cause=str(recorded.id),
        caused_at=rfc3339(recorded.at),
        give_up_at=rfc3339(now + settings.give_up),
        message_id=written.message_id,
        recipient=written.recipient,
        source=written.source,
    )
    await run.handle(mail, id, queue, command, run.reaction(recorded, REACTOR))


async def _suppress(run: Runtime, entry: Mail, about: str, id: str, recorded: Recorded, reason: str) -> None:
    command = SuppressNotification(
        notification=id, template=entry.template, about=about, cause=str(recorded.id), reason=reason
    )
    await run.handle(mail, id, suppress, command, run.reaction(recorded, REACTOR))


def _react_to(kind: type[Event], entries: tuple[Mail, ...]) -> None:
    @reactor.on(kind)
    async def _(run: Runtime, fact: Event, recorded: Recorded) -> None:
        for entry in entries:
            await plan(run, entry, fact, recorded)


for _kind in MAILS:
    if _entries := mails_of(_kind):
        _react_to(_kind, _entries)
