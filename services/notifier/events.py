"""The facts of notifier: the ledger of every mail, from planned to its end."""

from __future__ import annotations

from kernel.events import Event, Sealed


class NotifierFact(Event, service="notifier"):
    """A fact of notifier."""


class NotificationQueued(NotifierFact, public=True, route="about", subject="{subject_of}"):
    """A mail is to be sent. Rendered once, byte for byte: every attempt sends the same bytes.

    `about` is the demande or the account; `cause` the id of the fact that led here; `subject_of` whose data it carries.
    """

    notification: str
    template: str
    about: str
    subject_of: str
    cause: str
    message_id: str
    recipient: Sealed[str]
    source: Sealed[str]


class AttemptStarted(NotifierFact, route="about"):
    """A worker hands the mail to the server; the fact is its lease."""

    notification: str
    about: str
    attempt: int


class NotificationSent(NotifierFact, public=True, route="about"):
    """The mail server accepted it."""

    notification: str
    about: str
    attempt: int
    code: int


class NotificationDeferred(NotifierFact, route="about"):
    """The mail server cannot take it now; it will be tried again at `retry_at`."""

    notification: str
    about: str
    attempt: int
    code: int
    retry_at: str


class NotificationFailed(NotifierFact, public=True, route="about"):
    """The mail server refused it for good, or it was tried for too long."""

    notification: str
    about: str
    attempt: int
    code: int


class NotificationSuppressed(NotifierFact, public=True, route="about"):
    """No mail is sent: there is nobody to write to any more. `reason` is a stable code."""

    notification: str
    template: str
    about: str
    cause: str
    reason: str


NotificationFact = (
    NotificationQueued
    | AttemptStarted
    | NotificationSent
    | NotificationDeferred
    | NotificationFailed
    | NotificationSuppressed
)
