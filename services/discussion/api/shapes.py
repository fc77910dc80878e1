"""What people read of a discussion."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic_core import from_json

from kernel.db import Row
from services.discussion.commands import KnownFile

NONE: Mapping[str, Any] = {
    "id": None,
    "status": "none",
    "earlier": [],
    "subject": None,
    "requested_documents": [],
    "messages": [],
}


def shown(
    discussion: Row,
    earlier: Iterable[Row],
    documents: Iterable[Row],
    messages: Iterable[Row],
    files: Mapping[str, KnownFile],
) -> dict[str, Any]:
    """A discussion, its opening message first."""
    return {
        "id": discussion["id"],
        "status": "closed" if discussion["closed_at"] else "open",
        "earlier": [{"id": row["id"], "subject": row["topic"], "closed_at": row["closed_at"]} for row in earlier],
        "subject": discussion["topic"],
        "requested_documents": [_document(row, files) for row in documents],
        "messages": [message(row, files) for row in messages],
    }


def message(row: Row, files: Mapping[str, KnownFile]) -> dict[str, Any]:
    """A message; `read_at` is when the other side read it."""
    return {
        "id": row["id"],
        "at": row["at"],
        "author": {"kind": row["author"], "name": row["author_name"]},
        "body": row["body"],
        "attachments": [_attachment(file, files.get(file)) for file in carried([row])],
        "read_at": row["read_at"] or None,
    }


def carried(messages: Iterable[Row]) -> Sequence[str]:
    """The ids of the files that messages carry."""
    return [file for row in messages for file in from_json(row["attachments"])]


def _document(row: Row, files: Mapping[str, KnownFile]) -> dict[str, Any]:
    # A file that was condemned after it was handed in leaves the document awaited.
    file = files.get(row["received"])
    received = row["received"] if file is None or file.status != "rejected" else None
    return {
        "id": row["id"],
        "label": row["label"],
        "required": bool(row["required"]),
        "due": row["due"] or None,
        "received": received or None,
    }


def _attachment(id: str, file: KnownFile | None) -> dict[str, Any]:
    if file is None:
        unknown = {"name": "Pièce jointe", "media_type": "application/octet-stream", "size": 0}
        return {"id": id, **unknown, "status": "pending"}
    known = {"name": file.name, "media_type": file.media_type, "size": file.size}
    return {"id": id, **known, "status": file.status}
