"""`guichet parked`: the facts that could not be dealt with, and what becomes of them."""

from __future__ import annotations

import argparse
import sys

from console.operations.operator import SERVICES, Operator, Refused, add_data


def add(parser: argparse.ArgumentParser) -> None:
    """The options."""
    add_data(parser)
    actions = parser.add_subparsers(dest="action", metavar="action", required=True)
    actions.add_parser("list", help="lister ce qui est retenu")
    for name, summary in (("retry", "réessayer un flux retenu"), ("drop", "abandonner ce qu'un flux retient")):
        action = actions.add_parser(name, help=summary)
        action.add_argument("service", choices=SERVICES)
        action.add_argument("reactor", help="nom du réacteur")
        action.add_argument("source", help="service d'où viennent les faits")
        action.add_argument("stream", help="flux retenu")


def run(args: argparse.Namespace) -> int:
    """Do it; 1 when it was refused."""
    try:
        operator = Operator(args.data)
        if args.action == "list":
            for service in SERVICES:
                _show(service, operator.call(service, "GET", "/parked"))
        else:
            body = {name: getattr(args, name) for name in ("action", "reactor", "source", "stream")}
            operator.call(args.service, "POST", "/parked", body)
            print("C'est fait.")
    except Refused as refused:
        print(refused, file=sys.stderr)
        return 1
    return 0


def _show(service: str, held: dict[str, list[dict[str, object]]]) -> None:
    for row in held["reactors"]:
        state = "retenu" if row["parked"] else "en attente"
        print(f"{service} {row['reactor']} {row['source']} {row['stream']} {row['type']} {state} : {row['error']}")
    for row in held["projections"]:
        print(f"{service} {row['projection']} {row['source']} {row['stream']} {row['type']} retenu : {row['error']}")
