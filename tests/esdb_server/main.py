"""The process: `python -m tests.esdb_server --host 127.0.0.1 --port 2113 --data DIR`."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.esdb_server.access import User
from tests.esdb_server.cluster import Endpoint
from tests.esdb_server.node import Options
from tests.esdb_server.server import MEGABYTE, Server


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
    server = Server(
        options.data,
        host=options.host,
        port=options.port,
        advertise=options.advertise,
        tls=(options.key.read_bytes(), options.cert.read_bytes()) if options.cert else None,
        users=options.user + [user._replace(writes=False) for user in options.reader],
        members=options.cluster,
        replicas=frozenset(options.replica),
        limits=Options(options.max_append_size, options.write_timeout, options.write_delay, options.lose_every),
    )
    try:
        await server.start()
    except (RuntimeError, OSError) as error:
        sys.exit(str(error))
    resigning: set[asyncio.Task[None]] = set()
    loop.add_signal_handler(signal.SIGUSR1, lambda: resigning.add(loop.create_task(server.node.resign())))
    role = "leader" if server.node.cluster.leads else "follower"
    print(f"EventStoreDB test double listening on {server.me.host}:{server.me.port} ({role})", flush=True)
    await stop.wait()
    await server.stop()


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
