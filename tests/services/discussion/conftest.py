"""A discussion service that was told of one demande and four files, its neighbours away."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.discussion.main import SERVICE
from tests.support.discussion import ALONE, Talk, submitted, tell, vetted
from tests.support.service import Desk, serving

FILES = ("f000000000000001", "f000000000000002")
SERVICE_FILES = ("s000000000000001", "s000000000000002")


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with serving(SERVICE, tmp_path, **ALONE) as running:
        await tell(
            running, submitted(), *(vetted(id) for id in FILES), *(vetted(id, "service") for id in SERVICE_FILES)
        )
        yield running


@pytest.fixture
def talk(desk: Desk) -> Talk:
    return Talk(desk)
