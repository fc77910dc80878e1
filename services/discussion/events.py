"""The facts of discussion. All are public: other services count what is unread and mail what is said."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from kernel.events import Event, Sealed


class RequestedDocument(BaseModel):
    """A document the service asks for. `due` is an ISO date, or empty."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    label: str
    required: bool
    due: str = ""


class DiscussionFact(Event, service="discussion"):
    """A fact of discussion."""


class DiscussionOpened(DiscussionFact, public=True, route="demande", subject="demande:{demande}"):
    """The service opened a discussion; its opening message follows as `MessagePosted`."""

    discussion: str
    demande: str
    service: str
    agent: str
    topic: Sealed[str]


class DocumentsRequested(DiscussionFact, public=True, route="demande", subject="demande:{demande}"):
    """The service asks for documents."""

    discussion: str
    demande: str
    documents: Sealed[tuple[RequestedDocument, ...]]


class MessagePosted(DiscussionFact, public=True, route="demande", subject="demande:{demande}"):
    """Somebody wrote. `author` is `applicant` or `service`; `received` maps requested documents to files.

    `unread` is how many messages the other side now has to read.
    """

    discussion: str
    demande: str
    message: str
    author: str
    agent: str
    opening: bool
    attachments: tuple[str, ...]
    received: dict[str, str]
    unread: int
    author_name: Sealed[str]
    body: Sealed[str]


class MessageRead(DiscussionFact, public=True, route="demande", subject="demande:{demande}"):
    """A side read up to a message; `remaining` is what it has left to read."""

    discussion: str
    demande: str
    reader: str
    up_to: str
    remaining: int


class DiscussionClosed(DiscussionFact, public=True, route="demande", subject="demande:{demande}"):
    """The service closed the discussion."""

    discussion: str
    demande: str
    agent: str


DiscussionEvent = DiscussionOpened | DocumentsRequested | MessagePosted | MessageRead | DiscussionClosed
