"""A démarche: the versions that were published, each complete before the law (R112-11-1 CRPA)."""

from __future__ import annotations

from collections.abc import Iterable

from kernel.aggregate import Aggregate, State
from kernel.errors import conflict, invalid
from services.dossiers.aggregate.form import check_definition
from services.dossiers.commands import PublishDemarche
from services.dossiers.events import DemarcheFact, DemarchePublished


class Demarche(State):
    """The version in force; 0 before the first."""

    version: int = 0


def evolve(state: Demarche, fact: DemarcheFact) -> Demarche:
    """Fold one fact."""
    return Demarche(version=fact.version)


def publish(state: Demarche, command: PublishDemarche) -> Iterable[DemarchePublished]:
    """A version is published once, whole, and versions only grow."""
    definition = command.definition
    if definition.version <= state.version:
        raise conflict("already-published", "Cette version de la démarche est déjà publiée : publiez la suivante.")
    if faults := check_definition(definition):
        raise invalid("incomplete-definition", " ".join(faults))
    yield DemarchePublished(
        slug=definition.slug,
        version=definition.version,
        service=definition.service,
        title=definition.title,
        definition=definition.model_dump(mode="json"),
    )


demarche = Aggregate("dossiers", "demarche", Demarche(), evolve)
