"""What happens to a file on its way from a sender to a reader."""

from __future__ import annotations

from kernel.aggregate import Command
from services.files.ports import MediaType, Slug


class ReceiveFile(Command):
    """Bytes arrived. `size` in bytes, `sha256` in hexadecimal."""

    file: str
    demande: str
    sender: str
    name: str
    declared_type: str
    size: int
    sha256: str
    requested_document: str


class AcceptFile(Command):
    """Vetting found what the file is; `pending` while the antivirus gave no verdict."""

    media_type: MediaType
    name: str
    pending: bool


class RejectFile(Command):
    """Vetting refused the file."""

    slug: Slug
    reason: str
    hint: str


class ClaimFile(Command):
    """A message carries the file."""

    message: str


class RecordDownload(Command):
    """Somebody reads the file."""


class ExpireFile(Command):
    """Nobody attached the file in time."""
