"""What is known of the files that messages carry."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping

from kernel.db import Db
from kernel.errors import Refused
from kernel.ids import is_id
from kernel.runtime.runtime import Runtime
from services.discussion.adapters import ask_files
from services.discussion.commands import KnownFile
from services.discussion.projections import access

MOST_ASKED = 20


async def to_attach(run: Runtime, db: Db, demande: str, wanted: Iterable[str]) -> dict[str, KnownFile]:
    """The files a message is to carry; those our copy does not hold are asked for, whosever they are.

    Raises Refused(unavailable) when files does not answer.
    """
    known, ids = await _held(db, demande), set(wanted)
    missing = sorted(id for id in ids - known.keys() if is_id(id))
    asked = await asyncio.gather(*(ask_files(run, id) for id in missing[:MOST_ASKED]))
    return {file.id: file for file in (*known.values(), *asked) if file is not None and file.id in ids}


async def to_show(run: Runtime, db: Db, demande: str, wanted: Iterable[str]) -> Mapping[str, KnownFile]:
    """The files that messages carry. A thread can be read while files does not answer: what is unknown is left out."""
    try:
        return await to_attach(run, db, demande, wanted)
    except Refused:
        return await _held(db, demande)


async def _held(db: Db, demande: str) -> dict[str, KnownFile]:
    return {row["id"]: KnownFile(**row) for row in await access.files_of(db, demande)}
