"""The stream of a demande at the door: it keeps no session alive, and tells nothing in the name of one that is over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from gateway import live_stream
from gateway.live_stream import PER_SESSION
from kernel.clock import rfc3339
from tests.gateway.test_live import hint
from tests.support.town import Portal, portal

pytestmark = pytest.mark.asyncio
PATH = "/api/demandes/d1/live"
EVENTS = {"Accept": "text/event-stream"}


@pytest_asyncio.fixture
async def door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Portal]:
    """A gateway whose bus is away, that says it is there twenty times a second; d1 is the applicant's."""
    monkeypatch.setattr(live_stream, "HEARTBEAT", 0.05)
    async with portal(tmp_path, nats_url="nats://127.0.0.1:9") as found:
        found.town.says("dossiers", "GET /api/demandes/d1", body={"id": "d1"})
        yield found


@asynccontextmanager
async def followed(door: Portal, headers: dict[str, str]) -> AsyncIterator[AsyncIterator[str]]:
    async with door.client.stream("GET", PATH, headers=EVENTS | headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        lines = answer.aiter_lines()
        assert (await anext(lines)).startswith("retry: ")
        assert (await anext(lines)).startswith("id: ")
        yield lines


async def beats(lines: AsyncIterator[str], count: int) -> None:
    while count:
        count -= (await anext(lines)).startswith(":")


async def rest(lines: AsyncIterator[str]) -> list[str]:
    async with asyncio.timeout(5):
        return [line async for line in lines if line and not line.startswith(":")]


async def test_being_there_asks_identity_nothing(door: Portal) -> None:
    async with followed(door, door.town.signs_in()) as lines:
        asked = door.town.verifications
        await beats(lines, 8)
        assert door.town.verifications == asked
    await asyncio.sleep(0.1)
    assert door.gateway.live.following == 0


async def test_a_session_that_is_over_is_told_nothing_more(door: Portal) -> None:
    headers = door.town.signs_in()
    async with followed(door, headers) as lines:
        door.gateway.live.hear("discussion", hint(1))
        told = [await anext(lines) for _ in range(12)]
        assert 'data: {"kind":"message","demande":"d1"}' in told
        door.town.sessions.clear()
        door.gateway.sessions.forget(headers["Authorization"].removeprefix("Bearer "))
        door.gateway.live.hear("discussion", hint(2))
        assert await rest(lines) == []


async def test_rights_that_changed_end_the_stream(door: Portal) -> None:
    headers = door.town.signs_in("instructeur", services=["sports"])
    async with followed(door, headers) as lines:
        token = headers["Authorization"].removeprefix("Bearer ")
        door.town.sessions[token]["services"] = []
        door.gateway.sessions.forget(token)
        door.gateway.live.hear("discussion", hint(1))
        assert await rest(lines) == []


async def test_the_end_of_a_session_ends_the_stream(door: Portal) -> None:
    soon = rfc3339(datetime.now(UTC) + timedelta(seconds=1))
    async with followed(door, door.town.signs_in(expires_at=soon)) as lines:
        assert await rest(lines) == []


async def test_a_gateway_that_stops_lets_its_followers_go(door: Portal) -> None:
    async with followed(door, door.town.signs_in()) as lines:
        door.gateway.live.stop()
        assert await rest(lines) == []


async def test_one_session_follows_so_many_times_and_another_still_can(door: Portal) -> None:
    headers = door.town.signs_in()
    async with httpx.AsyncClient(base_url=door.url) as client:
        open_ones = []
        for _ in range(PER_SESSION):
            request = client.build_request("GET", PATH, headers=EVENTS | headers)
            open_ones.append(await client.send(request, stream=True))
        refused = await client.get(PATH, headers=EVENTS | headers)
        assert (refused.status_code, refused.json()["slug"]) == (429, "rate-limited")
        async with followed(door, door.town.signs_in()) as lines:
            await beats(lines, 1)
        for one in open_ones:
            await one.aclose()


async def test_without_a_bus_there_is_nothing_to_follow(tmp_path: Path) -> None:
    async with portal(tmp_path) as door:
        door.town.says("dossiers", "GET /api/demandes/d1", body={"id": "d1"})
        answer = await door.client.get(PATH, headers=EVENTS | door.town.signs_in())
        assert (answer.status_code, answer.json()["slug"]) == (503, "unavailable")
