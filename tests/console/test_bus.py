"""The embedded NATS server: who may say what, and the stream other systems read."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import nats
import pytest
from nats.aio.client import Client
from nats.js.errors import APIError

from console.components.bus import STREAM_CONFIG, nats_server
from console.keys import make_keys
from console.ports import assign
from kernel.bus import stream_config

Connect = Callable[[str], Awaitable[Client]]


async def quiet(_: Exception) -> None:
    """nats-py would print a traceback."""


@pytest.fixture
async def connect(tmp_path: Path) -> AsyncIterator[Connect]:
    """A real server; opens a connection with the NKey of a process, whose errors are in `client.refusals`."""
    (tmp_path / "run").mkdir()
    make_keys(tmp_path)
    port = assign(("nats",), (), tmp_path / "run" / "ports.json", {})["nats"]
    component = nats_server(tmp_path, port, os.environ)
    server = await asyncio.create_subprocess_exec(*component.argv, stderr=asyncio.subprocess.DEVNULL)
    async with asyncio.timeout(10):
        while not await component.ready():
            await asyncio.sleep(0.02)
    clients: list[Client] = []

    async def open_as(name: str) -> Client:
        seed = str(tmp_path / "keys" / name / "nats.seed")
        client = await nats.connect(
            f"nats://127.0.0.1:{port}",
            nkeys_seed=seed,
            inbox_prefix=f"_INBOX.{name}",
            error_cb=quiet,
            allow_reconnect=False,
        )
        clients.append(client)
        return client

    yield open_as
    for client in clients:
        with suppress(Exception):
            await client.close()
    server.terminate()
    await server.wait()


async def settled(client: Client) -> None:
    """The server has seen everything: nats-py's PING overtakes what it still buffers, so only a second comes after."""
    await client.flush()
    await client.flush()


async def refused(client: Client) -> bool:
    """Whether the server complained about what this client just did."""
    await settled(client)
    await asyncio.sleep(0.05)
    return "permissions violation" in str(client.last_error).lower()


@pytest.mark.parametrize("subject", ["guichet.files.FileVetted.abc", "guichet-heartbeat.files"])
async def test_a_service_publishes_under_its_own_name(connect: Connect, subject: str) -> None:
    client = await connect("files")
    await client.publish(subject, b"{}")
    assert not await refused(client)


@pytest.mark.parametrize(
    "subject",
    ["guichet.identity.AccountCreated.abc", "guichet-heartbeat.identity", "guichet-session.closed", "elsewhere"],
)
async def test_a_service_cannot_speak_for_another(connect: Connect, subject: str) -> None:
    client = await connect("files")
    await client.publish(subject, b"{}")
    assert await refused(client)


async def test_identity_announces_closed_sessions_and_the_gateway_hears_it(connect: Connect) -> None:
    gateway, identity = await connect("gateway"), await connect("identity")
    heard = await gateway.subscribe("guichet-session.>")
    await settled(gateway)
    await identity.publish("guichet-session.closed", b"abc")
    assert (await heard.next_msg(timeout=20)).data == b"abc"


@pytest.mark.parametrize("subject", ["guichet.dossiers.DemandeSubmitted.abc", "$JS.API.INFO", "guichet-session.closed"])
async def test_the_gateway_publishes_nothing(connect: Connect, subject: str) -> None:
    client = await connect("gateway")
    await client.publish(subject, b"{}")
    assert await refused(client)


@pytest.mark.parametrize("subject", ["_INBOX.identity.>", "_INBOX.>", "$JS.>", ">"])
async def test_a_process_hears_no_answer_meant_for_another(connect: Connect, subject: str) -> None:
    client = await connect("files")
    await client.subscribe(subject)
    assert await refused(client)


async def test_a_service_cannot_empty_or_delete_the_stream(connect: Connect) -> None:
    client = await connect("files")
    for subject in ("$JS.API.STREAM.DELETE.GUICHET", "$JS.API.STREAM.PURGE.GUICHET"):
        with pytest.raises(asyncio.TimeoutError):
            await client.request(subject, b"", timeout=0.2)
    assert (await client.jetstream().stream_info("GUICHET")).config.name == "GUICHET"


async def test_what_a_service_publishes_is_acknowledged_once_and_deduplicated(connect: Connect) -> None:
    js = (await connect("dossiers")).jetstream()
    headers = {"Nats-Msg-Id": "e-1"}
    first = await js.publish("guichet.dossiers.DemandeSubmitted.abc", b"{}", headers=headers)
    again = await js.publish("guichet.dossiers.DemandeSubmitted.abc", b"{}", headers=headers)
    assert (first.stream, first.duplicate, again.duplicate) == ("GUICHET", None, True)


async def test_the_console_follows_the_stream_from_its_beginning_and_says_nothing(connect: Connect) -> None:
    await (await connect("dossiers")).jetstream().publish("guichet.dossiers.DemandeSubmitted.abc", b"{}")
    console = await connect("console")
    consumer = await console.jetstream().pull_subscribe("guichet.>", stream="GUICHET")
    (message,) = await consumer.fetch(1, timeout=5)
    await message.ack()
    assert message.subject == "guichet.dossiers.DemandeSubmitted.abc"
    await console.publish("guichet.dossiers.DemandeSubmitted.abc", b"{}")
    assert await refused(console)


async def test_a_service_that_makes_sure_of_the_stream_agrees_with_the_supervisor(connect: Connect) -> None:
    js = (await connect("notifier")).jetstream()
    try:
        info = await js.add_stream(stream_config())
    except APIError as error:
        raise AssertionError(f"kernel.bus and console.components.bus describe two streams: {error}") from error
    assert info.config.max_bytes == STREAM_CONFIG["max_bytes"]
    assert info.config.max_age == STREAM_CONFIG["max_age"] / 1e9


@pytest.mark.parametrize("login", ["{}", '{"user": "bootstrap", "pass": "guess"}'])
async def test_a_stranger_is_not_let_in(connect: Connect, login: str) -> None:
    url = (await connect("files")).connected_url
    assert url is not None
    reader, writer = await asyncio.open_connection("127.0.0.1", url.port)
    writer.write(f"CONNECT {login}\r\nPING\r\n".encode())
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    await writer.wait_closed()
    assert b"-ERR 'Authorization Violation'" in answer
    assert b"PONG" not in answer
