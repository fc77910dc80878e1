"""What an auditor asks of demandes before he reads their history: which one bears a reference."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request

from kernel.http.audit import admit
from kernel.http.contract import Shown, answers
from kernel.http.deps import Caller, Run, View
from services.dossiers.projections import demande_detail

router = APIRouter(prefix="/audit", tags=["Audit"])

# The year may be left out: the rest is the head of the demande's id, Crockford base32.
_REFERENCE: Final = re.compile(r"(?:20\d\d)?([0-9a-hjkmnp-tv-z]{10})")


class Inspected(Shown):
    """Une demande, telle qu'un auditeur la cherche."""

    id: str
    reference: str
    status: str


class InspectedList(Shown):
    """Les demandes qui portent cette référence."""

    items: list[Inspected]


@router.get("/demandes", summary="La demande qui porte une référence", responses=answers(200, InspectedList))
async def demandes(
    request: Request,
    run: Run,
    caller: Caller,
    view: View,
    reference: Annotated[str, Query(min_length=1, max_length=100)],
) -> dict[str, Any]:
    """The demandes whose reference this is, typed with or without year, dashes and capitals. Auditors only; traced."""
    await admit(request, run, caller)
    typed = _REFERENCE.fullmatch(re.sub(r"[^0-9a-z]", "", reference.lower()))
    if typed is None:
        return {"items": []}
    rows = await demande_detail.beginning(await view(demande_detail.projection), typed[1])
    return {"items": [{name: row[name] for name in ("id", "reference", "status")} for row in rows]}
