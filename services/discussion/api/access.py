"""Who may take part. Somebody else's demande, a missing one and a malformed id answer alike."""

from __future__ import annotations

from dataclasses import dataclass

from kernel.db import Db
from kernel.errors import Refused, not_found
from kernel.http.deps import unauthenticated
from kernel.http.tokens import Principal
from kernel.ids import is_id
from kernel.runtime.runtime import Runtime
from services.discussion.adapters import ask_dossiers
from services.discussion.aggregate.discussion import OPENABLE
from services.discussion.commands import Side
from services.discussion.projections import access


@dataclass(frozen=True, slots=True)
class Demande:
    """What decides who takes part. `owner` is an account, or empty."""

    id: str
    owner: str
    service: str
    status: str


async def side_of(run: Runtime, db: Db, demande: str, caller: Principal) -> Side:
    """On which side the caller is. Raises Refused(unauthenticated) without a credential, Refused(not-found) otherwise.

    An agent who filed the demande himself is its applicant.
    """
    known = await _find(run, db, demande, caller)
    if _is_applicant(known, caller):
        return "applicant"
    if _is_agent(known, caller):
        return "service"
    raise not_found()


async def of_agent(run: Runtime, db: Db, demande: str, caller: Principal) -> Demande:
    """A demande of one of the agent's services. Raises like `side_of`."""
    known = await _find(run, db, demande, caller)
    if not _is_agent(known, caller):
        raise not_found()
    return known


async def current_status(run: Runtime, known: Demande) -> str:
    """Where the demande stands. A copy that would have a discussion refused may be late: its owner is asked."""
    if known.status in OPENABLE:
        return known.status
    asked = await ask_dossiers(run, known.id)
    return known.status if asked is None else asked.status


async def author_name(run: Runtime, demande: str, side: Side, caller: Principal) -> str:
    """The name a message is shown under."""
    if caller.kind == "tracking":
        return await _contact_name(run, demande)
    return _name(caller.first_name, caller.last_name) or ("Service instructeur" if side == "service" else "Demandeur")


async def _find(run: Runtime, db: Db, demande: str, caller: Principal) -> Demande:
    if caller.kind not in ("account", "tracking"):
        raise unauthenticated()
    if not is_id(demande):
        raise not_found()
    if (row := await access.find_demande(db, demande)) is not None:
        return Demande(**row)
    asked = await ask_dossiers(run, demande)
    if asked is None:
        raise not_found()
    return Demande(asked.id, asked.owner or "", asked.service, asked.status)


def _is_applicant(known: Demande, caller: Principal) -> bool:
    if caller.kind == "tracking":
        return caller.demande == known.id
    return bool(known.owner) and known.owner == caller.account


def _is_agent(known: Demande, caller: Principal) -> bool:
    return caller.kind == "account" and "instructeur" in caller.roles and known.service in caller.services


async def _contact_name(run: Runtime, demande: str) -> str:
    # The contact is sealed and not ours to copy: dossiers is asked. A message is not lost for want of a name.
    try:
        asked = await ask_dossiers(run, demande)
    except Refused:
        asked = None
    return (_name(asked.contact.first_name, asked.contact.last_name) if asked else "") or "Demandeur"


def _name(first: str | None, last: str | None) -> str:
    return " ".join(part for part in (first, last) if part)[:200]
