"""identity, dossiers and discussion as notifier knows them: their feeds, over loopback, with what a test tells them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from kernel.envelope import Recorded
from kernel.events import Event, event_types
from kernel.ids import derived_id, random_uuid
from kernel.runtime.app import application
from kernel.runtime.declaration import Service
from kernel.runtime.runtime import Runtime
from kernel.settings import ServiceSettings
from tests.support.service import serving
from tests.support.town import free_socket, listening

NAMES = ("identity", "dossiers", "discussion")


@dataclass
class Producers:
    """`urls` are settings for whoever follows them."""

    runs: dict[str, Runtime]
    urls: dict[str, str]

    async def say(self, *facts: Event) -> list[Recorded]:
        """Record facts of one service and one subject, in one commit; as they were recorded."""
        (origin,) = {fact.origin for fact in facts}
        run = self.runs[origin]
        stream = f"{origin}.told-{facts[0].routed_to or derived_id(random_uuid())}"
        commit = await run.store.update(stream, lambda _: facts, run.own_initiative("told"))
        return list(commit.events)

    def erase(self, origin: str, subject: str) -> None:
        """Destroy a key of a producer, as an erasure does."""
        self.runs[origin].codec.vault.destroy(subject)
        self.runs[origin].store.forget()


@asynccontextmanager
async def producers(directory: Path, *, reader: str = "notifier") -> AsyncIterator[Producers]:
    """The three, listening; `reader` sees their sealed values."""
    told = Producers({}, {})
    async with AsyncExitStack() as stack:
        for name in NAMES:
            service = Service(
                name=name,
                settings=ServiceSettings,
                aggregates=(),
                routers=(),
                entitled={reader: [fact for fact in event_types(name) if fact.is_public]},
            )
            desk = await stack.enter_async_context(serving(service, directory))
            door = free_socket()
            await stack.enter_async_context(listening(application(service, desk.run), door))
            told.runs[name] = desk.run
            told.urls[f"{name}_url"] = f"http://127.0.0.1:{door.getsockname()[1]}"
        try:
            yield told
        finally:
            for run in told.runs.values():
                run.stopping.set()
