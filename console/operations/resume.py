"""`guichet resume`: a reactor stopped because a log was replaced; it follows the new one."""

from __future__ import annotations

import argparse
import sys

from console.operations.operator import SERVICES, Operator, Refused, add_data


def add(parser: argparse.ArgumentParser) -> None:
    """The options."""
    add_data(parser)
    parser.add_argument("service", choices=SERVICES, help="service du réacteur")
    parser.add_argument("reactor", help="nom du réacteur")
    parser.add_argument("source", choices=SERVICES, help="service dont le journal a été remplacé")
    parser.add_argument(
        "--start",
        choices=("beginning", "end"),
        required=True,
        help="depuis le premier fait (après une restauration : rien n'est fait deux fois), ou depuis la fin",
    )


def run(args: argparse.Namespace) -> int:
    """Do it; 1 when it was refused."""
    try:
        body = {name: getattr(args, name) for name in ("reactor", "source", "start")}
        Operator(args.data).call(args.service, "POST", "/resumption", body)
    except Refused as refused:
        print(refused, file=sys.stderr)
        return 1
    print("C'est fait : le réacteur reprend dans les quinze secondes.")
    return 0
