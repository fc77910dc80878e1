"""The real S3 server of `make run`, started once for a test session with the same command line."""

from __future__ import annotations

import asyncio
import hashlib
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from console import keys, ports
from console.components import objects
from services.files.adapters.s3 import S3Blobs
from services.files.ports import BlobUnavailable

START_SECONDS = 30


@dataclass(frozen=True)
class S3Server:
    """Where it answers, and as whom."""

    url: str
    access_key: str
    secret_key: str


@contextmanager
def running_s3(data: Path) -> Iterator[S3Server]:
    """An S3 server that accepts writes, on free ports, forgotten at the end."""
    (data / "run").mkdir(parents=True)
    keys.make_keys(data)
    given = ports.assign(objects.PORTS, objects.PORTS, data / "run" / "ports.json", {})
    component = objects.s3_server(data, given, os.environ)
    with subprocess.Popen(
        component.argv,
        env=component.environment,
        cwd=component.folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            server = S3Server(f"http://127.0.0.1:{given['s3']}", *objects.credentials(data))
            asyncio.run(_accepts_writes(server))
            yield server
        finally:
            # Nothing of it is kept, so nothing is lost by not waiting for a clean stop.
            process.kill()
    for path in component.litter:
        path.unlink(missing_ok=True)


async def _accepts_writes(server: S3Server) -> None:
    """It answers a little before its volumes take anything, so only a write proves it ready."""
    blobs = S3Blobs(server.url, server.access_key, server.secret_key)
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            await blobs.put("quarantine", "ready", b".", "text/plain", hashlib.sha256(b".").hexdigest())
            return blobs.close()
        except BlobUnavailable:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.05)


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """One server for the whole session."""
    with running_s3(tmp_path_factory.mktemp("s3")) as server:
        yield server
