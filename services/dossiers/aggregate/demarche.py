"""A démarche: the versions that were published, each complete before the law (R112-11-1 CRPA)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from kernel.aggregate import Aggregate, State
from kernel.errors import Fault, conflict, invalid
from services.dossiers.aggregate.form import Definition, definition_faults
from services.dossiers.commands import CloseDemarche, PublishDemarche, ReviseDemarche
from services.dossiers.events import DemarcheClosed, DemarcheFact, DemarchePublished


class Demarche(State):
    """The version in force, 0 before the first, and whether it takes demandes."""

    version: int = 0
    open: bool = False


def evolve(state: Demarche, fact: DemarcheFact) -> Demarche:
    """Fold one fact."""
    match fact:
        case DemarchePublished():
            return Demarche(version=fact.version, open=True)
        case DemarcheClosed():
            return Demarche(version=state.version, open=False)
        case _:
            assert_never(fact)


def publish(state: Demarche, command: PublishDemarche) -> Iterable[DemarchePublished]:
    """A version is published once, whole, and versions only grow."""
    if command.definition.version <= state.version:
        raise conflict("already-published", "Cette version de la démarche est déjà publiée : publiez la suivante.")
    yield _published(command.definition)


def revise(state: Demarche, command: ReviseDemarche) -> Iterable[DemarchePublished]:
    """The next version is published, and takes demandes. Those that were filed keep theirs."""
    yield _published(command.definition.model_copy(update={"version": state.version + 1}))


def close(state: Demarche, command: CloseDemarche) -> Iterable[DemarcheClosed]:
    """No more demandes. What was filed goes on as before."""
    if not state.open:
        raise conflict("bad-transition", "Cette démarche est déjà fermée. Publiez une version pour la rouvrir.")
    yield DemarcheClosed(slug=command.slug, version=state.version)


def _published(definition: Definition) -> DemarchePublished:
    if faults := definition_faults(definition):
        errors = [Fault(fault.pointer, fault.detail) for fault in faults]
        detail = " ".join(fault.detail for fault in faults)
        raise invalid("incomplete-definition", detail[:2000], errors)
    return DemarchePublished(
        slug=definition.slug,
        version=definition.version,
        service=definition.service,
        title=definition.title,
        definition=definition.model_dump(mode="json"),
    )


demarche = Aggregate("dossiers", "demarche", Demarche(), evolve)
