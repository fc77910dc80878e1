"""The process: `python -m tests.esdb_server --host 127.0.0.1 --port 2113 --data DIR`."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.esdb_server.access import Access, User
from tests.esdb_server.cluster import Cluster, Endpoint
from tests.esdb_server.node import Node, Options
from tests.esdb_server.services import serve
from tests.esdb_server.wire import grpc

MEGABYTE = 1024 * 1024
GRACE = 1.0


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until SIGTERM or SIGINT. SIGUSR1 makes a leader resign."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    options = _parser().parse_args(arguments)
    if bool(options.cert) != bool(options.key):
        sys.exit("--cert and --key go together")
    asyncio.run(_run(options))


async def _run(options: argparse.Namespace) -> None:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    options.data.mkdir(parents=True, exist_ok=True)
    server = grpc.aio.server(options=[("grpc.max_receive_message_length", 16 * MEGABYTE), ("grpc.so_reuseport", 0)])
    port = _bind(server, options)
    me = Endpoint(options.advertise or options.host, port)
    cluster = Cluster(options.data.resolve(), me, options.cluster, replica=port in options.replica)
    users = options.user + [user._replace(writes=False) for user in options.reader]
    limits = Options(options.max_append_size, options.write_timeout, options.write_delay, options.lose_every)
    node = Node(options.data.resolve(), cluster, Access(users), limits)
    if not options.cluster and not cluster.leads:
        sys.exit(f"{options.data} is in use by another server")
    resigning: set[asyncio.Task[None]] = set()
    loop.add_signal_handler(signal.SIGUSR1, lambda: resigning.add(loop.create_task(node.resign())))
    serve(server, node, frozenset(options.replica))
    await server.start()
    role = "leader" if cluster.leads else "follower"
    print(f"EventStoreDB test double listening on {me.host}:{port} ({role})", flush=True)
    await stop.wait()
    await node.close()
    await server.stop(GRACE)


def _bind(server: grpc.aio.Server, options: argparse.Namespace) -> int:
    address = f"{options.host}:{options.port}"
    try:
        if not options.cert:
            return int(server.add_insecure_port(address))
        pair = options.key.read_bytes(), options.cert.read_bytes()
        return int(server.add_secure_port(address, grpc.ssl_server_credentials([pair])))
    except RuntimeError as error:
        sys.exit(f"{address}: {error}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tests.esdb_server", description="A test double of EventStoreDB.")
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on")
    add("--port", type=int, default=2113, help="port to listen on; 0: any")
    add("--data", type=Path, required=True, help="directory of the log")
    add("--cert", type=Path, help="certificate chain (PEM): TLS")
    add("--key", type=Path, help="its private key (PEM)")
    add("--user", type=User.parse, action="append", default=[], help="name:password; the others get nowhere")
    add("--reader", type=User.parse, action="append", default=[], help="the same, who may not write")
    add("--advertise", help="host name told to clients; default: --host")
    add("--cluster", type=_members, default=[], help="host:port,… of every member; all share --data")
    add("--replica", type=int, action="append", default=[], help="port of a member that never leads")
    add("--max-append-size", type=int, default=MEGABYTE, help="bytes")
    add("--write-timeout", type=float, default=2.0, help="seconds")
    add("--write-delay", type=float, default=0.0, help="seconds each commit is slowed down by")
    add("--lose-every", type=int, default=0, metavar="N", help="each N-th append is written, its reply lost")
    return parser


def _members(text: str) -> list[Endpoint]:
    return [Endpoint.parse(member) for member in text.split(",")]
