"""A log that replaced the one a reactor followed: it stops, until somebody says where to go on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kernel.codec import Codec
from kernel.errors import Refused
from kernel.feed import EpochChanged
from kernel.stores.memory import MemoryStore
from kernel.vault import MemoryKeys, Vault
from tests.support.stores import SECRET
from tests.support.workshop import PATIENCE, Workshop


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Workshop]:
    made = Workshop(tmp_path)
    yield made
    await made.close()


async def test_a_replaced_log_stops_a_reactor_for_good(shop: Workshop) -> None:
    await shop.add("a", 1, 2)
    await shop.start()
    await shop.until_followed(2)
    await shop.stop()
    shop.store = MemoryStore(Codec("toy", Vault(MemoryKeys(), SECRET)))
    for amount in range(5):
        await shop.add("z", amount)
        runner = shop.runner()
        await runner.start(from_zero=False)
        with pytest.raises(EpochChanged):
            async with asyncio.timeout(PATIENCE):
                await runner.follow(runner.sources[0])
    assert shop.of("z") == []


@pytest.mark.parametrize(("from_start", "done"), [(True, [1, 2, 3]), (False, [3])])
async def test_a_reactor_is_told_where_to_go_on_in_a_log_that_replaced_another(
    shop: Workshop, from_start: bool, done: list[int]
) -> None:
    await shop.add("a", 1)
    runner = await shop.start()
    await shop.until_followed(1)
    with pytest.raises(Refused, match="not-stopped"):
        await runner.resume(runner.sources[0], from_start=from_start)
    await shop.stop()
    shop.store = MemoryStore(Codec("toy", Vault(MemoryKeys(), SECRET)))
    await shop.add("z", 1, 2)
    stopped = shop.runner()
    await stopped.start(from_zero=False)
    with pytest.raises(EpochChanged):
        async with asyncio.timeout(PATIENCE):
            await stopped.follow(stopped.sources[0])
    await stopped.resume(stopped.sources[0], from_start=from_start)
    await shop.start(from_zero=False)
    await shop.add("z", 3)
    await shop.until(lambda: shop.of("z") == done)
