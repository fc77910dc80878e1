"""Five services on loopback that speak the internal protocol and answer what a test wrote down for them.

They check the gateway's tokens as the real ones do. The gateway itself is the real one, behind uvicorn.
"""

from __future__ import annotations

import asyncio
import itertools
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, MutableMapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import httpx
import uvicorn
from pydantic import SecretStr
from pydantic_core import from_json, to_json

from gateway.main import Gateway
from gateway.protocol import BoundedProtocol
from gateway.routes import SERVICES
from gateway.settings import GatewaySettings
from kernel.clock import rfc3339
from kernel.http.problems import problem
from kernel.http.tokens import BadToken, Principal, Verifier, load_trust
from tests.support.service import make_keys

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Scope = MutableMapping[str, Any]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


@dataclass(frozen=True)
class Heard:
    """A request that reached a service, and who made it."""

    service: str
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    principal: Principal


@dataclass(frozen=True)
class Written:
    """An answer written down."""

    status: int = 200
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    chunks: tuple[bytes, ...] = ()
    pause: float = 0.0


@dataclass
class Town:
    """The services. `says` writes an answer down; `heard` is what they were asked, verifications aside."""

    verifiers: Mapping[str, Verifier]
    sockets: Mapping[str, socket.socket]
    answers: dict[tuple[str, str, str], Written] = field(default_factory=dict)
    sessions: dict[str, dict[str, Any]] = field(default_factory=dict)
    heard: list[Heard] = field(default_factory=list)
    verifications: int = 0
    departures: int = 0
    not_ready: set[str] = field(default_factory=set)
    _tokens: Iterator[int] = field(default_factory=itertools.count)

    def says(self, service: str, call: str, status: int = 200, body: object = None, **headers: str) -> None:
        """`call` is « METHOD /path », or « METHOD /path?query » for one query alone.

        Header names are written with underscores.
        """
        method, _, path = call.partition(" ")
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers[service, method, path] = Written(status, body, names)

    def streams(self, service: str, call: str, *chunks: bytes, pause: float = 0.0, **headers: str) -> None:
        """An answer in pieces, without a Content-Length."""
        method, _, path = call.partition(" ")
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers[service, method, path] = Written(200, None, names, chunks, pause)

    def signs_in(self, *roles: str, **changes: Any) -> dict[str, str]:
        """A live session of an account, with a new token; its Authorization header."""
        token = f"token-{next(self._tokens)}"
        self.sessions[token] = {
            "kind": "account",
            "account": "0123456789abcdef",
            "email": "ada@example.org",
            "first_name": "Ada",
            "last_name": "Martin",
            "roles": ["demandeur", *roles],
            "services": [],
            "demande": None,
            "sid": f"sid-{token}",
            "expires_at": rfc3339(datetime.now(UTC) + timedelta(hours=1)),
        } | changes
        return {"Authorization": f"Bearer {token}"}

    def tracks(self, demande: str) -> dict[str, str]:
        """A live tracking session; its Authorization header."""
        return self.signs_in(kind="tracking", account=None, demande=demande, roles=[], email="t@example.org")

    def forgets(self) -> None:
        """Nothing was written, nobody signed in, nothing heard."""
        self.answers.clear()
        self.sessions.clear()
        self.heard.clear()
        self.not_ready.clear()
        self.verifications = self.departures = 0

    @property
    def last(self) -> Heard:
        """The last request heard."""
        return self.heard[-1]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application of all five: the port says which one is asked."""
        service = next(n for n, s in self.sockets.items() if s.getsockname()[1] == scope["server"][1])
        if scope["path"] == "/readyz":
            await _send(send, Written(503 if service in self.not_ready else 200, {"status": "ok"}))
            return
        headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
        try:
            token = headers.get("authorization", "").removeprefix("Bearer ")
            principal = self.verifiers[service].verify(token).principal
        except BadToken:
            await problem(401, "unauthenticated", "Connectez-vous.")(scope, receive, send)
            return
        body = b""
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.departures += 1
                return
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        if scope["path"] == "/internal/sessions/verify":
            await self._verify(principal, body, send)
            return
        query = scope["query_string"].decode()
        self.heard.append(Heard(service, scope["method"], scope["path"], query, headers, body, principal))
        said = [
            self.answers.get((service, scope["method"], path)) for path in (f"{scope['path']}?{query}", scope["path"])
        ]
        written = said[0] or said[1]
        if written is None:
            await problem(404, "not-found", "Introuvable.")(scope, receive, send)
        elif written.chunks:
            await self._stream(written, receive, send)
        else:
            await _send(send, written)

    async def _verify(self, principal: Principal, body: bytes, send: Send) -> None:
        assert principal.actor == "service:gateway"
        self.verifications += 1
        session = self.sessions.get(from_json(body)["token"])
        await _send(send, Written(404, {}) if session is None else Written(200, session))

    async def _stream(self, written: Written, receive: Receive, send: Send) -> None:
        headers = [(name.encode(), value.encode()) for name, value in written.headers.items()]
        await send({"type": "http.response.start", "status": written.status, "headers": headers})
        gone = asyncio.ensure_future(receive())
        for chunk in written.chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
            done, _ = await asyncio.wait([gone], timeout=written.pause)
            if done:
                self.departures += 1
                return
        gone.cancel()
        await send({"type": "http.response.body", "body": b""})


async def _send(send: Send, written: Written) -> None:
    body = written.body if isinstance(written.body, bytes) else b"" if written.body is None else to_json(written.body)
    headers = {"content-type": "application/json", "content-length": str(len(body))} | {
        name.lower(): value for name, value in written.headers.items()
    }
    if written.status == 204:
        headers.pop("content-length")
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": written.status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield  # the signals are pytest's


@asynccontextmanager
async def listening(
    application: Application, *sockets: socket.socket, lifespan: Literal["on", "off"] = "off", http: Any = "httptools"
) -> AsyncIterator[None]:
    """Serve an ASGI application on sockets for the length of a block."""
    config = uvicorn.Config(
        application,
        http=http,
        ws="none",
        lifespan=lifespan,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=1,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=list(sockets)))
    while not server.started:
        if task.done():
            task.result()
        await asyncio.sleep(0.005)
    try:
        yield
    finally:
        server.should_exit = True
        await task


def free_socket() -> socket.socket:
    """A socket bound to a port that was free."""
    # asyncio switches Nagle off only where the protocol is named: each answer would cost 40 ms otherwise.
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    found.bind(("127.0.0.1", 0))
    return found


@dataclass
class Portal:
    """The gateway before its town."""

    town: Town
    gateway: Gateway
    url: str
    client: httpx.AsyncClient


@asynccontextmanager
async def portal(directory: Path, *, down: tuple[str, ...] = (), **settings: Any) -> AsyncIterator[Portal]:
    """A gateway over a town; the services named in `down` have nobody listening."""
    keys = make_keys(directory / "trust")
    trust = load_trust(directory / "trust")
    sockets = {name: free_socket() for name in SERVICES}
    town = Town({name: Verifier(trust, name) for name in SERVICES}, sockets)
    own = free_socket()
    url = "http://{}:{}".format(*own.getsockname())
    chosen: dict[str, Any] = {
        "public_url": url,
        "signing_key": SecretStr(keys["gateway"]),
        "trust": directory / "trust",
        "secret": SecretStr("5a" * 32),
        **{f"{name}_url": "http://{}:{}".format(*each.getsockname()) for name, each in sockets.items()},
        **settings,
    }
    gateway = Gateway(GatewaySettings(**chosen))
    up = [each for name, each in sockets.items() if name not in down]
    try:
        async with (
            listening(town, *up),
            listening(gateway, own, lifespan="on", http=BoundedProtocol),
            httpx.AsyncClient(base_url=url) as client,
        ):
            yield Portal(town, gateway, url, client)
    finally:
        for each in (*sockets.values(), own):
            each.close()
