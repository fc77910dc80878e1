"""A reply on its way: its text, the documents that have arrived already, and what is wrong with the others."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from starlette.datastructures import UploadFile

from gateway.pages.forms import Form, Mistake, mistakes_of, whole
from gateway.pages.house import House
from gateway.pages.wording import NBSP
from gateway.refusals import Refusal
from gateway.uploads import MOST_FILES, Upload, content_of, too_heavy
from gateway.upstream import Answer
from gateway.visits import Visit

BODY_FIELD: Final = "message"
OTHERS: Final = "autres"  # the field of documents that nobody asked for
PIECE: Final = "piece-"  # and the id of the document that was asked for
JOINED: Final = "joint"

TOO_LARGE: Final = (
    "Ce document dépasse 5 Mo. Numérisez-le en noir et blanc, ou avec une résolution de 150 à 200 points par pouce, "
    "puis choisissez-le de nouveau."
)
AWAY: Final = (
    "Ce document n'a pas pu être contrôlé : le service est momentanément indisponible. Choisissez-le de nouveau."
)
TOO_MANY: Final = f"Un message porte {MOST_FILES} documents au plus. Envoyez les autres dans un deuxième message."
_ID: Final = re.compile(r"[0-9a-z]{1,40}")


@dataclass(frozen=True, slots=True)
class Joined:
    """A document that has arrived and waits for its message. `piece`: the one asked for that it is, or empty."""

    id: str
    piece: str
    name: str
    size: int
    pending: bool

    def __str__(self) -> str:
        """As the form carries it from one attempt to the next."""
        return f"{self.id};{self.piece};{self.size};{'pending' if self.pending else 'clean'};{self.name}"


@dataclass(slots=True)
class Reply:
    """What is kept while something has to be corrected."""

    body: str
    joined: list[Joined]
    mistakes: list[Mistake]

    def message(self) -> dict[str, Any]:
        """For the API."""
        pieces = {file.piece: file.id for file in self.joined if file.piece}
        ids = [file.id for file in self.joined]
        return {"body": self.body, "attachments": ids, "requested_documents": pieces}


def kept(form: Form) -> list[Joined]:
    """The documents of an earlier attempt that are still ticked. Only ids count: the rest is shown again."""
    return [joined for text in form.all(JOINED) if (joined := _read(text)) is not None]


async def send_files(house: House, visit: Visit, path: str, upload: Upload, reply: Reply) -> None:
    """Send the chosen documents one after another; each one's refusal is said at its own field."""
    for field, file in _chosen(upload):
        if len(reply.joined) >= MOST_FILES:
            reply.mistakes.append(Mistake(field, TOO_MANY))
            return
        piece = field.removeprefix(PIECE) if field.startswith(PIECE) else ""
        said = await _send(house, visit, path, upload.form, file, piece)
        if isinstance(said, Joined):
            # A document sent anew for the same request takes the place of the first.
            reply.joined[:] = [one for one in reply.joined if not piece or one.piece != piece]
            reply.joined.append(said)
        else:
            reply.mistakes.append(Mistake(field, about(file.filename or "", said)))


def about(name: str, detail: str) -> str:
    """A sentence about one document among several."""
    return f"«{NBSP}{name[:100]}{NBSP}»{NBSP}: {detail}"


def mistakes_about(answer: Answer, reply: Reply) -> list[Mistake]:
    """What the API found wrong with the message; documents that cannot be joined leave the reply."""
    found = []
    for fault in answer.json().get("errors") or ():
        pointer, detail = fault["pointer"], fault["detail"]
        if place := re.fullmatch(r"/attachments/(\d{1,2})", pointer):
            number = int(place[1])
            name = reply.joined[number].name if number < len(reply.joined) else ""
            found.append((number, Mistake(OTHERS, about(name, detail))))
        elif pointer == "/body":
            found.append((-1, Mistake(BODY_FIELD, detail)))
        else:
            found.append((-1, Mistake("", detail)))
    lost = {number for number, _ in found}
    reply.joined[:] = [file for number, file in enumerate(reply.joined) if number not in lost]
    return [mistake for _, mistake in found] or mistakes_of(answer)


async def _send(house: House, visit: Visit, path: str, form: Form, file: UploadFile, piece: str) -> Joined | str:
    """What was taken in, or why it was not."""
    if too_heavy(file):
        return TOO_LARGE
    content = await content_of(file, **({"requested_document": piece} if piece else {}))
    try:
        # By content: whoever goes back and chooses another file sends that one, not the first one again.
        step = f"{piece or OTHERS}:{sha256(content.data).hexdigest()[:16]}"
        answer = await house.send(visit, form, "POST", f"{path}/files", content, step=step)
    except Refusal as refusal:
        if refusal.status == 503:
            return AWAY
        raise
    if answer.status >= 500:
        return AWAY
    said = answer.json()
    if answer.status != 201:
        return str(said["detail"])
    return Joined(said["id"], piece, said["name"], said["size"], said["status"] == "pending")


def _chosen(upload: Upload) -> Iterable[tuple[str, UploadFile]]:
    """The fields that are ours, in the order of the page."""
    for field, files in upload.files.items():
        piece = field.startswith(PIECE) and _ID.fullmatch(field.removeprefix(PIECE))
        if piece:
            yield field, files[0]
        elif field == OTHERS:
            yield from ((field, file) for file in files)


def _read(text: str) -> Joined | None:
    parts = text.split(";", 4)
    if len(parts) != 5 or not _ID.fullmatch(parts[0]) or (parts[1] and not _ID.fullmatch(parts[1])):
        return None
    id, piece, size, state, name = parts
    return Joined(id, piece, name[:300], whole(size, 11) or 0, state == "pending")
