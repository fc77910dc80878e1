"""A département with some life in it, for everybody who looks at pages: nobody, newcomers, regulars, agents."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from typing import Any

from console.demo.command import PIECES
from console.demo.journey import ask_for_documents, decide, take, upload
from console.demo.portal import Portal
from console.plan import DEMO_PASSWORD
from tests.support.residents import (
    GRANT,
    HABITAT,
    Resident,
    activation_token,
    files,
    files_without_account,
    follows,
    moves_in,
    sign_up_form,
    writes,
)
from tests.support.stack import Stack, quiet

AGENTS = ("instructeur", "instructeur2", "administrateur", "auditeur")
MANY = 60
NOBODY = "personne"
REFUSAL = {"status": "refusee", "message": "Votre dossier est arrivé après la date limite fixée par le règlement."}


@dataclass
class World:
    """`sessions` are the tokens of those who are signed in, `named` what stands for {…} in addresses."""

    stack: Stack
    sessions: dict[str, str] = field(default_factory=dict)
    named: dict[str, str] = field(default_factory=dict)
    people: dict[str, Resident] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Of the gateway."""
        return self.stack.urls["gateway"]

    def address(self, route: str, **wild: str) -> str:
        """A route filled with what is named in `wild` (or with that itself), else with what the wildcard names."""

        def value(found: re.Match[str]) -> str:
            name = wild.get(found[1], found[1])
            return self.named.get(name, name)

        return re.sub(r"\{(\w+)\}", value, route)


def comes_to_life(stack: Stack) -> World:
    """Everybody comes, files, talks and decides through the public API."""
    world = World(stack)
    for name in AGENTS:
        world.sessions[name] = _token(stack.agent(name))
    for name, first, last in (("nouvelle", "Lou", "Bernard"), ("camille", "Camille", "Martin")):
        world.people[name] = moves_in(stack, first_name=first, last_name=last)
        world.sessions[name] = world.people[name].token
    world.people["association"] = moves_in(stack, first_name="Andréa", last_name="Le Goff-Kermarrec")
    world.sessions["association"] = world.people["association"].token
    _life_of_camille(world)
    _many(world)
    _without_account(world)
    _links_of_mails(world)
    world.named["agent"] = stack.agent("administrateur").get("/api/backoffice/agents")["items"][0]["id"]
    world.named |= {f"étape {number}": str(number) for number in range(1, 9)}
    world.named |= {"slug": GRANT, "service": "dossiers", "stream": f"dossiers.demande-{world.named['discutee']}"}
    return world


def examples(portal: Portal, slug: str) -> dict[str, Any]:
    """Answers that a form accepts: its own examples."""
    fields = portal.get(f"/api/demarches/{slug}")["fields"]
    return {field["name"]: field["example"] for field in fields if field.get("example") is not None}


def _life_of_camille(world: World) -> None:
    portal, agent = world.people["camille"].portal, world.stack.agent("instructeur")
    answers = examples(portal, GRANT)
    draft = {"demarche": GRANT, "submit": False, "answers": dict(list(answers.items())[:2])}
    world.named["brouillon"] = portal.post("/api/demandes", draft, expect=201)["id"]
    for name in ("deposee", "en_instruction", "discutee", "acceptee", "refusee", "retiree"):
        world.named[name] = files(portal)["id"]
    for name in ("en_instruction", "discutee", "acceptee", "refusee"):
        take(agent, quiet(), world.named[name])
    talked = world.named["discutee"]
    ask_for_documents(agent, quiet(), talked)
    photo = upload(portal, quiet(), talked, PIECES / "photo.jpg", "Camille")
    writes(portal, talked, "Bonjour,\nvoici déjà la photographie. La suite arrive.", attachments=[photo])
    writes(agent, talked, "Merci, nous attendons encore l'attestation signée.")
    world.named["fichier"] = photo
    decide(agent, quiet(), world.named["acceptee"])
    ask_for_documents(agent, quiet(), world.named["refusee"])
    agent.post(f"/api/backoffice/demandes/{world.named['refusee']}/discussion/closure", expect=204)
    agent.post(f"/api/backoffice/demandes/{world.named['refusee']}/status", REFUSAL)
    portal.post(f"/api/demandes/{world.named['retiree']}/withdrawal", {"reason": "Je me suis trompée de démarche."})


def _many(world: World) -> None:
    portal = world.people["association"].portal
    answers = examples(portal, GRANT)
    body = {"demarche": GRANT, "on_behalf_of": {"kind": "self"}, "answers": answers, "submit": True}
    for _ in range(MANY):
        portal.post("/api/demandes", body, expect=201)


def _without_account(world: World) -> None:
    stack = world.stack
    filed, email = files_without_account(stack.portal())
    ask_for_documents(stack.agent("instructeur"), quiet(), filed["id"])
    world.named |= {"suivie": filed["id"], "numero": filed["tracking_number"], "adresse": email}
    world.sessions["suivi"] = _token(follows(stack.portal(), email, filed["tracking_number"]))


def _links_of_mails(world: World) -> None:
    stack, portal = world.stack, world.stack.portal()
    email = f"a.activer.{secrets.token_hex(4)}@example.org"
    portal.post("/api/accounts", sign_up_form(portal, email, f"Coquelicot-{secrets.token_hex(6)}-2026"), expect=202)
    world.named["activation"] = activation_token(stack.mailbox(), email)
    forgetful = world.people["nouvelle"].email
    portal.post("/api/password-resets", {"email": forgetful}, expect=202)
    mail = stack.mailbox().wait(forgetful, lambda mail: "/mot-de-passe/" in mail.text)
    found = re.search(r"/mot-de-passe/([\w-]+)", mail.text)
    assert found is not None
    world.named["oubli"] = found[1]
    world.named["perime"] = "x" * 43


def _token(portal: Portal) -> str:
    return portal._headers["Authorization"].removeprefix("Bearer ")


__all__ = ["DEMO_PASSWORD", "GRANT", "HABITAT", "MANY", "NOBODY", "World", "comes_to_life", "examples"]
