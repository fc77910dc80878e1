"""The facts of notifier: the ledger of every mail, from planned to its end."""

from __future__ import annotations

from kernel.events import Event, Sealed


class NotifierFact(Event, service="notifier"):
    """A fact of notifier."""


class NotificationQueued(NotifierFact, public=True, route="about", subject="{subject_of}"):
    """A mail is to be sent. Rendered once, byte for byte: every attempt sends the same bytes.

    `about` is the demande or the account; `cause` the id of the fact that led here, recorded at `caused_at`;
    `subject_of` whose data it carries. After `give_up_at` it is not tried again. `source` is the mail itself, ASCII.
    """

    notification: str
    template: str
    about: str
    subject_of: str
    cause: str
    caused_at: str
    give_up_at: str
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
    """The mail server did not take it; it will be tried again at `retry_at`.

    `code` is the server's reply, 0 when there was none. `in_doubt`: the server may have accepted it all the same, so
    the next attempt may bring a second, identical copy.
    """

    notification: str
    about: str
    attempt: int
    code: int
    in_doubt: bool
    retry_at: str


class NotificationFailed(NotifierFact, public=True, route="about"):
    """It will not be sent. `reason`: `refused` by the mail server for good, or `too-late` after trying for too long."""

    notification: str
    about: str
    attempt: int
    code: int
    reason: str


class NotificationSuppressed(NotifierFact, public=True, route="about"):
    """No mail is sent. `reason`: `erased` (the person's data), `expired` (its link), `bad-address`."""

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
