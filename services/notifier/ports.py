"""What notifier asks of the outside: somebody to write a mail, somebody to carry it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail says, before it is written. `about` is a demande or an account, `subject_of` whose data it carries.

    `values` fill the template; mails of one `thread` are shown together.
    """

    about: str
    subject_of: str
    recipient: str
    values: Mapping[str, object] = field(default_factory=dict)
    thread: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """A mail ready to go: the envelope's recipient is the one in its header, `source` is ASCII with CRLF lines."""

    recipient: str
    message_id: str
    source: str


class BadAddress(ValueError):
    """No mail can be sent to this address."""


class Writer(Protocol):
    """Turns a letter into the bytes of a mail."""

    def write(self, template: str, letter: Letter, *, id: str, at: datetime) -> Written:
        """Render `template`; `id` and `at` end up in Message-ID and Date. Raises BadAddress."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The server took charge of the mail."""

    code: int


@dataclass(frozen=True, slots=True)
class Rejected:
    """The server will never take this mail (5xx)."""

    code: int


@dataclass(frozen=True, slots=True)
class Delayed:
    """The server does not take this mail now (4xx); others may pass."""

    code: int


@dataclass(frozen=True, slots=True)
class Away:
    """The server does not answer, or takes mail from nobody. `in_doubt`: it may have accepted this one before."""

    code: int
    in_doubt: bool = False


Outcome = Accepted | Rejected | Delayed | Away


class ServerAway(Exception):
    """The mail server does not answer, or takes mail from nobody."""


class Carrier(Protocol):
    """Hands mails to the mail server, one at a time."""

    async def reach(self) -> None:
        """Make sure the server answers. Raises ServerAway."""

    async def carry(self, recipient: str, source: str) -> Outcome:
        """Hand over one mail. What goes wrong is an outcome; raises only BadAddress, before a byte leaves."""

    async def close(self) -> None:
        """Take leave of the server."""
