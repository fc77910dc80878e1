"""The composition root of discussion."""

from __future__ import annotations

from kernel.runtime.declaration import Service
from kernel.runtime.process import serve
from kernel.settings import ServiceSettings
from services.discussion.aggregate.discussion import discussion
from services.discussion.api import backoffice, conversation, internal
from services.discussion.events import DiscussionOpened, DocumentsRequested, MessagePosted
from services.discussion.projections import access, notifications, thread

SERVICE = Service(
    name="discussion",
    settings=ServiceSettings,
    aggregates=(discussion,),
    projections=(access.projection, thread.projection, notifications.projection),
    routers=(conversation.router, backoffice.router, internal.router),
    entitled={
        "notifier": (DiscussionOpened, DocumentsRequested, MessagePosted),
        "dossiers": (DocumentsRequested,),
    },
)

if __name__ == "__main__":
    serve(SERVICE)
