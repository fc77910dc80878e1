"""A node that listens: inside the running event loop, as tests want it, or alone in a process (`main`)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.esdb_server.access import Access, User
from tests.esdb_server.cluster import Cluster, Endpoint
from tests.esdb_server.node import Node, Options
from tests.esdb_server.services import serve
from tests.esdb_server.wire import grpc

MEGABYTE = 1024 * 1024
GRACE = 1.0
CHANNEL = [
    ("grpc.max_receive_message_length", 16 * MEGABYTE),
    # Otherwise two processes could listen on one port, each taking some of the calls.
    ("grpc.so_reuseport", 0),
    # Clients of a production server may ask every ten seconds whether it is still there.
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 5_000),
]
DEFAULTS = Options()


class Server:
    """Over a directory. `tls`: private key and certificate chain, PEM. `port` 0: any; `start` settles it."""

    me: Endpoint
    node: Node

    def __init__(
        self,
        data: Path,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        advertise: str | None = None,
        tls: tuple[bytes, bytes] | None = None,
        users: Sequence[User] = (),
        members: Sequence[Endpoint] = (),
        replicas: frozenset[int] = frozenset(),
        limits: Options = DEFAULTS,
    ) -> None:
        self._data, self._tls, self._limits = data.resolve(), tls, limits
        self._host, self._port, self._advertise = host, port, advertise
        self._users, self._members, self._replicas = list(users), members, replicas
        self._server: grpc.aio.Server | None = None

    async def __aenter__(self) -> Server:
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def uri(self) -> str:
        """A connection string, without TLS."""
        return f"esdb://{self.me.host}:{self.me.port}?Tls=false"

    async def start(self) -> Server:
        """Returns when it listens. Raises RuntimeError when the port or the directory is taken."""
        self._data.mkdir(parents=True, exist_ok=True)
        server = grpc.aio.server(options=CHANNEL)
        address = f"{self._host}:{self._port}"
        if self._tls:
            self._port = server.add_secure_port(address, grpc.ssl_server_credentials([self._tls]))
        else:
            self._port = server.add_insecure_port(address)
        self.me = Endpoint(self._advertise or self._host, self._port)
        cluster = Cluster(self._data, self.me, self._members, replica=self._port in self._replicas)
        if not cluster.claim() and not self._members:
            cluster.close()
            raise RuntimeError(f"{self._data} is in use by another server")
        self.node = Node(self._data, cluster, Access(self._users), self._limits)
        serve(server, self.node, self._replicas)
        await server.start()
        self._server = server
        return self

    async def stop(self) -> None:
        """Answer who waits, write what was accepted, let go. It may be started again, and stopped twice."""
        if self._server is not None:
            server, self._server = self._server, None
            await self.node.close()
            await server.stop(GRACE)
