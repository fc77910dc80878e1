"""`guichet agents`: who works at the counter."""

from __future__ import annotations

import argparse
import sys

from console.operations.operator import Operator, Refused, add_data

ROLES = ("instructeur", "administrateur", "auditeur")


def add(parser: argparse.ArgumentParser) -> None:
    """The options."""
    add_data(parser)
    actions = parser.add_subparsers(dest="action", metavar="action", required=True)
    invite = actions.add_parser("add", help="inviter un agent ou lui donner un rôle")
    invite.add_argument("email", help="adresse électronique")
    invite.add_argument("first_name", help="prénom")
    invite.add_argument("last_name", help="nom")
    invite.add_argument("--role", choices=ROLES, default="instructeur", help="rôle (instructeur par défaut)")
    invite.add_argument("--service", action="append", default=[], help="service de l'instructeur, à répéter")
    actions.add_parser("list", help="lister les agents")
    disable = actions.add_parser("disable", help="retirer l'accès d'un agent, tout de suite")
    disable.add_argument("email", help="adresse électronique")


def run(args: argparse.Namespace) -> int:
    """Do it; 1 when it was refused."""
    try:
        operator = Operator(args.data)
        if args.action == "add":
            body = {name: getattr(args, name) for name in ("email", "first_name", "last_name", "role")}
            operator.call("identity", "POST", "/internal/agents", body | {"services": args.service})
            print(f"{args.email} : {args.role}. Si le compte est nouveau, un courrier d'activation est parti.")
        elif args.action == "list":
            for agent in operator.call("identity", "GET", "/internal/agents")["items"]:
                roles = ", ".join(agent["roles"])
                services = ", ".join(agent["services"]) or "–"
                print(f"{agent['email']:<40} {agent['first_name']} {agent['last_name']:<20} {roles:<30} {services}")
        else:
            agents = operator.call("identity", "GET", "/internal/agents")["items"]
            found = next((agent for agent in agents if agent["email"].lower() == args.email.lower()), None)
            if found is None:
                raise Refused(f"Aucun agent n'a l'adresse {args.email}.")
            operator.call("identity", "POST", f"/internal/agents/{found['id']}/disable")
            print(f"{args.email} n'a plus accès à Guichet.")
    except Refused as refused:
        print(refused, file=sys.stderr)
        return 1
    return 0
