"""Who may send a file and who may read one. What is not in our copy, its owner is asked once before refusing."""

from __future__ import annotations

from dataclasses import dataclass

from kernel.db import Row
from kernel.errors import conflict, not_found
from kernel.http.deps import Views, unauthenticated
from kernel.http.tokens import Principal
from kernel.ids import is_id
from kernel.runtime.runtime import Runtime
from services.files.projections import access


@dataclass(frozen=True)
class Side:
    """On which side of the counter the caller stands: `applicant` or `service`."""

    name: str


async def side_of(run: Runtime, view: Views, demande: str, caller: Principal) -> Side:
    """The caller's side of a demande. Raises Refused(unauthenticated), or Refused(not-found) for anybody else."""
    if caller.kind not in ("account", "tracking"):
        raise unauthenticated()
    if not is_id(demande):
        raise not_found()
    known: Row | None = await access.demande(await view(access.projection), demande)
    if known is None:
        known = await run.peers["dossiers"].get(f"/internal/demandes/{demande}")
    if known is None:
        raise not_found()
    if caller.kind == "tracking" and caller.demande == demande:
        return Side("applicant")
    if caller.kind == "account" and known["owner"] and caller.account == known["owner"]:
        return Side("applicant")
    if "instructeur" in caller.roles and known["service"] in caller.services:
        return Side("service")
    raise not_found()


async def demand_open_discussion(run: Runtime, view: Views, demande: str) -> None:
    """Raises Refused(no-discussion) unless the service has opened a discussion about this demande."""
    if await access.is_open(await view(access.projection), demande):
        return
    told = await run.peers["discussion"].get(f"/internal/demandes/{demande}/discussion")
    if told is None or told["status"] != "open":
        raise conflict(
            "no-discussion",
            "Les documents s'envoient dans une discussion, que seul le service instructeur peut ouvrir.",
        )
