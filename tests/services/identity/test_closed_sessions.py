"""What the gateway hears on the bus when a session ends."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import nats
from nats.aio.msg import Msg
from pydantic_core import from_json

from tests.support.people import People, people_at
from tests.support.town import free_socket


@asynccontextmanager
async def nats_server(directory: Path) -> AsyncIterator[str]:
    """A real server that keeps nothing."""
    with free_socket() as socket:
        port = socket.getsockname()[1]
    program = str(Path(sys.executable).with_name("nats-server"))
    command = [program, "-a", "127.0.0.1", "-p", str(port), "-js", "-sd", str(directory / "nats")]
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.DEVNULL)
    try:
        yield f"nats://127.0.0.1:{port}"
    finally:
        process.terminate()
        await process.wait()


async def connected(people: People) -> None:
    """The service has found the bus."""
    bus = people.desk.run.bus
    assert bus is not None
    async with asyncio.timeout(10):
        while not bus.connected:
            await asyncio.sleep(0.02)


async def test_every_closed_session_is_announced(tmp_path: Path) -> None:
    heard: list[str] = []

    async def hear(message: Msg) -> None:
        heard.append(from_json(message.data)["sid"])

    async with nats_server(tmp_path) as url, people_at(tmp_path, nats_url=url, sessions_per_account=2) as people:
        await connected(people)
        gateway = await nats.connect(url)
        await gateway.subscribe("guichet-session.closed", cb=hear)
        await gateway.flush()
        await people.joins()
        tokens = [(await people.sign_in()).json()["token"] for _ in range(2)]
        known = [await people.verified(token) for token in tokens]
        first, second = [one["sid"] for one in known if one is not None]
        await people.sign_in()
        holder = await people.holding(tokens[1])
        await people.desk.client.delete("/api/sessions/current", headers=holder)
        async with asyncio.timeout(5):
            while len(heard) < 2:
                await asyncio.sleep(0.01)
        assert heard == [first, second]
        await gateway.close()
