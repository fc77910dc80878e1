"""`guichet audit verify`: recompute the hash chains of every service."""

from __future__ import annotations

import argparse
import sys

from console.operations.operator import SERVICES, Operator, Refused, add_data


def add(parser: argparse.ArgumentParser) -> None:
    """The options."""
    add_data(parser)
    actions = parser.add_subparsers(dest="action", metavar="action", required=True)
    verify = actions.add_parser("verify", help="vérifier toutes les chaînes")
    verify.add_argument("service", nargs="*", help="services, tous par défaut")


def run(args: argparse.Namespace) -> int:
    """Do it; 1 when a chain is broken or a service does not answer."""
    sound = True
    try:
        operator = Operator(args.data)
        for service in args.service or SERVICES:
            report = operator.finish(service, "/verify")
            sound &= report["ok"]
            verdict = "intact" if report["ok"] else "ROMPU"
            print(f"{service:<12} {report['events']:>8} faits, {report['streams']:>6} flux : {verdict}")
            for fault in report["faults"]:
                print(f"  {fault}")
    except Refused as refused:
        print(refused, file=sys.stderr)
        return 1
    return 0 if sound else 1
