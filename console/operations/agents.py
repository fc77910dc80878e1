"""`guichet agents`: who works at the counter."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import Any

from console.operations.operator import Operator, Refused, add_data

STATES = {"active": "actif", "invited": "invité", "disabled": "sans accès"}
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
    reset = actions.add_parser("reset", help="réinitialiser la double authentification d'un agent")
    reset.add_argument("email", help="adresse électronique")


def run(args: argparse.Namespace) -> int:
    """Do it; 1 when it was refused."""
    try:
        operator = Operator(args.data)
        if args.action == "add":
            body = {name: getattr(args, name) for name in ("email", "first_name", "last_name", "role")}
            operator.call("identity", "POST", "/internal/agents", body | {"services": args.service})
            print(f"{args.email} : {args.role}. Si le compte est nouveau, un courrier d'activation est parti.")
        elif args.action == "list":
            for agent in _everybody(operator):
                print(_line(agent))
        elif args.action == "disable":
            operator.call("identity", "POST", f"/internal/agents/{_id_of(operator, args.email)}/disable")
            print(f"{args.email} n'a plus accès à Guichet.")
        else:
            operator.call("identity", "POST", f"/internal/agents/{_id_of(operator, args.email)}/second-factor/reset")
            print(f"{args.email} devra enregistrer une application à sa prochaine connexion.")
    except Refused as refused:
        print(refused, file=sys.stderr)
        return 1
    return 0


def _id_of(operator: Operator, email: str) -> str:
    for agent in _everybody(operator):
        if agent["email"].lower() == email.lower():
            return str(agent["id"])
    raise Refused(f"Aucun agent n'a l'adresse {email}.")


def _everybody(operator: Operator) -> Iterator[dict[str, Any]]:
    cursor: dict[str, str] = {}
    while True:
        page = operator.call("identity", "GET", "/internal/agents", limit=100, **cursor)
        yield from page["items"]
        if page["next"] is None:
            return
        cursor = {"cursor": page["next"]}


def _line(agent: dict[str, Any]) -> str:
    name = f"{agent['first_name']} {agent['last_name']}"
    services = ", ".join(agent["services"]) or "–"
    state = STATES.get(agent["status"], agent["status"])
    return f"{agent['email']:<36} {name:<24} {', '.join(agent['roles']):<28} {services:<30} {state}"
