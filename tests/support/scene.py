"""One demande with everything about it, and everybody who may or may not see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from console.demo.command import PIECES
from console.demo.journey import upload
from console.demo.people import sign_in
from console.demo.portal import Portal
from tests.support.residents import (
    GRANT,
    Resident,
    contact,
    files,
    follows,
    moves_in,
    opens_discussion,
    writes,
)
from tests.support.stack import Stack, quiet

MISSING = "0000000000000000"
NEXT_MONTH = (datetime.now(UTC).date() + timedelta(days=30)).isoformat()
NEVER_CURRENT = '"999999"'
AGENTS = {
    "agent": "instructeur",
    "agent-2": "instructeur2",
    "administrateur": "administrateur",
    "auditeur": "auditeur",
}


@dataclass(frozen=True)
class Scene:
    """`demande` is the owner's, its discussion is open and carries `file`; `filled` are the ids of paths."""

    stack: Stack
    owner: Resident
    other: Resident
    callers: dict[str, Portal]
    numbers: dict[str, str]
    filled: dict[str, str]
    form: dict[str, Any]

    @property
    def demande(self) -> str:
        """Its id."""
        return self.filled["/demandes/{id}"]

    @property
    def file(self) -> str:
        """Its id."""
        return self.filled["/files/{id}"]

    def path(self, route: str) -> str:
        """The address of a route, about this demande. A verification or a replay is started when one is needed."""
        for job, body in (("verification", None), ("replays", {"projection": "tracking"})):
            if f"/{job}/{{id}}" in route:
                auditor = self.callers["auditeur"]
                started = auditor.call("POST", f"/api/audit/dossiers/{job}", json=body, expect=(200, 202))
                route = route.replace("{id}", started.body["id"])
        for part, value in self.filled.items():
            whole, _, name = part.rpartition("{")
            if part in route:
                route = route.replace(part, f"{whole}{value}" if name else value)
        return route

    def arguments(self, method: str, route: str) -> dict[str, Any]:
        """A body that would pass."""
        if method == "GET":
            return {}
        if route == "/api/demandes/{id}/files":
            return {"files": {"file": ("photo.jpg", (PIECES / "photo.jpg").read_bytes(), "image/jpeg")}}
        body = BODIES.get(route, self.form if route == "/api/demandes" else None)
        return {} if body is None else {"json": body}

    def fresh(self, caller: str) -> Portal:
        """The same person in a session of its own."""
        portal = self.stack.portal()
        if caller in ("owner", "other"):
            who = getattr(self, caller)
            return sign_in(portal, who.email, who.password)
        if caller in AGENTS:
            return sign_in(portal, f"{AGENTS[caller]}@demo.example.org")
        if caller.startswith("tracking"):
            who = self.owner if caller == "tracking" else self.other
            return follows(portal, who.email, self.numbers[caller])
        return self.callers[caller]


# Bodies of commands; those of public forms are empty on purpose, and refused as such.
BODIES: dict[str, dict[str, Any]] = {
    "/api/backoffice/demandes/{id}/labels": {"add": ["urgent"], "remove": []},
    "/api/accounts": {},
    "/api/accounts/activation": {},
    "/api/accounts/activation/resend": {},
    "/api/sessions": {},
    "/api/tracking-sessions": {},
    "/api/me": {"phone": "06 12 34 56 78"},
    "/api/demandes/attachment": {"tracking_number": "0000-0000-0000-0000"},
    "/api/demandes/{id}/answers": {"answers": {}},
    "/api/demandes/{id}/withdrawal": {"reason": "Finalement non."},
    "/api/demandes/{id}/discussion/messages": {"body": "Bonjour."},
    "/api/demandes/{id}/discussion/read": {"up_to": MISSING},
    "/api/backoffice/demandes/{id}/status": {"status": "en_instruction"},
    "/api/backoffice/demandes/{id}/assignment": {"agent": None},
    "/api/backoffice/demandes/{id}/notes": {"text": "Une note."},
    "/api/backoffice/demandes/{id}/reasons": {"text": "Le budget est épuisé."},
    "/api/backoffice/demandes/{id}/opinions": {
        "agent": f"{AGENTS['agent-2']}@demo.example.org",
        "question": "Le projet est-il conforme ?",
        "due": NEXT_MONTH,
    },
    "/api/backoffice/views/{view}": {},
    "/api/backoffice/opinions/{id}": {"verdict": "reserve", "text": "Sous conditions."},
    "/api/backoffice/demandes/{id}/discussion": {"subject": "Une question", "body": "Bonjour."},
    "/api/audit/{service}/replays": {"projection": "tracking"},
}


def set_up(stack: Stack) -> Scene:
    """Everybody comes, the demande is filed and talked about."""
    owner, other = moves_in(stack), moves_in(stack)
    agents = {caller: stack.agent(name) for caller, name in AGENTS.items()}
    filed, elsewhere = files(owner.portal), files(other.portal)
    id = filed["id"]
    opens_discussion(agents["agent"], id)
    # About the other demande: whoever is asked for an opinion may read the demande it is about.
    asked = f"/api/backoffice/demandes/{elsewhere['id']}/opinions"
    opinion = (
        agents["agent"]
        .call("POST", asked, json=BODIES["/api/backoffice/demandes/{id}/opinions"], expect=201)
        .body["id"]
    )
    file = upload(owner.portal, quiet(), id, PIECES / "photo.jpg", "Camille")
    writes(owner.portal, id, attachments=[file])
    session = sign_in(stack.portal(), owner.email, owner.password)
    sessions = session.get("/api/sessions")["items"]
    form = owner.portal.get(f"/api/demarches/{GRANT}")
    return Scene(
        stack=stack,
        owner=owner,
        other=other,
        callers={
            "anonymous": stack.portal(),
            "owner": owner.portal,
            "other": other.portal,
            "tracking": follows(stack.portal(), owner.email, filed["tracking_number"]),
            "tracking-2": follows(stack.portal(), other.email, elsewhere["tracking_number"]),
            **agents,
            "garbage": stack.portal("nobody-ever-gave-me-this-token-of-43-characters"),
        },
        numbers={"tracking": filed["tracking_number"], "tracking-2": elsewhere["tracking_number"]},
        filled={
            "/administration/agents/{id}": agents["administrateur"].get("/api/backoffice/agents")["items"][0]["id"],
            "/files/{id}": file,
            "/sessions/{id}": next(item["id"] for item in sessions if item["current"]),
            "/demandes/{id}": id,
            "/opinions/{id}": opinion,
            "{stream}": f"dossiers.demande-{id}",
            "{service}": "dossiers",
            "{view}": "mes-urgences",
            "{slug}": GRANT,
            "{token}": "x" * 43,
            "{file}": "guichet.css",
        },
        form={
            "demarche": GRANT,
            "on_behalf_of": {"kind": "self"},
            "answers": {
                field["name"]: field["example"] for field in form["fields"] if field.get("example") is not None
            },
            "submit": True,
            "contact": contact(),
            "terms_version": stack.portal().get("/api/terms")["version"],
        },
    )
