"""The composition root of dossiers."""

from __future__ import annotations

from collections.abc import Mapping

from kernel.errors import Refused
from kernel.runtime.declaration import Service, Worker
from kernel.runtime.process import serve
from kernel.runtime.runtime import Runtime
from services.dossiers.adapters import drafts as typed
from services.dossiers.adapters import views as saved
from services.dossiers.adapters.typesetting import TypstPrinter
from services.dossiers.aggregate.clock import clock
from services.dossiers.aggregate.demande import demande
from services.dossiers.aggregate.demarche import demarche, publish
from services.dossiers.aggregate.opinions import opinions as opinions_of
from services.dossiers.aggregate.reading import reading, readings
from services.dossiers.aggregate.receipt import receipt
from services.dossiers.api import (
    answers,
    backoffice,
    batch,
    colleagues,
    demandes,
    desk,
    drafts,
    export,
    filing,
    inspection,
    internal,
    opinions,
    papers,
    publication,
    readers,
    statistics,
    views,
)
from services.dossiers.api import catalogue as catalogue_routes
from services.dossiers.catalogue import shipped
from services.dossiers.commands import PublishDemarche
from services.dossiers.events import (
    AttestationIssued,
    DemandeStatusChanged,
    DemandeSubmitted,
    DemandeWithdrawn,
    OpinionGiven,
    OpinionRequested,
    ReasonsGiven,
)
from services.dossiers.ports import Printer
from services.dossiers.projections import agents, catalogue, dashboard, demande_detail, history, tracking
from services.dossiers.projections import opinions as opinions_asked
from services.dossiers.projections import readers as read_by
from services.dossiers.projections import statistics as figures
from services.dossiers.reactions.drafts import forget_drafts, leavers
from services.dossiers.reactions.opinions import watch_opinions
from services.dossiers.reactions.pieces import legal_clock
from services.dossiers.reactions.readings import forget_old_readings
from services.dossiers.reactions.receipts import receipts
from services.dossiers.reactions.silence import watch_silence
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


def adapters(settings: DossiersSettings) -> Mapping[type, object]:
    """The adapters of its ports."""
    return {Printer: TypstPrinter()}


SERVICE = Service(
    name="dossiers",
    settings=DossiersSettings,
    aggregates=(demande, clock, receipt, opinions_of, reading, readings, demarche),
    projections=(
        catalogue.projection,
        demande_detail.projection,
        history.projection,
        dashboard.projection,
        tracking.projection,
        figures.projection,
        agents.projection,
        opinions_asked.projection,
        read_by.projection,
    ),
    reactors=(receipts, legal_clock, leavers),
    workers=(
        Worker("silence", watch_silence),
        Worker("drafts", forget_drafts),
        Worker("opinions", watch_opinions),
        Worker("readings", forget_old_readings),
    ),
    routers=(
        catalogue_routes.router,
        publication.router,
        filing.router,
        demandes.router,
        drafts.router,
        papers.router,
        desk.router,
        colleagues.router,
        batch.router,
        export.router,
        statistics.router,
        backoffice.router,
        readers.router,
        opinions.router,
        views.router,
        answers.router,
        inspection.router,
        internal.router,
    ),
    starting=publish_shipped,
    state_ddl=typed.STATE_DDL + saved.STATE_DDL,
    ports=adapters,
    entitled={
        "notifier": (
            DemandeSubmitted,
            DemandeStatusChanged,
            DemandeWithdrawn,
            ReasonsGiven,
            AttestationIssued,
            OpinionRequested,
            OpinionGiven,
        ),
    },
)

if __name__ == "__main__":
    serve(SERVICE)
