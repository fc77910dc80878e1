"""A notifier between its producers and a mail server, all of them real."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kernel.envelope import Recorded
from kernel.events import Event
from services.notifier.main import SERVICE
from tests.support.mails import DEMANDE, SITE
from tests.support.producers import Producers, producers
from tests.support.service import Desk, serving
from tests.support.smtp import MailServer, mail_server

FAST = "0.05 0.1"


@dataclass
class Office:
    """A running notifier: what it was told, what it sent, what its ledger says."""

    desk: Desk
    told: Producers
    server: MailServer

    async def say(self, *facts: Event) -> list[Recorded]:
        """Tell it facts; as they were recorded where they come from."""
        return await self.told.say(*facts)

    async def ledger(self, about: str = DEMANDE) -> list[dict[str, Any]]:
        """What operations see of the mails about a demande or an account."""
        headers = self.desk.as_service("console", "operate")
        answer = await self.desk.client.get("/internal/notifications", params={"about": about}, headers=headers)
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    async def until(self, *statuses: str, about: str = DEMANDE, timeout: float = 10.0) -> list[dict[str, Any]]:
        """The ledger, once its mails stand so."""
        async with asyncio.timeout(timeout):
            while tuple(item["status"] for item in await self.ledger(about)) != statuses:
                await asyncio.sleep(0.02)
            return await self.ledger(about)

    async def story(self, id: str) -> list[str]:
        """The facts of a mail, by name."""
        return [fact.type for fact in await self.desk.run.store.read(f"notifier.mail-{id}")]

    async def followed(self) -> None:
        """Wait until it has reacted to everything its producers said, and sent what it could."""
        run = self.desk.run
        async with asyncio.timeout(10):
            for reactor in run.reactors:
                for source, position in list(reactor.positions.items()):
                    log = run.store if source == run.name else self.told.runs[source].store
                    while position < log.public_head:
                        await asyncio.sleep(0.01)
                        position = reactor.positions[source]


Open = Callable[..., AbstractAsyncContextManager[Office]]


@pytest.fixture
async def told(tmp_path: Path) -> AsyncIterator[Producers]:
    async with producers(tmp_path) as running:
        yield running


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    async with mail_server() as running:
        yield running


@pytest.fixture
def office_opens(tmp_path: Path, told: Producers, server: MailServer) -> Open:
    """Opens notifier, as often as a test wants: the same directory again is a restart."""

    @asynccontextmanager
    async def opens(**settings: Any) -> AsyncIterator[Office]:
        chosen: dict[str, Any] = {
            "public_url": SITE,
            "smtp_url": server.url,
            "mail_from": "guichet@cd.example.org",
            "mail_retries": FAST,
            "smtp_timeout": 2,
        }
        async with serving(SERVICE, tmp_path, **(chosen | told.urls | settings)) as desk:
            yield Office(desk, told, server)

    return opens


@pytest.fixture
async def office(office_opens: Open) -> AsyncIterator[Office]:
    async with office_opens() as running:
        yield running
