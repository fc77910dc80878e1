"""`guichet rebuild`: a read model built again from event 0, beside the live one, which it then replaces."""

from __future__ import annotations

import argparse
import sys

from console.operations.operator import SERVICES, Operator, Refused, add_data


def add(parser: argparse.ArgumentParser) -> None:
    """The options."""
    add_data(parser)
    parser.add_argument("service", choices=SERVICES)
    parser.add_argument("projection", help="nom du modèle de lecture")


def run(args: argparse.Namespace) -> int:
    """Do it; 1 when it was refused."""
    try:
        report = Operator(args.data).finish(args.service, "/rebuild", {"projection": args.projection})
    except Refused as refused:
        print(refused, file=sys.stderr)
        return 1
    same = "identique" if report["identical"] else f"différent ({', '.join(report['differences'])})"
    print(f"{args.projection} : {report['events']} faits en {report['seconds']} s, {same} à l'ancien.")
    return 0
