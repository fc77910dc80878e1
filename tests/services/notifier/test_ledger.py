"""What may happen to a mail, told as given facts, when, then facts."""

from __future__ import annotations

from services.notifier.aggregate import abandon, accept, delay, give_up, mail, queue, refuse, start_attempt, suppress
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
    NotificationFailed,
    NotificationQueued,
    NotificationSent,
    NotificationSuppressed,
)
from tests.support.given import given

ID, ABOUT = "mail000000000001", "dem0000000000001"
SOON, LIMIT, LATER = "2026-11-24T09:00:10Z", "2026-11-27T09:00:00Z", "2026-11-27T09:00:01Z"

PLANNED = {
    "notification": ID,
    "template": "receipt",
    "about": ABOUT,
    "subject_of": f"demande:{ABOUT}",
    "cause": "c1",
    "caused_at": "2026-11-24T08:59:59Z",
    "give_up_at": LIMIT,
    "message_id": f"<{ID}@example.org>",
    "recipient": "ada@example.org",
    "source": "Subject: Bonjour\r\n\r\nBonjour\r\n",
}
QUEUED = NotificationQueued(**PLANNED)
NOBODY = {"notification": ID, "template": "receipt", "about": ABOUT, "cause": "c1", "reason": "erased"}


def started(attempt: int) -> AttemptStarted:
    return AttemptStarted(notification=ID, about=ABOUT, attempt=attempt)


def sent(attempt: int) -> NotificationSent:
    return NotificationSent(notification=ID, about=ABOUT, attempt=attempt, code=250)


def deferred(attempt: int, code: int, *, in_doubt: bool = False, retry_at: str = SOON) -> NotificationDeferred:
    return NotificationDeferred(
        notification=ID, about=ABOUT, attempt=attempt, code=code, in_doubt=in_doubt, retry_at=retry_at
    )


def failed(attempt: int, code: int, reason: str) -> NotificationFailed:
    return NotificationFailed(notification=ID, about=ABOUT, attempt=attempt, code=code, reason=reason)


def test_a_mail_is_planned_once_however_often_its_cause_comes_by() -> None:
    given(mail).when(queue, QueueNotification(**PLANNED)).then(QUEUED)
    given(mail, QUEUED).when(queue, QueueNotification(**PLANNED)).nothing()
    given(mail, NotificationSuppressed(**NOBODY)).when(queue, QueueNotification(**PLANNED)).nothing()


def test_an_attempt_is_recorded_before_and_after() -> None:
    given(mail, QUEUED).when(start_attempt, StartAttempt()).then(started(1))
    given(mail, QUEUED, started(1)).when(accept, RecordAcceptance(attempt=1, code=250)).then(sent(1))


def test_only_a_mail_that_waits_is_taken_in_hand() -> None:
    for history in ((), (QUEUED, started(1)), (QUEUED, started(1), sent(1)), (NotificationSuppressed(**NOBODY),)):
        given(mail, *history).when(start_attempt, StartAttempt()).refused("not-waiting")


def test_a_mail_put_off_is_attempted_again() -> None:
    command = RecordDelay(attempt=1, code=451, in_doubt=False, retry_at=SOON)
    given(mail, QUEUED, started(1)).when(delay, command).then(deferred(1, 451))
    given(mail, QUEUED, started(1), deferred(1, 451)).when(start_attempt, StartAttempt()).then(started(2))


def test_a_mail_refused_for_good_is_not_attempted_again() -> None:
    history = (QUEUED, started(1))
    given(mail, *history).when(refuse, RecordRefusal(attempt=1, code=550)).then(failed(1, 550, "refused"))
    given(mail, *history, failed(1, 550, "refused")).when(start_attempt, StartAttempt()).refused("not-waiting")


def test_a_mail_is_not_put_off_beyond_its_limit() -> None:
    command = RecordDelay(attempt=1, code=451, in_doubt=False, retry_at=LATER)
    given(mail, QUEUED, started(1)).when(delay, command).then(failed(1, 451, "too-late"))
    given(mail, QUEUED).when(give_up, GiveUp()).then(failed(0, 0, "too-late"))
    given(mail, QUEUED, started(1)).when(give_up, GiveUp()).nothing()


def test_an_attempt_left_behind_puts_the_mail_in_doubt_and_it_is_sent_again() -> None:
    left = (QUEUED, started(1))
    given(mail, *left).when(abandon, AbandonAttempt(retry_at=SOON)).then(deferred(1, 0, in_doubt=True))
    given(mail, *left, deferred(1, 0, in_doubt=True)).when(start_attempt, StartAttempt()).then(started(2))
    given(mail, *left, sent(1)).when(abandon, AbandonAttempt(retry_at=SOON)).nothing()


def test_an_outcome_that_comes_too_late_says_nothing() -> None:
    taken_over = (QUEUED, started(1), deferred(1, 0, in_doubt=True), started(2))
    given(mail, *taken_over).when(accept, RecordAcceptance(attempt=1, code=250)).nothing()
    given(mail, *taken_over).when(refuse, RecordRefusal(attempt=1, code=550)).nothing()
    late = RecordDelay(attempt=1, code=0, in_doubt=True, retry_at=SOON)
    given(mail, *taken_over, sent(2)).when(delay, late).nothing()


def test_nobody_is_written_to_once_his_data_is_erased() -> None:
    command, nobody = SuppressNotification(**NOBODY), NotificationSuppressed(**NOBODY)
    given(mail).when(suppress, command).then(nobody)
    given(mail, QUEUED).when(suppress, command).then(nobody)
    given(mail, QUEUED, started(1), sent(1)).when(suppress, command).nothing()
    given(mail, nobody).when(suppress, command).nothing()
