"""The adapters a contract is checked against."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kernel.eventstore import EventStore
from tests.support.stores import LABS, Lab


@pytest.fixture(params=sorted(LABS))
async def lab(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Lab]:
    """Each adapter of the event store, with a clock that moves when told."""
    made = LABS[request.param](tmp_path)
    yield made
    await made.close()


@pytest.fixture
async def store(lab: Lab) -> EventStore:
    """A fresh store."""
    return await lab.open()
