"""`guichet mailbox`: the mailbox alone, as `up` and the containers start it."""

from __future__ import annotations

import argparse
import asyncio
import signal
import threading
from pathlib import Path

from console.mailbox.smtp import listen
from console.mailbox.store import Store
from console.mailbox.web import LOOPBACK, Server


def add(parser: argparse.ArgumentParser) -> None:
    """Options of `guichet mailbox`."""
    parser.add_argument("--data", type=Path, default=Path("var"), help="dossier de données")
    parser.add_argument("--http", type=_address, default=("127.0.0.1", 8025), metavar="hôte:port")
    parser.add_argument("--smtp", type=_address, default=("127.0.0.1", 1025), metavar="hôte:port")
    parser.add_argument("--host", action="append", default=[], help="autre nom sous lequel la page peut être demandée")


def run(args: argparse.Namespace) -> int:
    """Until SIGTERM or Ctrl-C."""
    store = Store(args.data / "mailbox" / "mails.sqlite")
    server = Server(args.http, store, LOOPBACK | frozenset(args.host))
    # No poll interval: nothing ends this thread but the end of the process.
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": None}, daemon=True).start()
    try:
        asyncio.run(_receive(store, args.smtp))
    finally:
        server.server_close()
        store.close()
    return 0


async def _receive(store: Store, address: tuple[str, int]) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with await listen(store, *address):
        await stop.wait()


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal():
        raise argparse.ArgumentTypeError(f"« {text} » n'est pas de la forme hôte:port")
    return host, int(port)
