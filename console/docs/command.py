"""`guichet docs`: write the generated documents, or check that they are current."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from console.docs import asyncapi, configuration, events, openapi
from console.docs.services import declared

ROOT = Path(__file__).parents[2]


def add(parser: argparse.ArgumentParser) -> None:
    """The options."""
    parser.add_argument(
        "--check", action="store_true", help="ne rien écrire ; échouer si un document n'est plus à jour"
    )


def run(args: argparse.Namespace) -> int:
    """Write what changed; with --check, 1 when something would change."""
    services = declared()
    wanted = {
        ROOT / "README.md": configuration.filled((ROOT / "README.md").read_text(), services),
        ROOT / "docs" / "events.md": events.page(services),
        ROOT / "gateway" / "contract" / "openapi.json": openapi.text(services),
        ROOT / "gateway" / "contract" / "asyncapi.json": asyncapi.text(services),
    }
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text() != text]
    for path in stale:
        if args.check:
            print(f"{path.relative_to(ROOT)} n'est plus à jour : lancez « guichet docs ».", file=sys.stderr)
        else:
            path.write_text(wanted[path])
            print(f"{path.relative_to(ROOT)} écrit")
    return 1 if args.check and stale else 0
