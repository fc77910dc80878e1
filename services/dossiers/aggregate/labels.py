"""The labels a service sorts its demandes with: short texts of its own, which the applicant never sees."""

from __future__ import annotations

from collections.abc import Iterable

from kernel.errors import Fault, conflict, invalid
from services.dossiers.aggregate.demande import Demande
from services.dossiers.commands import LabelDemande
from services.dossiers.events import DemandeLabelled, DemandeUnlabelled

LONGEST = 30
MOST = 20


def label(state: Demande, command: LabelDemande) -> Iterable[DemandeLabelled | DemandeUnlabelled]:
    """Labels that are there already stay, those that are not there are not missed."""
    added, removed = _clean("/add", command.add), _clean("/remove", command.remove)
    if not added and not removed:
        detail = "Indiquez une étiquette à ajouter ou à retirer."
        raise invalid("invalid-request", detail, [Fault("/add", detail)])
    if both := set(added) & set(removed):
        detail = f"L'étiquette « {min(both)} » est à la fois à ajouter et à retirer."
        raise invalid("invalid-request", detail, [Fault("/remove", detail)])
    gone = [one for one in removed if one in state.labels]
    fresh = [one for one in added if one not in state.labels]
    if len(state.labels) - len(gone) + len(fresh) > MOST:
        raise conflict("too-many-labels", f"Une demande porte au plus {MOST} étiquettes : retirez-en d'abord.")
    for one in gone:
        yield DemandeUnlabelled(demande=state.id, agent=command.agent, label=one)
    for one in fresh:
        yield DemandeLabelled(demande=state.id, agent=command.agent, label=one)


def _clean(pointer: str, labels: Iterable[str]) -> list[str]:
    known: dict[str, None] = {}
    for number, text in enumerate(labels):
        one = " ".join(text.split())
        if not one or len(one) > LONGEST or not one.isprintable():
            detail = f"Une étiquette compte de 1 à {LONGEST} caractères."
            raise invalid("invalid-request", detail, [Fault(f"{pointer}/{number}", detail)])
        known[one] = None
    return list(known)
