"""What `guichet keys --servers` leaves for containers: servers that accept it, and nobody else's password."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import nats
import psycopg
import pytest

from console.components import bus, containers
from console.keys import make_keys
from kernel.bus import stream_config
from tests.esdb_server.process import free_port
from tests.support.postgres import server


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory with its keys."""
    make_keys(tmp_path)
    containers.write(tmp_path)
    return tmp_path


def contents(data: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in (data / "keys").rglob("*") if path.is_file()}


def test_writing_again_changes_no_key_and_no_configuration(data: Path) -> None:
    before = contents(data)
    containers.write(data)
    assert contents(data) == before


def test_only_the_owner_can_read_what_is_written(data: Path) -> None:
    for path in (data / "keys").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) in ((0o700,) if path.is_dir() else (0o400, 0o600)), path


async def test_three_nodes_form_a_cluster_and_keep_the_stream_three_times(data: Path) -> None:
    ports = {name: (free_port(), free_port()) for name in containers.CLUSTER}
    routes = {name: f"127.0.0.1:{route}" for name, (_, route) in ports.items()}
    nodes = []
    try:
        for name, (client, route) in ports.items():
            more = containers.nats_cluster(data, routes, f"127.0.0.1:{route}")[name]
            config = data / f"{name}.conf"
            bus.write_config(config, data, f"127.0.0.1:{client}", data / name, more)
            nodes.append(
                await asyncio.create_subprocess_exec(
                    bus.binary("nats-server"), "-c", str(config), stderr=asyncio.subprocess.DEVNULL
                )
            )
        client_of = await nats.connect(
            f"nats://127.0.0.1:{ports['nats-2'][0]}",
            nkeys_seed=str(data / "keys" / "dossiers" / "nats.seed"),
            inbox_prefix="_INBOX.dossiers",
            max_reconnect_attempts=-1,
            reconnect_time_wait=0.1,
        )
        js = client_of.jetstream(timeout=1)
        info = None
        async with asyncio.timeout(30):
            while info is None:
                with suppress(nats.errors.Error, nats.js.errors.Error, TimeoutError):
                    info = await js.add_stream(stream_config(3))
                await asyncio.sleep(0.1)
        assert info.cluster is not None
        assert {info.cluster.leader, *(peer.name for peer in info.cluster.replicas or ())} == set(ports)
        await client_of.close()
    finally:
        for node in nodes:
            with suppress(ProcessLookupError):
                node.terminate()
        await asyncio.gather(*(node.wait() for node in nodes))


@pytest.fixture
def databases(data: Path) -> Iterator[Path]:
    """A server that was told the roles, as its container is at its first start."""
    with psycopg.connect(server(), autocommit=True) as connection:
        try:
            for line in (data / "keys" / "servers" / "postgres" / "init" / "roles.sql").read_text().splitlines():
                connection.execute(line.encode())
            yield data
        finally:
            for name in bus.SERVICES:
                connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())
                connection.execute(f"DROP ROLE IF EXISTS {name}".encode())


def test_a_service_opens_its_own_database_and_no_other(databases: Path) -> None:
    address = urlsplit(server())
    where = f"{address.hostname}:{address.port}"
    for name in bus.SERVICES:
        told = urlsplit((databases / "keys" / name / "database").read_text())
        mine = told._replace(netloc=f"{told.username}:{told.password}@{where}")
        with psycopg.connect(urlunsplit(mine)) as connection:
            connection.execute("CREATE SCHEMA mine")
        other = "files" if name != "files" else "identity"
        with pytest.raises(psycopg.OperationalError, match="permission denied"):
            psycopg.connect(urlunsplit(mine._replace(path=f"/{other}")))
