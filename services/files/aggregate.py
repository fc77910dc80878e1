"""A stored file: received, then vetted or refused, then claimed by a message or expired."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from kernel.aggregate import Aggregate, State
from kernel.errors import conflict, not_found
from services.files.commands import AcceptFile, ClaimFile, ExpireFile, ReceiveFile, RecordDownload, RejectFile
from services.files.events import (
    FileClaimed,
    FileDownloaded,
    FileExpired,
    FileFact,
    FileReceived,
    FileRejected,
    FileVetted,
)


class StoredFile(State):
    """What decisions about a file need to know. `status`: received, pending, clean, rejected or expired."""

    id: str = ""
    demande: str = ""
    sender: str = ""
    size: int = 0
    sha256: str = ""
    requested_document: str = ""
    status: str = ""
    claimed_by: str = ""
    refused_as: str = ""
    hint: str = ""


def evolve(state: StoredFile, fact: FileFact) -> StoredFile:
    """Fold one fact."""
    match fact:
        case FileReceived():
            return StoredFile(
                id=fact.file,
                demande=fact.demande,
                sender=fact.sender,
                size=fact.size,
                sha256=fact.sha256,
                requested_document=fact.requested_document,
                status="received",
            )
        case FileVetted():
            return state.model_copy(update={"status": fact.status})
        case FileRejected():
            return state.model_copy(update={"status": "rejected", "refused_as": fact.slug, "hint": fact.hint})
        case FileClaimed():
            return state.model_copy(update={"claimed_by": fact.message})
        case FileExpired():
            return state.model_copy(update={"status": "expired"})
        case FileDownloaded():
            return state
        case _:
            assert_never(fact)


def receive(state: StoredFile, command: ReceiveFile) -> Iterable[FileReceived]:
    """Bytes are received once."""
    if state.status:
        raise conflict("conflict", "Ce fichier a déjà été reçu.")
    yield FileReceived(**command.model_dump())


def accept(state: StoredFile, command: AcceptFile) -> Iterable[FileVetted]:
    """A verdict is given once; an antivirus that was away may still say « clean » later."""
    wanted = "pending" if command.pending else "clean"
    if state.status == wanted:
        return
    if state.status not in ("received", "pending"):
        raise conflict("conflict", "Ce fichier a déjà été vérifié.")
    yield FileVetted(
        file=state.id,
        demande=state.demande,
        sender=state.sender,
        media_type=command.media_type,
        size=state.size,
        sha256=state.sha256,
        status=wanted,
        requested_document=state.requested_document,
        name=command.name,
    )


def reject(state: StoredFile, command: RejectFile) -> Iterable[FileRejected]:
    """A file that is not clean yet may be refused, even once a message carries it."""
    if state.status == "rejected":
        return
    if state.status not in ("received", "pending"):
        raise conflict("conflict", "Ce fichier a déjà été vérifié.")
    yield FileRejected(
        file=state.id, demande=state.demande, slug=command.slug, reason=command.reason, hint=command.hint
    )


def claim(state: StoredFile, command: ClaimFile) -> Iterable[FileClaimed]:
    """The first message that carries the file keeps it."""
    if not state.claimed_by and state.status in ("clean", "pending"):
        yield FileClaimed(file=state.id, demande=state.demande, message=command.message)


def download(state: StoredFile, command: RecordDownload) -> Iterable[FileDownloaded]:
    """Only a clean file leaves."""
    match state.status:
        case "clean":
            yield FileDownloaded(file=state.id, demande=state.demande)
        case "pending":
            raise conflict(
                "file-pending", "Ce document est en cours d'analyse par l'antivirus : réessayez dans quelques minutes."
            )
        case _:
            raise not_found()


def expire(state: StoredFile, command: ExpireFile) -> Iterable[FileExpired]:
    """What no message carries does not stay."""
    if not state.claimed_by and state.status in ("received", "clean", "pending"):
        yield FileExpired(file=state.id, demande=state.demande)


stored_file = Aggregate("files", "file", StoredFile(), evolve)
