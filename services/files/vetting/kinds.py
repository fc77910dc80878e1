"""Which of the three accepted kinds a file is, by its first bytes, and whether its name and type agree."""

from __future__ import annotations

from dataclasses import dataclass

from services.files.ports import MAX_BYTES, MediaType
from services.files.vetting.names import EXTENSIONS, extension_of
from services.files.vetting.refusals import Reason, Unfit


@dataclass(frozen=True, slots=True)
class Kind:
    """An accepted kind: how it is told to people, how it begins, what else senders call it."""

    media_type: MediaType
    label: str
    magic: bytes
    aliases: tuple[str, ...]


KINDS = (
    Kind("image/png", "une image PNG", b"\x89PNG\r\n\x1a\n", ("image/x-png", "image/apng")),
    Kind("image/jpeg", "une image JPEG", b"\xff\xd8\xff", ("image/jpg", "image/pjpeg")),
    Kind("application/pdf", "un document PDF", b"%PDF-", ("application/x-pdf",)),
)

_SAYS_NOTHING = frozenset({"", "application/octet-stream", "binary/octet-stream"})
_PHOTO = (b"GIF8", b"RIFF", b"BM", b"II*\x00", b"MM\x00*")
_DOCUMENT = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"{\\rtf")


def identify(data: bytes, declared_type: str, name: str) -> Kind:
    """The kind of `data`; raises `Unfit` when none, too large, empty, or when name or type say otherwise."""
    if len(data) > MAX_BYTES:
        raise Unfit(Reason.TOO_LARGE)
    if not data:
        raise Unfit(Reason.EMPTY)
    kind = next((kind for kind in KINDS if data.startswith(kind.magic)), None)
    if kind is None:
        raise Unfit(_other(data))
    if not _agrees(kind, declared_type, extension_of(name)):
        raise Unfit(Reason.WRONG_NAME_OR_TYPE, kind.label, EXTENSIONS[kind.media_type][0])
    if _is_zip(data) or (kind.media_type != "application/pdf" and b"%PDF-" in data[:1024]):
        raise Unfit(Reason.TWO_KINDS)
    return kind


def _agrees(kind: Kind, declared_type: str, extension: str) -> bool:
    extensions = EXTENSIONS[kind.media_type]
    declared = declared_type.partition(";")[0].strip().lower()
    if declared in _SAYS_NOTHING:
        return extension in extensions
    return declared in (kind.media_type, *kind.aliases) and extension in ("", *extensions)


def _other(data: bytes) -> Reason:
    """People send these every day: a hint of their own helps more than a list of formats."""
    if data[4:8] == b"ftyp" or data.startswith(_PHOTO):
        return Reason.OTHER_PHOTO
    return Reason.OTHER_DOCUMENT if data.startswith(_DOCUMENT) else Reason.UNKNOWN_KIND


def _is_zip(data: bytes) -> bool:
    """An archive is found by its end (APPNOTE 4.3.16): any file may carry one after its own content."""
    end = data.rfind(b"PK\x05\x06", max(0, len(data) - 65_557))
    return end >= 0 and data[end + 4 : end + 8] == b"\0\0\0\0"
