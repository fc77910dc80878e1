"""What an agent or an applicant wants of the discussions of a demande."""

from __future__ import annotations

from datetime import date
from typing import Literal

from kernel.aggregate import Command

Side = Literal["applicant", "service"]


class WantedDocument(Command):
    """A document to ask for, as typed. `due` is meant to be an ISO date, or empty."""

    id: str
    label: str
    required: bool
    due: str


class KnownFile(Command):
    """What files says of a file. `sender` is a side; `size` in bytes.

    `requested_document` is what its sender said it answers to, or empty; the message has the last word.
    """

    id: str
    demande: str
    sender: str
    name: str
    media_type: str
    size: int
    status: str
    requested_document: str = ""


class OpenDiscussion(Command):
    """Start a discussion with the applicant. `today` is the date in Paris; `files` is what is known of the attachments.

    `demande_status` is where the demande stands, as its owner says.
    """

    demande: str
    demande_status: str
    service: str
    discussion: str
    message: str
    agent: str
    agent_name: str
    topic: str
    body: str
    documents: tuple[WantedDocument, ...]
    attachments: tuple[str, ...]
    files: tuple[KnownFile, ...]
    today: date


class PostMessage(Command):
    """Say something, or send documents.

    `agent` is empty for an applicant. `received` maps requested documents to files; None leaves it to the files.
    """

    message: str
    author: Side
    agent: str
    author_name: str
    body: str
    attachments: tuple[str, ...]
    files: tuple[KnownFile, ...]
    received: dict[str, str] | None


class MarkRead(Command):
    """A side has read everything up to a message."""

    reader: Side
    up_to: str


class CloseDiscussion(Command):
    """End the discussion under way."""

    agent: str
