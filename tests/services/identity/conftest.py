"""One identity per test, its hashes cheap."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kernel.clock import FrozenClock
from tests.support.people import People, people_at


@pytest.fixture
def clock() -> FrozenClock:
    """A clock that the test moves. It starts at the present, where signed tokens are valid."""
    return FrozenClock(datetime.now(UTC))


@pytest.fixture
async def people(tmp_path: Path) -> AsyncIterator[People]:
    async with people_at(tmp_path) as running:
        yield running
