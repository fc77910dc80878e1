"""Forms that carry files: read from the wire to disk, told apart, sent on to the public API one at a time.

A file never stands in memory but the one that is being sent.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from python_multipart.multipart import parse_options_header
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from gateway.errands import Content
from gateway.pages.forms import Form
from gateway.refusals import Refusal
from gateway.routes import UPLOAD
from gateway.visits import Visit

MULTIPART: Final = "multipart/form-data"
MAX_FILE: Final = 5_242_880  # bytes, said as « 5 Mo »
MOST_FILES: Final = 10  # that one message may carry
BODY: Final = MOST_FILES * UPLOAD  # bytes: a message with all the files it may carry
PATIENCE: Final = 600.0  # seconds: all of them over a slow line
MOST_FIELDS: Final = 200
_LONGEST_FIELD: Final = 65_536  # bytes: the longest message the API takes, four bytes a character, and more


@dataclass(frozen=True, slots=True)
class Upload:
    """A posted form and its files, by field; a field where nothing was chosen has none."""

    form: Form
    files: Mapping[str, list[UploadFile]]


@asynccontextmanager
async def received(visit: Visit) -> AsyncIterator[Upload]:
    """The form of a POST; its files are on disk for the length of the block.

    Raises Refusal: 415 for another type of body, 422 for one that is unreadable, 413, 408 when it takes too long.
    """
    given = visit.head.get(b"content-type") or ""
    if given.partition(";")[0].strip().lower() != MULTIPART:
        raise Refusal(415, "unsupported-type", "Envoyez ce formulaire depuis sa page.")
    _, options = parse_options_header(given)
    # The boundary alone: a charset of the client's is no business of ours (RFC 7578 §5.1.2 fixes it to UTF-8).
    boundary = options.get(b"boundary", b"").decode("latin-1")
    parser = MultiPartParser(
        Headers({"Content-Type": f"{MULTIPART}; boundary={boundary}"}),
        _stream(visit),
        max_files=MOST_FIELDS,
        max_fields=MOST_FIELDS,
        max_part_size=_LONGEST_FIELD,
    )
    try:
        async with asyncio.timeout(PATIENCE):
            data = await parser.parse()
    except TimeoutError:
        detail = "L'envoi a pris trop de temps. Envoyez vos documents un par un."
        raise Refusal(408, "request-timeout", detail, title="Envoi trop lent") from None
    except MultiPartException:
        raise Refusal(422, "invalid-request", "Le formulaire est illisible. Rechargez la page.") from None
    try:
        yield _told_apart(data.multi_items())
    finally:
        await data.close()


def too_heavy(file: UploadFile) -> bool:
    """No need to send it: the API takes 5 Mo at most."""
    return (file.size or 0) > MAX_FILE


async def content_of(file: UploadFile, **fields: str) -> Content:
    """The multipart body that hands `file` in, with text fields before it.

    The name goes as browsers send it (WHATWG HTML, multipart/form-data): RFC 7578 §4.2 forbids `filename*`.
    """
    data = await file.read()
    # Derived from the content: the same file sent twice is the same request.
    boundary = hashlib.sha256(data).hexdigest()
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    media_type = (file.content_type or "").partition(";")[0].strip()
    declared = media_type if media_type.isascii() and media_type.isprintable() else "application/octet-stream"
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{_quotable(file.filename or "")}"\r\n'
        f"Content-Type: {declared or 'application/octet-stream'}\r\n\r\n"
    )
    body = b"".join([*parts, head.encode(), data, f"\r\n--{boundary}--\r\n".encode()])
    return Content(f"{MULTIPART}; boundary={boundary}", body)


async def _stream(visit: Visit) -> AsyncGenerator[bytes, None]:
    async for chunk in visit.body.chunks():
        yield chunk


def _told_apart(items: list[tuple[str, UploadFile | str]]) -> Upload:
    fields: list[tuple[str, str]] = []
    files: dict[str, list[UploadFile]] = {}
    for name, value in items:
        if isinstance(value, str):
            fields.append((name, value))
        elif value.filename or value.size:
            files.setdefault(name, []).append(value)
    return Upload(Form(fields), files)


def _quotable(name: str) -> str:
    """A file name inside quotation marks, on one line."""
    plain = name.encode("utf-8", "replace").decode().replace("\\", "_")
    return plain.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
