"""How an auditor's pages name services, facts and those who act."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from gateway.labels import label

SERVICES: Final[Mapping[str, str]] = {
    "identity": "Comptes",
    "dossiers": "Demandes",
    "discussion": "Discussions",
    "files": "Documents",
    "notifier": "Courriers électroniques",
}
_ACTORS: Final[Mapping[str, str]] = {
    "account": "par le compte",
    "tracking": "par le suivi sans compte de la demande",
    "anonymous": "par le visiteur",
}


def by(actor: str) -> str:
    """« par le compte 7k3m… », of `account:7k3m…`; « automatiquement, service Demandes »."""
    kind, _, id = actor.partition(":")
    if kind == "service":
        return f"automatiquement, service {SERVICES.get(id, id)}"
    return f"{_ACTORS.get(kind, kind)} {id}"


def shown(event: Mapping[str, Any]) -> dict[str, Any]:
    """A CloudEvent as a page shows it: `service`, `name` and `label` beside what it says itself."""
    service = str(event["source"]).rpartition("/")[2]
    name = str(event["type"]).rpartition(".v")[0].rpartition(".")[2]
    return {
        **event,
        "service": service,
        "name": name,
        "label": event.get("label") or label(str(event["type"])),
        "by": by(str(event["actor"])),
        "past": f"/audit/flux/{service}/{event['subject']}?version={event['streamversion']}",
    }
