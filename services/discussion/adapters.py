"""What dossiers and files are asked when our copies of their facts say nothing, or no longer the truth."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from kernel.errors import unavailable
from kernel.ids import is_id
from kernel.runtime.runtime import Runtime
from services.discussion.commands import KnownFile

M = TypeVar("M", bound=BaseModel)


class Contact(BaseModel):
    """Who filed."""

    model_config = ConfigDict(frozen=True)

    first_name: str
    last_name: str


class DemandeSeen(BaseModel):
    """What dossiers says of a demande."""

    model_config = ConfigDict(frozen=True)

    id: str
    owner: str | None
    service: str
    status: str
    contact: Contact


class FileSeen(BaseModel):
    """What files says of a file."""

    model_config = ConfigDict(frozen=True)

    id: str
    demande: str
    sender: str
    name: str
    media_type: str
    size: int
    status: str
    requested_document: str = ""


async def ask_dossiers(run: Runtime, demande: str) -> DemandeSeen | None:
    """The demande as its owner knows it. Raises Refused(unavailable) when dossiers does not answer as expected."""
    return await _ask(run, "dossiers", "demandes", demande, DemandeSeen)


async def ask_files(run: Runtime, file: str) -> KnownFile | None:
    """The file as its owner knows it. Raises Refused(unavailable) when files does not answer as expected."""
    seen = await _ask(run, "files", "files", file, FileSeen)
    return None if seen is None else KnownFile(**seen.model_dump())


async def _ask(run: Runtime, owner: str, what: str, id: str, shape: type[M]) -> M | None:
    if not is_id(id):
        return None
    answer = await run.peers[owner].get(f"/internal/{what}/{id}")
    try:
        return None if answer is None else shape.model_validate(answer)
    except ValidationError as error:
        raise unavailable() from error
