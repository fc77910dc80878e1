"""Several notifiers over one log and one database: they share the mails, and no mail leaves twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from kernel.codec import Codec
from kernel.stores.memory import MemoryStore
from kernel.vault import Vault
from tests.services.notifier.conftest import Open
from tests.support.databases import place
from tests.support.mails import submitted

MAILS = 30


@pytest.fixture
async def shared(tmp_path: Path) -> AsyncIterator[dict[str, Any]]:
    """Settings of notifiers that share everything."""
    async with place("postgresql", tmp_path / "keys") as made:
        keys = made.open("notifier").keys
        store = MemoryStore(Codec("notifier", Vault(keys, bytes.fromhex("5e" * 32))))
        yield {"database": made.url, "store": store}


async def test_each_mail_leaves_once_whoever_sends_it(office_opens: Open, shared: dict[str, Any]) -> None:
    async with office_opens(**shared) as one, office_opens(**shared):
        for number in range(MAILS):
            await one.say(submitted(f"dem{number:013}", email=f"p{number}@example.org"))
        await one.server.has(MAILS, timeout=20)
        for number in range(MAILS):
            (item,) = await one.until("sent", about=f"dem{number:013}")
            assert item["attempts"] == 1
        await asyncio.sleep(0.2)
        assert sorted(kept.recipients[0] for kept in one.server.kept) == sorted(
            f"p{n}@example.org" for n in range(MAILS)
        )
        assert one.server.connections == 2


async def test_a_mail_another_has_in_hand_is_left_to_it(office_opens: Open, shared: dict[str, Any]) -> None:
    async with office_opens(**shared, smtp_timeout=30) as one:
        one.server.hangs = True
        await one.say(submitted())
        (item,) = await one.until("attempting")
        async with office_opens(**shared):
            await asyncio.sleep(0.5)
            assert await one.story(item["id"]) == ["NotificationQueued", "AttemptStarted"]
        one.server.hangs = False
        await one.server.stop()
    assert len(one.server.kept) == 1
