"""What survives when the server dies, loses replies, gets slow or is asked for something twice."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest
from esdbclient import NewEvent, StreamState
from esdbclient.exceptions import DeadlineExceeded, EventStoreDBClientException, ServiceUnavailable

from tests.esdb_server.process import ROOT, EsdbServer, free_port
from tests.support.esdb import Client, connect, event, events

ANY, NO_STREAM = StreamState.ANY, StreamState.NO_STREAM
KINDS = ["append", "batch", "asyncio"]
BOTH = ["batch", "asyncio"]


async def stubborn(client: Client, stream: str, sent: list[NewEvent], version: int) -> None:
    """Append until it is acknowledged, always with the same ids."""
    while True:
        try:
            await client.append(stream, version if version >= 0 else NO_STREAM, *sent, timeout=3)
        except (EventStoreDBClientException, asyncio.CancelledError):
            # A call of a client that reconnects is cancelled, though nobody cancelled its task.
            await asyncio.sleep(0.05)
        else:
            return


async def fill(client: Client, stream: str, count: int, acknowledged: list[UUID]) -> None:
    for number in range(count):
        sent = events(1 + number % 3)
        await stubborn(client, stream, sent, len(acknowledged) - 1)
        acknowledged.extend(item.id for item in sent)


@pytest.mark.faults
@pytest.mark.parametrize("kind", KINDS)
async def test_kill_nine_loses_no_acknowledged_append(kind: str, tmp_path: Path) -> None:
    server = EsdbServer(tmp_path).start()
    clients = [await connect(kind, server.uri) for _ in range(4)]
    acknowledged: list[list[UUID]] = [[] for _ in clients]
    writing = asyncio.gather(*(fill(client, f"s{n}", 40, acknowledged[n]) for n, client in enumerate(clients)))
    for _ in range(3):
        await asyncio.sleep(random.uniform(0.05, 0.25))
        await asyncio.to_thread(server.kill)
        await asyncio.to_thread(server.start)
    await writing
    for number, client in enumerate(clients):
        found = await client.read(f"s{number}")
        assert [item.id for item in found] == acknowledged[number]
        assert [item.stream_position for item in found] == list(range(len(found)))
        await client.close()
    server.stop()


@pytest.mark.faults
@pytest.mark.parametrize("kind", KINDS)
async def test_an_append_whose_reply_was_lost_is_repeated_without_a_double(kind: str, tmp_path: Path) -> None:
    with EsdbServer(tmp_path, "--lose-every", "3") as server:
        client = await connect(kind, server.uri)
        acknowledged: list[UUID] = []
        await fill(client, "s", 20, acknowledged)
        assert [item.id for item in await client.read("s")] == acknowledged
        await client.close()


@pytest.mark.parametrize("kind", BOTH)
async def test_what_was_acknowledged_is_there_after_a_restart_and_repetitions_are_known(
    kind: str, tmp_path: Path
) -> None:
    with EsdbServer(tmp_path) as server:
        client = await connect(kind, server.uri)
        sent = events(2)
        first = await client.append("s", ANY, *sent)
        before = await client.read_all(filter_exclude=())
        server.kill()
        server.start()
        assert await client.append("s", ANY, *sent) == first
        assert await client.read_all(filter_exclude=()) == before
        assert await client.append("s", 1, event()) > first
        await client.close()


@pytest.mark.parametrize("kind", BOTH)
async def test_without_a_server_the_service_is_unavailable(kind: str, tmp_path: Path) -> None:
    server = EsdbServer(tmp_path)
    client = await connect(kind, server.uri)
    with pytest.raises(ServiceUnavailable):
        await client.append("s", ANY, event())
    with pytest.raises(ServiceUnavailable):
        await client.read("s")
    with server:
        # A channel that found nobody waits a second before it looks again.
        await stubborn(client, "s", events(1), -1)
        assert await client.revisions("s") == [0]
    await client.close()


@pytest.mark.parametrize("kind", KINDS)
async def test_a_slow_disk_runs_into_the_callers_deadline(kind: str, tmp_path: Path) -> None:
    with EsdbServer(tmp_path, "--write-delay", "0.4") as server:
        client = await connect(kind, server.uri)
        sent = event()
        with pytest.raises(DeadlineExceeded):
            await client.append("s", NO_STREAM, sent, timeout=0.1)
        # Nobody knew whether it happened: the same ids find out.
        position = await client.append("s", NO_STREAM, sent, timeout=5)
        assert [item.commit_position for item in await client.read("s")] == [position]
        await client.close()


@pytest.mark.parametrize("kind", KINDS)
async def test_a_slow_disk_runs_into_the_servers_own_limit(kind: str, tmp_path: Path) -> None:
    with EsdbServer(tmp_path, "--write-delay", "0.4", "--write-timeout", "0.1") as server:
        client = await connect(kind, server.uri)
        with pytest.raises(EventStoreDBClientException) as caught:
            await client.append("s", NO_STREAM, event(), timeout=5)
        names = {"append": "AbortedByServer", "batch": "AppendDeadlineExceeded", "asyncio": "AppendDeadlineExceeded"}
        assert type(caught.value).__name__ == names[kind]
        await client.close()


@pytest.mark.parametrize("kind", BOTH)
async def test_a_frozen_server_runs_into_deadlines_and_goes_on(kind: str, tmp_path: Path) -> None:
    with EsdbServer(tmp_path) as server:
        client = await connect(kind, server.uri)
        await client.append("s", NO_STREAM, event())
        server.freeze()
        with pytest.raises(DeadlineExceeded):
            await client.append("s", 0, event(), timeout=0.2)
        with pytest.raises(DeadlineExceeded):
            await client.read("s", timeout=0.2)
        server.thaw()
        assert len(await client.read("s", timeout=5)) >= 1
        await client.close()


def test_asked_to_stop_it_stops_at_once_and_cleanly(tmp_path: Path) -> None:
    server = EsdbServer(tmp_path).start()
    assert server.stop() == 0
    assert server.start().stop() == 0


def test_two_servers_do_not_share_a_log_or_a_port(tmp_path: Path) -> None:
    with EsdbServer(tmp_path / "a") as server:
        for data, port in ((tmp_path / "a", free_port()), (tmp_path / "b", server.port)):
            command = [sys.executable, "-m", "tests.esdb_server", "--data", str(data), "--port", str(port)]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20)
            assert done.returncode == 1
            assert "in use" in done.stderr or "bind" in done.stderr


def test_it_says_one_line_when_it_listens(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONUNBUFFERED": ""}
    command = [sys.executable, "-m", "tests.esdb_server", "--data", str(tmp_path), "--port", "0"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("EventStoreDB test double listening on 127.0.0.1:")
    process.terminate()
    rest, _ = process.communicate(timeout=20)
    assert (rest, process.returncode) == ("", 0)
