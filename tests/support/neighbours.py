"""Stand-ins for dossiers and files on loopback: the kernel's own feed and tokens, and the one internal door each.

What a test says to one of them goes into its log, where a service under test finds it as it would in production.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fastapi import APIRouter

from kernel.errors import not_found
from kernel.events import Event
from kernel.http.deps import Caller, demand_service
from kernel.position import Mark
from kernel.runtime.app import application
from kernel.runtime.declaration import Service
from kernel.runtime.runtime import Runtime
from kernel.settings import ServiceSettings
from services.files.events import FileExpired, FileVetted
from tests.support.discussion import NOWHERE, submitted
from tests.support.service import serving
from tests.support.town import free_socket, listening

FAREWELL: Mapping[str, Event] = {
    "dossiers": submitted("dem0000000000999"),
    "files": FileExpired(file="f000000000000999", demande="dem0000000000999"),
}
DOORS: Mapping[str, str] = {"dossiers": "/internal/demandes/{id}", "files": "/internal/files/{id}"}


@dataclass
class Neighbour:
    """`known` is what its internal door answers, by id; `asked` the ids it was asked for."""

    name: str
    url: str = NOWHERE
    known: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    run: Runtime | None = None

    async def says(self, *facts: Event) -> Mark:
        """Record facts; where its log now stands."""
        assert self.run is not None
        for fact in facts:
            stream = f"{self.name}.told-{fact.routed_to}"
            await self.run.store.update(stream, lambda _, fact=fact: [fact], self.run.own_initiative("told"))  # type: ignore[misc]
        return Mark(self.run.store.head, self.run.store.public_head)

    def router(self) -> APIRouter:
        """Its internal door."""
        router = APIRouter()

        @router.get(DOORS[self.name])
        async def one(id: str, caller: Caller) -> dict[str, Any]:
            demand_service(caller, "read")
            self.asked.append(id)
            if id not in self.known:
                raise not_found()
            return self.known[id]

        return router


@asynccontextmanager
async def neighbourhood(directory: Path) -> AsyncIterator[dict[str, Neighbour]]:
    """dossiers and files, listening, with the keys of `directory`."""
    async with AsyncExitStack() as stack:
        neighbours = {}
        for name in DOORS:
            neighbours[name] = neighbour = Neighbour(name)
            service = Service(
                name=name,
                settings=ServiceSettings,
                aggregates=(),
                routers=(neighbour.router(),),
                entitled={"discussion": (FileVetted,)},
            )
            desk = await stack.enter_async_context(serving(service, directory))
            neighbour.run, door = desk.run, free_socket()
            await stack.enter_async_context(listening(application(service, desk.run), door))
            neighbour.url = f"http://127.0.0.1:{door.getsockname()[1]}"
        yield neighbours
        for name, neighbour in neighbours.items():
            # Whoever still waits at the feed goes home, and the server need not lose patience.
            await neighbour.says(FAREWELL[name])


def demande_seen(id: str, *, owner: str | None = "a1", status: str = "deposee") -> dict[str, Any]:
    """What dossiers answers about a demande."""
    return {
        "id": id,
        "reference": "2026-0001",
        "demarche": {"slug": "amelioration-habitat", "title": "Améliorer son logement"},
        "service": "habitat",
        "status": status,
        "owner": owner,
        "contact": {"email": "zoe@example.org", "first_name": "Zoé", "last_name": "Petit"},
    }


def file_seen(id: str, demande: str, *, sender: str = "applicant", status: str = "clean") -> dict[str, Any]:
    """What files answers about a file."""
    return {
        "id": id,
        "demande": demande,
        "sender": sender,
        "name": "relevé.pdf",
        "media_type": "application/pdf",
        "size": 12,
        "status": status,
        "claimed_by": None,
    }
