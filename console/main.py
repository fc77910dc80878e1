"""The `guichet` command: a table of subcommands, of which only the one asked for is imported.

A subcommand is a module with `add(parser)`, which declares its options, and `run(args)`, which returns the exit status.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

COMMANDS = {
    "up": ("console.up", "démarrer Guichet sur cette machine"),
    "demo": ("console.demo.command", "jouer le parcours complet d'une demande sur le portail démarré"),
    "agents": ("console.operations.agents", "inviter, lister, retirer des agents"),
    "audit": ("console.operations.audit", "vérifier l'intégrité de l'historique"),
    "rebuild": ("console.operations.rebuild", "reconstruire un modèle de lecture"),
    "resume": ("console.operations.resume", "reprendre un réacteur arrêté par un journal remplacé"),
    "parked": ("console.operations.parked", "traiter les faits retenus"),
    "docs": ("console.docs.command", "écrire les documents qui se déduisent du code"),
    "keys": ("console.keys", "créer les clés qui manquent, sans rien démarrer"),
    "mailbox": ("console.mailbox.command", "la boîte aux lettres de développement, seule"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one subcommand; the exit status is its own, or 2 when the command line makes no sense."""
    asked = list(sys.argv[1:] if argv is None else argv)
    parser = argparse.ArgumentParser(prog="guichet", description="Guichet, le portail des demandes en ligne.")
    commands = parser.add_subparsers(dest="command", metavar="commande", required=True)
    for name, (module, summary) in COMMANDS.items():
        subparser = commands.add_parser(name, help=summary, description=summary)
        if asked[:1] == [name]:
            chosen = import_module(module)
            chosen.add(subparser)
            subparser.set_defaults(run=chosen.run)
    args = parser.parse_args(asked)
    return int(args.run(args) or 0)
