"""A dossiers service whose neighbours are away, and one that talks with a real discussion."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kernel.clock import FrozenClock
from kernel.runtime.app import application
from services.discussion.main import SERVICE as DISCUSSION
from services.dossiers.main import SERVICE
from tests.support.dossiers import AT
from tests.support.service import Desk, serving
from tests.support.town import free_socket, listening


@pytest.fixture
def now() -> FrozenClock:
    """The afternoon of 24 November 2026, until told otherwise."""
    return FrozenClock(AT)


@pytest.fixture
async def desk(tmp_path: Path, now: FrozenClock) -> AsyncIterator[Desk]:
    """Alone."""
    async with serving(SERVICE, tmp_path, clock=now, discussion_url="http://127.0.0.1:9") as running:
        yield running


@dataclass
class Office:
    """dossiers and discussion, who hear each other."""

    dossiers: Desk
    discussion: Desk
    now: FrozenClock


@asynccontextmanager
async def office_at(directory: Path, now: FrozenClock) -> AsyncIterator[Office]:
    """Both services on loopback, on one clock."""
    doors = {"dossiers": free_socket(), "discussion": free_socket()}
    urls: dict[str, Any] = {f"{name}_url": f"http://127.0.0.1:{door.getsockname()[1]}" for name, door in doors.items()}
    async with AsyncExitStack() as stack:
        dossiers = await stack.enter_async_context(serving(SERVICE, directory, clock=now, **urls))
        discussion = await stack.enter_async_context(serving(DISCUSSION, directory, clock=now, **urls))
        for desk, name, service in ((dossiers, "dossiers", SERVICE), (discussion, "discussion", DISCUSSION)):
            await stack.enter_async_context(listening(application(service, desk.run), doors[name]))
        try:
            yield Office(dossiers, discussion, now)
        finally:
            for desk in (dossiers, discussion):
                desk.run.stopping.set()


@pytest.fixture
async def office(tmp_path: Path, now: FrozenClock) -> AsyncIterator[Office]:
    """Both services."""
    async with office_at(tmp_path, now) as running:
        yield running
