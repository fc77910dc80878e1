"""One step of one mail: taken in hand, carried, its outcome recorded.

Invariant: what is carried is what the ledger holds; an attempt is in the ledger before its first byte leaves, and its
outcome follows. Only the ledger decides whether a mail may be sent: the read model merely finds it.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import assert_never

from kernel.clock import parse_rfc3339, rfc3339
from kernel.envelope import Context, Recorded
from kernel.errors import Kind, Refused
from kernel.events import ERASED
from kernel.runtime.runtime import Runtime
from services.notifier import aggregate
from services.notifier.aggregate import ATTEMPTING, WAITING, Mail, mail
from services.notifier.commands import (
    AbandonAttempt,
    GiveUp,
    RecordAcceptance,
    RecordDelay,
    RecordRefusal,
    StartAttempt,
    SuppressNotification,
)
from services.notifier.events import NotificationQueued
from services.notifier.ports import Accepted, Away, Carrier, Delayed, Outcome, Rejected
from services.notifier.reactions.circuit import pause
from services.notifier.reactions.figures import Figures
from services.notifier.settings import NotifierSettings


class Attempts:
    """Moves mails along, one step at a time. Every method raises LookupError on a mail the ledger says is over."""

    def __init__(self, run: Runtime, carrier: Carrier, figures: Figures) -> None:
        assert isinstance(run.settings, NotifierSettings)
        self._run, self._carrier, self._figures = run, carrier, figures
        self._schedule = run.settings.retries

    async def send(self, id: str) -> Outcome | None:
        """Hand a mail over, unless somebody else has it or nobody is left to read it; how that went."""
        state, history = await self._run.load(mail, id)
        queued, fact = history[0], history[0].event
        if state.status == ATTEMPTING:
            await self.abandon(id)
            return None
        if state.status not in WAITING or not isinstance(fact, NotificationQueued):
            raise LookupError("the read model does not follow the ledger")
        if ERASED in (fact.recipient, fact.source):
            await self._suppress(state, queued)
            return None
        if not await self._take(id, queued, history[-1].version):
            return None
        outcome = await self._carrier.carry(fact.recipient, fact.source)
        await self._record(state, queued, fact, outcome)
        return outcome

    async def abandon(self, id: str) -> None:
        """Put a mail that was left in the middle of an attempt back among those that wait."""
        _, history = await self._run.load(mail, id)
        command = AbandonAttempt(retry_at=rfc3339(self._run.clock()))
        await self._run.handle(mail, id, aggregate.abandon, command, self._because_of(history[0], "abandon"))

    async def give_up(self, id: str) -> None:
        """End a mail that was tried for too long."""
        state, history = await self._run.load(mail, id)
        if state.status not in WAITING:
            raise LookupError("the read model does not follow the ledger")
        await self._run.handle(mail, id, aggregate.give_up, GiveUp(), self._because_of(history[0], "give-up"))

    async def _take(self, id: str, queued: Recorded, version: int) -> bool:
        """The lease: whoever appends the attempt at the version he saw has the mail, and nobody else."""
        ctx = replace(self._because_of(queued, "attempt"), expected=version)
        try:
            await self._run.handle(mail, id, aggregate.start_attempt, StartAttempt(), ctx)
        except Refused as refusal:
            if refusal.kind in (Kind.STALE, Kind.CONFLICT):
                return False
            raise
        return True

    async def _record(self, state: Mail, queued: Recorded, fact: NotificationQueued, outcome: Outcome) -> None:
        now, attempt = self._run.clock(), state.attempt + 1
        record = partial(self._run.handle, mail, state.id, ctx=self._because_of(queued, "outcome"))
        match outcome:
            case Accepted():
                await record(aggregate.accept, RecordAcceptance(attempt=attempt, code=outcome.code))
                self._figures.seconds.observe(max(0.0, (now - parse_rfc3339(fact.caused_at)).total_seconds()))
            case Rejected():
                await record(aggregate.refuse, RecordRefusal(attempt=attempt, code=outcome.code))
            case Delayed() | Away():
                retry_at = rfc3339(now + pause(self._schedule, attempt))
                doubt = isinstance(outcome, Away) and outcome.in_doubt
                command = RecordDelay(attempt=attempt, code=outcome.code, in_doubt=doubt, retry_at=retry_at)
                await record(aggregate.delay, command)
            case _:
                assert_never(outcome)
        self._figures.ended.labels(type(outcome).__name__.lower()).inc()

    async def _suppress(self, state: Mail, queued: Recorded) -> None:
        command = SuppressNotification(
            notification=state.id, template=state.template, about=state.about, cause=state.cause, reason="erased"
        )
        await self._run.handle(mail, state.id, aggregate.suppress, command, self._because_of(queued, "suppress"))

    def _because_of(self, queued: Recorded, purpose: str) -> Context:
        """The context of a step of a mail: it belongs to the story that caused the mail."""
        own = self._run.own_initiative(purpose)
        return replace(own, correlation=queued.meta.correlation, causation=str(queued.id))
