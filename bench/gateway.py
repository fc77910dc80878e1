"""The gateway's hot path against the same service called directly, in one run: `python -m bench.gateway`.

A FastAPI service echoes a body of six fields; the gateway in front of it is the real one, its
session cache, limits, tokens and headers included. Service, gateway and load share the machine's cores.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from fastapi import FastAPI
from pydantic import BaseModel, SecretStr

from bench.neighbours import Neighbours, processor_seconds
from bench.report import machine, publish, spread, table
from gateway.main import serve
from gateway.settings import GatewaySettings
from kernel.clock import rfc3339

BODY = (
    '{"demarche":"aide-sport","email":"ada@example.org","first_name":"Ada","last_name":"Martin",'
    '"amount":1250,"comment":"Une demande de subvention pour le club."}'
)
ROUNDS = 3
SECONDS = 3
TRIES = 8
QUIET = 0.08  # of the machine for others: busier rounds are tried again
CONNECTIONS = (1, 32)
TARGET = 0.4  # of the direct rate, under load: with the most connections


class Echo(BaseModel):
    """Six fields."""

    demarche: str
    email: str
    first_name: str
    last_name: str
    amount: int
    comment: str


@dataclass(frozen=True)
class Load:
    """Requests a second, and the 99th percentile in milliseconds."""

    rate: float
    p99: float


@dataclass(frozen=True)
class Case:
    """One kind of request."""

    name: str
    method: str
    path: str
    bearer: bool


CASES = (
    Case("GET, session", "GET", "/api/demandes", True),
    Case("POST, session", "POST", "/api/demandes", True),
    Case("GET, public", "GET", "/api/demarches", False),
)


def run_service(port: int) -> None:
    """The service, and what identity says of the one session."""
    app = FastAPI()
    page = Echo.model_validate_json(BODY)

    @app.post("/api/demandes")
    async def post(body: Echo) -> Echo:
        return body

    @app.get("/api/demandes")
    @app.get("/api/demarches")
    async def get() -> Echo:
        return page

    @app.post("/internal/sessions/verify")
    async def verify() -> dict[str, Any]:
        ends = rfc3339(datetime.now(UTC) + timedelta(hours=1))
        names = {"email": "ada@example.org", "first_name": "Ada", "last_name": "Martin"}
        return {"kind": "account", "account": "a1", "roles": ["demandeur"], "sid": "s1", "expires_at": ends} | names

    uvicorn.run(app, host="127.0.0.1", port=port, log_config=None, access_log=False, timeout_keep_alive=75)


def run_gateway(port: int, service: int, trust: str) -> None:
    """The real gateway; every service is the one above."""
    key = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    url = f"http://127.0.0.1:{service}"
    serve(
        GatewaySettings(
            bind=f"127.0.0.1:{port}",
            trust=Path(trust),
            signing_key=SecretStr(key.decode()),
            secret=SecretStr("00" * 32),
            identity_url=url,
            dossiers_url=url,
        )
    )


def measure(base: str, case: Case, connections: int) -> Load:
    """Load one address for a few seconds with wrk, or with aiohttp where wrk is not installed."""
    if shutil.which("wrk"):
        return _wrk(base, case, connections)
    command = [sys.executable, "-m", "bench.gateway", base, case.name, str(connections)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return Load(float(said[0]), float(said[1]))


def _wrk(base: str, case: Case, connections: int) -> Load:
    script = Path(tempfile.mkstemp(suffix=".lua")[1])
    lines = [f'wrk.method = "{case.method}"', 'wrk.headers["Content-Type"] = "application/json"']
    if case.method == "POST":
        lines.append(f"wrk.body = '{BODY}'")
    if case.bearer:
        lines.append('wrk.headers["Authorization"] = "Bearer bench"')
    script.write_text("\n".join(lines))
    said = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "--latency", "-s", str(script), base + case.path],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    script.unlink()
    if "Non-2xx" in said or "Socket errors" in said:
        raise RuntimeError(said)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    tail = re.search(r"99%\s+([\d.]+)(us|ms|s)", said)
    assert rate
    assert tail
    return Load(float(rate[1]), float(tail[1]) * {"us": 0.001, "ms": 1, "s": 1000}[tail[2]])


async def _aiohttp(base: str, case: Case, connections: int) -> Load:
    headers = {"Content-Type": "application/json"} | ({"Authorization": "Bearer bench"} if case.bearer else {})
    times: list[float] = []
    until = time.perf_counter() + SECONDS

    async def one(session: aiohttp.ClientSession) -> None:
        while (started := time.perf_counter()) < until:
            data = BODY if case.method == "POST" else None
            async with session.request(case.method, base + case.path, data=data, headers=headers) as answer:
                assert answer.status == 200
                await answer.read()
            times.append(time.perf_counter() - started)

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=connections)) as session:
        await asyncio.gather(*(one(session) for _ in range(connections)))
    return Load(len(times) / SECONDS, statistics.quantiles(times, n=100)[-1] * 1000)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def _started(context: Any, target: Callable[..., None], port: int, probe: str, *arguments: object) -> Any:
    process = context.Process(target=target, args=(port, *arguments), daemon=True)
    process.start()
    for _ in range(200):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}{probe}", timeout=2).close()
            return process
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"{target.__name__} did not start")


def main() -> None:
    """Measure, and write the report."""
    context = multiprocessing.get_context("spawn")
    service, gateway = _free_port(), _free_port()
    rows, ratios = [], []
    with tempfile.TemporaryDirectory() as trust:
        processes = [
            _started(context, run_service, service, "/api/demarches"),
            _started(context, run_gateway, gateway, "/livez", service, trust),
        ]
        try:
            for case in CASES:
                for connections in CONNECTIONS:
                    rounds = _rounds(case, connections, service, gateway, [p.pid for p in processes])
                    rows.append(_row(case, connections, rounds))
                    if connections == max(CONNECTIONS):
                        ratios.append(statistics.median(each.ratio for each in rounds))
        finally:
            for process in reversed(processes):
                process.terminate()
                process.join()
    head = ("request", "connections", "direct /s", "gateway /s", "p99 ms", "gateway CPU µs", "others", "ratio")
    verdict = f"With {max(CONNECTIONS)} connections the least median ratio is {min(ratios):.2f}; wanted {TARGET}."
    tool = "wrk" if shutil.which("wrk") else "aiohttp"
    intro = (
        f"{machine()}. Load: {tool}. The quietest {ROUNDS} of at most {TRIES} rounds of {SECONDS} s, direct and"
        " gateway in turn; « others » is what other processes had of the machine, at most. Median [least-most]."
    )
    publish("gateway", f"# The gateway's hot path\n\n{intro}\n\n{table(head, rows)}\n\n{verdict}")


@dataclass(frozen=True)
class Round:
    """One pair of loads, what the gateway spent a request, and how busy the neighbours were."""

    direct: Load
    through: Load
    spent: float
    others: float

    @property
    def ratio(self) -> float:
        """What is left of the direct rate."""
        return self.through.rate / self.direct.rate


def _rounds(case: Case, connections: int, service: int, gateway: int, pids: Sequence[int]) -> list[Round]:
    """The quietest rounds of those tried."""
    tried: list[Round] = []
    neighbours = Neighbours(pids)
    while len(tried) < TRIES and sum(each.others < QUIET for each in tried) < ROUNDS:
        neighbours.wait_until(QUIET, 10)
        neighbours.share()
        direct = measure(f"http://127.0.0.1:{service}", case, connections)
        before = processor_seconds(pids[1])
        through = measure(f"http://127.0.0.1:{gateway}", case, connections)
        spent = (processor_seconds(pids[1]) - before) * 1e6 / (through.rate * SECONDS)
        tried.append(Round(direct, through, spent, neighbours.share()))
    return sorted(tried, key=lambda each: each.others)[:ROUNDS]


def _row(case: Case, connections: int, rounds: Sequence[Round]) -> tuple[str, ...]:
    return (
        case.name,
        str(connections),
        spread([each.direct.rate for each in rounds]),
        spread([each.through.rate for each in rounds]),
        spread([each.through.p99 for each in rounds], 1),
        spread([each.spent for each in rounds]),
        f"{max(each.others for each in rounds):.0%}",
        spread([each.ratio for each in rounds], 2),
    )


def _one_load() -> None:
    base, name, connections = sys.argv[1:]
    case = next(case for case in CASES if case.name == name)
    load = asyncio.run(_aiohttp(base, case, int(connections)))
    sys.stdout.write(f"{load.rate} {load.p99}\n")


if __name__ == "__main__":
    _one_load() if len(sys.argv) > 1 else main()
