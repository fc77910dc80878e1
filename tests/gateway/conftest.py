"""One gateway over its town, shared by the tests of a file; the town forgets between two tests."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.support.town import Portal, Town, portal


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Portal]:
    async with portal(tmp_path_factory.mktemp("gateway")) as found:
        yield found


@pytest.fixture
def town(door: Portal) -> Town:
    door.town.forgets()
    door.client.cookies.clear()
    return door.town
