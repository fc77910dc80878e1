"""The facts of files. Bytes are in S3; facts say what they are, who sent them, whether they may be read."""

from __future__ import annotations

from kernel.events import Event, Sealed


class FilesFact(Event, service="files"):
    """A fact of files."""


class FileReceived(FilesFact, route="demande", subject="demande:{demande}"):
    """Bytes arrived and wait in quarantine. `sender` is `applicant` or `service`; `size` in bytes."""

    file: str
    demande: str
    sender: str
    declared_type: str
    size: int
    sha256: str
    requested_document: str
    name: Sealed[str]


class FileVetted(FilesFact, public=True, route="demande", subject="demande:{demande}"):
    """The file is what it says. `status` is `clean`, or `pending` while no antivirus verdict can be had.

    `requested_document` is what the sender said it answers to; the message that carries it has the last word.
    """

    file: str
    demande: str
    sender: str
    media_type: str
    size: int
    sha256: str
    status: str
    requested_document: str
    name: Sealed[str]


class FileRejected(FilesFact, public=True, route="demande"):
    """The file was refused and its bytes are gone.

    `slug` is the problem's, `reason` a stable code, `hint` what the sender was told.
    """

    file: str
    demande: str
    slug: str
    reason: str
    hint: str


class FileClaimed(FilesFact, route="demande"):
    """A message carries the file: it will be kept."""

    file: str
    demande: str
    message: str


class FileDownloaded(FilesFact, route="demande"):
    """Somebody read the file; the fact's actor says who."""

    file: str
    demande: str


class FileExpired(FilesFact, public=True, route="demande"):
    """Nobody attached the file in time: its bytes are gone."""

    file: str
    demande: str


FileFact = FileReceived | FileVetted | FileRejected | FileClaimed | FileDownloaded | FileExpired
