"""File names as people may see and save them, and the header that carries them."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

from services.files.ports import MediaType

MAX_NAME = 120

# A dot, then one to five letters or digits with a letter among them: « Lot n.12 » has no extension.
_EXTENSION = re.compile(r"\.(?=[0-9]*[A-Za-z])[A-Za-z0-9]{1,5}$")
_FORBIDDEN_IN_A_FILE_NAME = re.compile(r'[<>:"|?*]')
_DEVICE = re.compile(r"(?i)^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)")
_ATTR_CHAR = "!#$&+-.^_`|~"

EXTENSIONS: dict[MediaType, tuple[str, ...]] = {
    "image/png": (".png", ".apng"),
    "image/jpeg": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "application/pdf": (".pdf",),
}
"""What a name may end with; the first is given to a name that has none."""


def safe_name(name: str, media_type: MediaType) -> str:
    """`name` without path, control or direction characters, NFC, at most 120 characters, ending as its type wants."""
    cleaned = _clean(name)
    extension = extension_of(cleaned)
    if extension in EXTENSIONS[media_type]:
        cleaned, extension = cleaned[: -len(extension)], cleaned[-len(extension) :]
    else:
        extension = EXTENSIONS[media_type][0]
    stem = cleaned[: MAX_NAME - len(extension)].rstrip(" .")
    return (stem or "document") + extension


def extension_of(name: str) -> str:
    """The extension of a name once cleaned, in lower case with its dot; empty when it has none."""
    found = _EXTENSION.search(_clean(name))
    return found.group().lower() if found else ""


def content_disposition(name: str) -> str:
    """`attachment` with an ASCII name for old programs and the real one (RFC 6266, RFC 8187)."""
    unaccented = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    ascii_name = re.sub(r"[^A-Za-z0-9 ._()+-]", "_", unaccented).strip(" .") or "document"
    return f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(name, safe=_ATTR_CHAR, errors='replace')}"


def _clean(name: str) -> str:
    last = re.split(r"[/\\]", name)[-1]
    # Every category C character goes: controls, direction overrides, surrogates, unassigned.
    visible = "".join(c if c.isprintable() else " " if c.isspace() else "" for c in unicodedata.normalize("NFC", last))
    spaced = " ".join(_FORBIDDEN_IN_A_FILE_NAME.sub("_", visible).split()).strip(" .")
    return f"_{spaced}" if _DEVICE.match(spaced) else spaced
