"""What is wanted of a mail. Times are RFC 3339 texts, which sort as they follow each other."""

from __future__ import annotations

from kernel.aggregate import Command


class QueueNotification(Command):
    """Send a mail, rendered as `source`."""

    notification: str
    template: str
    about: str
    subject_of: str
    cause: str
    caused_at: str
    give_up_at: str
    message_id: str
    recipient: str
    source: str


class SuppressNotification(Command):
    """Send no mail, because of `reason`."""

    notification: str
    template: str
    about: str
    cause: str
    reason: str


class StartAttempt(Command):
    """Take the mail in hand."""


class RecordAcceptance(Command):
    """The server accepted it, with this reply code."""

    attempt: int
    code: int


class RecordDelay(Command):
    """The server did not take it, or nobody knows whether it did (`in_doubt`); try again at `retry_at`."""

    attempt: int
    code: int
    in_doubt: bool
    retry_at: str


class RecordRefusal(Command):
    """The server refused it for good, with this reply code."""

    attempt: int
    code: int


class AbandonAttempt(Command):
    """Whoever had taken the mail in hand is gone, and nobody knows whether the server accepted it."""

    retry_at: str


class GiveUp(Command):
    """It was tried for too long."""
