"""A mail: planned once, attempted until it is accepted, refused for good or too late."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from kernel.aggregate import Aggregate, State
from kernel.errors import conflict
from services.notifier.commands import (
    AbandonAttempt,
    GiveUp,
    QueueNotification,
    RecordAcceptance,
    RecordDelay,
    RecordRefusal,
    StartAttempt,
    SuppressNotification,
)
from services.notifier.events import (
    AttemptStarted,
    NotificationDeferred,
    NotificationFact,
    NotificationFailed,
    NotificationQueued,
    NotificationSent,
    NotificationSuppressed,
)

WAITING = frozenset({"queued", "deferred"})
ATTEMPTING = "attempting"


class Mail(State):
    """What decisions about a mail need to know. `status` is empty before it is planned."""

    id: str = ""
    template: str = ""
    about: str = ""
    cause: str = ""
    give_up_at: str = ""
    status: str = ""
    attempt: int = 0


def evolve(state: Mail, fact: NotificationFact) -> Mail:
    """Fold one fact."""
    match fact:
        case NotificationQueued():
            return Mail(
                id=fact.notification,
                template=fact.template,
                about=fact.about,
                cause=fact.cause,
                give_up_at=fact.give_up_at,
                status="queued",
            )
        case AttemptStarted():
            return state.model_copy(update={"status": ATTEMPTING, "attempt": fact.attempt})
        case NotificationDeferred():
            return state.model_copy(update={"status": "deferred"})
        case NotificationSent():
            return state.model_copy(update={"status": "sent"})
        case NotificationFailed():
            return state.model_copy(update={"status": "failed"})
        case NotificationSuppressed():
            return state.model_copy(update={"status": "suppressed"})
        case _:
            assert_never(fact)


def queue(state: Mail, command: QueueNotification) -> Iterable[NotificationQueued]:
    """Plan it, unless it is planned already: the fact that caused it may come by twice."""
    if not state.status:
        yield NotificationQueued(**command.model_dump())


def suppress(state: Mail, command: SuppressNotification) -> Iterable[NotificationSuppressed]:
    """Send nothing, unless it is too late to decide so."""
    if not state.status or state.status in WAITING:
        yield NotificationSuppressed(**command.model_dump())


def start_attempt(state: Mail, command: StartAttempt) -> Iterable[AttemptStarted]:
    """Only a mail that waits can be taken in hand."""
    if state.status not in WAITING:
        raise conflict("not-waiting", "Ce courrier n'attend pas d'être envoyé.")
    yield AttemptStarted(notification=state.id, about=state.about, attempt=state.attempt + 1)


def accept(state: Mail, command: RecordAcceptance) -> Iterable[NotificationSent]:
    """The end that is hoped for. An outcome of an attempt that was abandoned meanwhile says nothing."""
    if _is_current(state, command.attempt):
        yield NotificationSent(notification=state.id, about=state.about, attempt=state.attempt, code=command.code)


def delay(state: Mail, command: RecordDelay) -> Iterable[NotificationDeferred | NotificationFailed]:
    """Try again later, unless later is too late."""
    if _is_current(state, command.attempt):
        yield _later(state, command.code, command.retry_at, in_doubt=command.in_doubt)


def refuse(state: Mail, command: RecordRefusal) -> Iterable[NotificationFailed]:
    """One attempt is enough when the server says no for good (RFC 5321 §4.2.1)."""
    if _is_current(state, command.attempt):
        yield _failed(state, command.code, "refused")


def abandon(state: Mail, command: AbandonAttempt) -> Iterable[NotificationDeferred | NotificationFailed]:
    """A mail in doubt is sent again: a missing decision harms more than a second copy."""
    if state.status == ATTEMPTING:
        yield _later(state, 0, command.retry_at, in_doubt=True)


def give_up(state: Mail, command: GiveUp) -> Iterable[NotificationFailed]:
    """Stop trying."""
    if state.status in WAITING:
        yield _failed(state, 0, "too-late")


def _is_current(state: Mail, attempt: int) -> bool:
    return state.status == ATTEMPTING and state.attempt == attempt


def _later(state: Mail, code: int, retry_at: str, *, in_doubt: bool) -> NotificationDeferred | NotificationFailed:
    if retry_at > state.give_up_at:
        return _failed(state, code, "too-late")
    return NotificationDeferred(
        notification=state.id,
        about=state.about,
        attempt=state.attempt,
        code=code,
        in_doubt=in_doubt,
        retry_at=retry_at,
    )


def _failed(state: Mail, code: int, reason: str) -> NotificationFailed:
    return NotificationFailed(notification=state.id, about=state.about, attempt=state.attempt, code=code, reason=reason)


mail = Aggregate("notifier", "mail", Mail(), evolve)
