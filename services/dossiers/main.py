"""The composition root of dossiers."""

from __future__ import annotations

from kernel.errors import Refused
from kernel.runtime.declaration import Service
from kernel.runtime.process import serve
from kernel.runtime.runtime import Runtime
from services.dossiers.aggregate.demande import demande
from services.dossiers.aggregate.demarche import demarche, publish
from services.dossiers.api import backoffice, demandes, internal
from services.dossiers.api import catalogue as catalogue_routes
from services.dossiers.catalogue import shipped
from services.dossiers.commands import PublishDemarche
from services.dossiers.events import DemandeStatusChanged, DemandeSubmitted, DemandeWithdrawn
from services.dossiers.projections import catalogue, dashboard, demande_detail, tracking
from services.dossiers.settings import DossiersSettings


async def publish_shipped(run: Runtime) -> None:
    """Put the shipped démarches in the catalogue; one already there, or replaced since, is left alone."""
    for definition in shipped():
        ctx = run.own_initiative("publish", key=f"{definition.slug}/{definition.version}")
        try:
            await run.handle(demarche, definition.slug, publish, PublishDemarche(definition=definition), ctx)
        except Refused as refusal:
            if refusal.slug != "already-published":
                raise


SERVICE = Service(
    name="dossiers",
    settings=DossiersSettings,
    aggregates=(demande, demarche),
    projections=(
        catalogue.projection,
        demande_detail.projection,
        dashboard.projection,
        tracking.projection,
    ),
    routers=(catalogue_routes.router, demandes.router, backoffice.router, internal.router),
    starting=publish_shipped,
    entitled={
        "notifier": (DemandeSubmitted, DemandeStatusChanged, DemandeWithdrawn),
    },
)

if __name__ == "__main__":
    serve(SERVICE)
