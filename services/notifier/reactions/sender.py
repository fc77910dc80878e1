"""The worker that finds the mails that are due and hands them to the mail server, one after the other.

It wakes on new commits and when something is due, and never asks in between. Several processes share the mails: each
takes those that no other has claimed.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from kernel.clock import parse_rfc3339, rfc3339
from kernel.db import Db
from kernel.position import Mark
from kernel.runtime.runtime import Runtime
from services.notifier.aggregate import ATTEMPTING, WAITING
from services.notifier.ports import Accepted, Away, Carrier, Delayed, Outcome, Rejected, ServerAway
from services.notifier.projections import outgoing
from services.notifier.reactions.attempts import Attempts
from services.notifier.reactions.circuit import Circuit
from services.notifier.reactions.figures import Figures
from services.notifier.settings import NotifierSettings

T = TypeVar("T")
BATCH = 100
GRACE = 2.0
"""Seconds a mail under way has to come to its end when the process stops."""
FOREVER = 3600.0
ELSEWHERE = 1.0
"""Seconds after which to look again at what another process had in hand."""
log = logging.getLogger(__name__)


async def send_mails(run: Runtime) -> None:
    """Send what is due, then wait for the next commit or the next retry; for ever."""
    carrier = run.port(Carrier)
    with Figures().published(run.metrics.registry) as figures:
        sender = Sender(run, carrier, figures)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(sender.run())
                tasks.create_task(sender.count())
        finally:
            await carrier.close()


class Sender:
    """Sends the mails of one ledger."""

    def __init__(self, run: Runtime, carrier: Carrier, figures: Figures) -> None:
        assert isinstance(run.settings, NotifierSettings)
        self._run, self._carrier, self._figures = run, carrier, figures
        self._attempts = Attempts(run, carrier, figures)
        self._circuit = Circuit(run.settings.retries)
        self._claims = run.claims("mail")
        self._aside: set[str] = set()
        self._elsewhere: set[str] = set()

    async def run(self) -> None:
        """Send for ever."""
        # What is under way when this process starts, and no other has claimed, was left by one that died.
        for id in await outgoing.under_way(await self._current()):
            await self._claimed(id, self._attempts.abandon)
        while True:
            seen = self._run.store.head
            self._elsewhere.clear()
            await self._round()
            self._figures.away.set(self._circuit.until is not None)
            if self._circuit.until is None:
                await self._run.store.changed(seen, await self._until_due())
            else:
                # New mails wait like the others.
                await asyncio.sleep(max(0.0, (self._circuit.until - self._run.clock()).total_seconds()))

    async def count(self) -> None:
        """Keep the figures of what waits, once a second at most."""
        while True:
            seen = self._run.store.head
            counts = await outgoing.waiting(await self._current())
            for status in (*sorted(WAITING), ATTEMPTING):
                self._figures.waiting.labels(status).set(counts.get(status, 0))
            await asyncio.sleep(1)
            await self._run.store.changed(seen, FOREVER)

    async def _round(self) -> None:
        while overdue := await outgoing.overdue(await self._current(), self._now(), BATCH, self._left()):
            for id in overdue:
                await self._claimed(id, self._attempts.give_up)
        while await self._reachable():
            due = await outgoing.due(await self._current(), self._now(), BATCH, self._left())
            for id in due:
                self._learn(await _to_its_end(self._claimed(id, self._attempts.send)))
                if self._circuit.until is not None:
                    break
            if not due:
                return

    async def _claimed(self, id: str, step: Callable[[str], Coroutine[Any, Any, T]]) -> T | None:
        """Take a step with a mail that no other process has in hand."""
        if not await self._claims.take(id, outgoing.LEASE.total_seconds()):
            self._elsewhere.add(id)
            return None
        try:
            return await self._careful(id, step(id))
        finally:
            await self._claims.give_back(id)

    async def _careful(self, id: str, step: Coroutine[Any, Any, T]) -> T | None:
        """One mail whose history cannot be read must not hold up the others."""
        try:
            return await step
        except (LookupError, ValueError) as failure:
            if isinstance(failure, LookupError) and self._run.databases.shared:
                # Another process was faster, and the read model shows it in a moment.
                self._elsewhere.add(id)
                return None
            log.error("mail %s is set aside: %s", id, type(failure).__name__)
            self._aside.add(id)
            return None

    def _left(self) -> set[str]:
        return self._aside | self._elsewhere

    def _learn(self, outcome: Outcome | None) -> None:
        match outcome:
            case Accepted() | Rejected():
                self._circuit.passed()
            case Delayed():
                self._circuit.delayed(self._run.clock())
            case Away():
                self._circuit.failed(self._run.clock())
            case None:
                pass

    async def _reachable(self) -> bool:
        """Whether mails may try; once the pause is over, the server is asked first."""
        if self._circuit.until is None:
            return True
        if self._circuit.until > self._run.clock():
            return False
        try:
            await self._carrier.reach()
        except ServerAway as away:
            self._circuit.failed(self._run.clock())
            log.warning("the mail server is still away: %s", away)
            return False
        self._circuit.answered()
        return True

    async def _until_due(self) -> float:
        """Seconds until the next mail is due."""
        due = await outgoing.next_due(await self._current(), self._left())
        longest = ELSEWHERE if self._elsewhere else FOREVER
        if due is None:
            return longest
        return min(longest, max(0.0, (parse_rfc3339(due) - self._run.clock()).total_seconds()))

    async def _current(self) -> Db:
        """The read model, once it shows what this worker did."""
        store = self._run.store
        return await self._run.view(outgoing.projection, {self._run.name: Mark(store.head, store.public_head)})

    def _now(self) -> str:
        return rfc3339(self._run.clock())


async def _to_its_end(work: Coroutine[Any, Any, T]) -> T:
    """Await `work`; when the process stops meanwhile, let it finish, so that no mail is left in doubt for nothing."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task}, timeout=GRACE)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        raise
