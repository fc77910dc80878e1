"""Lists: an opaque cursor, a limit of at most 100, `{"items": [...], "next": cursor | null}`."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Depends, Query
from pydantic_core import from_json, to_json

from kernel.errors import Fault, Refused, invalid

MOST = 100


class Paging:
    """Where a list goes on: `after` holds the sort keys of the last row shown, or is empty."""

    def __init__(self, cursor: str | None = None, limit: int = 20) -> None:
        self.limit = limit
        self.after: list[Any] = [] if cursor is None else _decode(cursor)

    def resume(self, *kinds: type) -> list[Any]:
        """The keys to go on after, empty at the start. Raises Refused(invalid-request) on a cursor of another list."""
        if self.after and [type(key) for key in self.after] != list(kinds):
            raise _not_ours()
        return self.after


async def paging(
    cursor: Annotated[str | None, Query(max_length=400)] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 20,
) -> Paging:
    """What the caller asks for. Raises Refused(invalid-request) on a cursor that is not ours."""
    return Paging(cursor, limit)


Paged = Annotated[Paging, Depends(paging)]


def page_of(rows: Sequence[dict[str, Any]], paging: Paging, keys: tuple[str, ...]) -> tuple[list[dict[str, Any]], Any]:
    """The rows to show of `limit + 1` that were asked for, and the cursor of the next page."""
    shown = list(rows[: paging.limit])
    if len(rows) <= paging.limit or not shown:
        return shown, None
    last = to_json([shown[-1][key] for key in keys])
    return shown, base64.urlsafe_b64encode(last).decode().rstrip("=")


def _decode(cursor: str) -> list[Any]:
    try:
        keys = from_json(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error):
        keys = None
    if not isinstance(keys, list) or not keys or not all(_is_key(key) for key in keys):
        raise _not_ours()
    return keys


def _not_ours() -> Refused:
    detail = "Reprenez la liste depuis le début : ce curseur n'est pas valable."
    return invalid("invalid-request", detail, [Fault("/cursor", detail)])


def _is_key(key: object) -> bool:
    # A database holds 64-bit integers: a larger one was never in a cursor of ours.
    return isinstance(key, str) or (isinstance(key, int) and abs(key) < 2**63)
