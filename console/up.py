"""`guichet up`: a whole installation on this machine, supervised."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from console import keys
from console.plan import EVENT_STORE, EVERYTHING, Impossible, Plan, compose
from console.ports import PortTaken
from console.running import AlreadyRunning, Claim, claim
from console.supervisor import Supervisor

# A machine without compiled bytecode, or a slow disk, needs a minute; after two, something is wrong.
PATIENCE = 120.0


def add(parser: argparse.ArgumentParser) -> None:
    """Options of `guichet up`."""
    parser.add_argument("--demo", action="store_true", help="catalogue et agents de démonstration, boîte aux lettres")
    parser.add_argument(
        "--only",
        type=_names,
        default=EVERYTHING,
        metavar="nom,nom…",
        help=f"seulement ces composants, parmi {', '.join(EVERYTHING)}",
    )
    parser.add_argument(
        "--store",
        choices=("sqlite", EVENT_STORE),
        default="sqlite",
        help="journal embarqué, ou doublure de test qui parle le protocole d'EventStoreDB",
    )
    parser.add_argument(
        "--database",
        metavar="postgresql://…",
        help="modèles de lecture et état dans PostgreSQL (GUICHET_DATABASE ne montre pas le mot de passe à « ps »)",
    )
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("GUICHET_DATA") or "var"))


def run(args: argparse.Namespace) -> int:
    """Runs until Ctrl-C or SIGTERM. 0: stopped on demand; 1: could not start, and the reason is on the terminal."""
    began = time.monotonic()
    # Everything under the data directory is for its owner alone: mails, keys, personal data.
    os.umask(0o077)
    data = args.data.resolve()
    data.mkdir(parents=True, exist_ok=True)
    try:
        held, ended = claim(data)
    except AlreadyRunning as refusal:
        say(str(refusal))
        return 1
    if ended:
        say(f"Restes d'un arrêt brutal, terminés : {', '.join(ended)}.")
    try:
        _ensure_keys(data)
        chosen = (*args.only, EVENT_STORE) if args.store == EVENT_STORE else args.only
        environ = dict(os.environ) | ({"GUICHET_DATABASE": args.database} if args.database else {})
        plan = compose(data, chosen, args.demo, environ)
        return _supervise(held, plan, data, began)
    except (Impossible, PortTaken) as reason:
        say(str(reason))
        return 1
    finally:
        held.release()


def say(sentence: str) -> None:
    """To the terminal, which may be gone."""
    with contextlib.suppress(OSError, ValueError):
        print(sentence, flush=True)


def _supervise(held: Claim, plan: Plan, data: Path, began: float) -> int:
    held.installation.urls = plan.urls
    held.installation.demo = plan.demo
    held.write()
    supervisor = Supervisor(plan.components, data / "logs", held.started, say)

    def when_ready() -> None:
        for line in plan.summary(time.monotonic() - began):
            say(line)

    return asyncio.run(supervisor.run(when_ready, PATIENCE))


def _ensure_keys(data: Path) -> None:
    """In a process that ends: cryptography would stay in the supervisor's memory for a need of the first start."""
    if not keys.keys_missing(data):
        return
    made = subprocess.run(
        [sys.executable, "-m", "console", "keys", "--data", str(data)], capture_output=True, text=True, check=False
    )
    if made.returncode != 0:
        raise Impossible((made.stdout + made.stderr).strip())


def _names(text: str) -> Iterable[str]:
    chosen = tuple(name.strip() for name in text.split(",") if name.strip())
    unknown = [name for name in chosen if name not in EVERYTHING]
    if unknown or not chosen:
        raise argparse.ArgumentTypeError(f"composant inconnu : {', '.join(unknown) or '(aucun)'}")
    return chosen
