"""The gateway as a process: its environment in, JSON lines out, a quick and clean end."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import httpx

from tests.support.service import make_keys
from tests.support.town import free_socket


async def test_it_starts_from_its_environment_logs_json_and_ends_on_sigterm(tmp_path: Path) -> None:
    (tmp_path / "gateway.pem").write_text(make_keys(tmp_path / "trust")["gateway"])
    (tmp_path / "secret").write_text("5a" * 32)
    with free_socket() as found:
        port = found.getsockname()[1]
    environment = os.environ | {
        "GUICHET_BIND": f"127.0.0.1:{port}",
        "GUICHET_TRUST": str(tmp_path / "trust"),
        "GUICHET_SIGNING_KEY_FILE": str(tmp_path / "gateway.pem"),
        "GUICHET_SECRET_FILE": str(tmp_path / "secret"),
        "GUICHET_DOSSIERS_URL": "http://127.0.0.1:1",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway.main", env=environment, stdout=PIPE, stderr=PIPE
    )
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            await _up(client)
            assert (await client.get("/readyz")).status_code == 503
            answer = await client.get("/api/demarches?email=ada@example.org", headers={"X-Request-Id": "request-77"})
            assert answer.status_code == 503
    finally:
        process.send_signal(signal.SIGTERM)
        out, err = await asyncio.wait_for(process.communicate(), 10)
    # uvicorn raises the signal again once everything is closed.
    assert process.returncode in (0, -signal.SIGTERM)
    assert out == b""
    lines = [json.loads(line) for line in err.splitlines()]
    assert "request-77" in {line.get("correlation") for line in lines}
    assert b"ada@example.org" not in err


async def _up(client: httpx.AsyncClient) -> None:
    for _ in range(100):
        try:
            await client.get("/livez")
            return
        except httpx.TransportError:
            await asyncio.sleep(0.1)
    raise AssertionError("the gateway did not start")
