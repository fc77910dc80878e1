"""A demande from its filing to its decision, seen from both sides of the counter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from console.demo.narration import Narrator
from console.demo.portal import Mailbox, Portal, Unexpected

MEDIA_TYPES = {".pdf": "application/pdf", ".jpg": "image/jpeg", ".png": "image/png"}


def file_demande(
    portal: Portal, tell: Narrator, demarche: str, on_behalf_of: dict[str, str], **more: Any
) -> dict[str, Any]:
    """File a demande with the examples of its own form."""
    with tell.step(f"Catalogue consulté, formulaire « {demarche} » rempli") as details:
        slugs = [item["slug"] for item in portal.get("/api/demarches")["items"]]
        form = portal.get(f"/api/demarches/{demarche}")
        answers = {field["name"]: field["example"] for field in form["fields"] if field.get("example") is not None}
        details.append(f"{len(slugs)} démarches, {len(answers)} réponses")
    with tell.step("Demande déposée") as details:
        body = {"demarche": demarche, "on_behalf_of": on_behalf_of, "answers": answers, "submit": True, **more}
        filed: dict[str, Any] = portal.post("/api/demandes", body, expect=201)
        details.append(filed["reference"])
    return filed


def receive(mailbox: Mailbox, tell: Narrator, to: str, filed: dict[str, Any], what: str, *words: str) -> None:
    """Wait for the mail of one step: it carries the tracking number, and each of `words`."""
    with tell.step(what) as details:
        number = filed["tracking_number"]
        mail = mailbox.wait(
            to, lambda mail: number in mail.text and all(word in mail.subject + mail.text for word in words)
        )
        details.append(mail.subject)


def take(agent: Portal, tell: Narrator, id: str) -> None:
    """An agent finds the demande on the desk of his service, takes it and begins."""
    with tell.step("L'instructeur voit la demande dans la liste de son service"):
        found = agent.get("/api/backoffice/demandes", params={"status": "deposee", "limit": 100})
        if id not in [item["id"] for item in found["items"]]:
            raise Unexpected("la demande n'est pas dans la liste du service")
    with tell.step("Il se l'attribue"):
        agent.post(f"/api/backoffice/demandes/{id}/assignment", {"agent": "me"})
    with tell.step("Il passe la demande en instruction"):
        version = agent.call("GET", f"/api/backoffice/demandes/{id}").headers["etag"]
        agent.post(f"/api/backoffice/demandes/{id}/status", {"status": "en_instruction"}, headers={"If-Match": version})


def ask_for_documents(agent: Portal, tell: Narrator, id: str) -> None:
    """The agent opens a discussion and asks for two documents."""
    with tell.step("Il ouvre une discussion et demande deux documents"):
        body = {
            "subject": "Pièces à compléter",
            "body": "Bonjour, merci de nous transmettre les deux documents ci-dessous.",
            "requested_documents": [
                {"label": "Attestation signée", "required": True, "due": None},
                {"label": "Photographie du lieu", "required": True, "due": None},
            ],
            "attachments": [],
        }
        agent.post(f"/api/backoffice/demandes/{id}/discussion", body, expect=201)


def upload(portal: Portal, tell: Narrator, id: str, path: Path, who: str) -> str:
    """Send a file; its id once it was vetted."""
    with tell.step(f"{who} envoie « {path.name} »") as details:
        media_type = MEDIA_TYPES[path.suffix]
        sent = portal.call(
            "POST",
            f"/api/demandes/{id}/files",
            files={"file": (path.name, path.read_bytes(), media_type)},
            expect=201,
        ).body
        details.append(f"{sent['size']} octets, {sent['status']}")
    return str(sent["id"])


def reply(portal: Portal, tell: Narrator, id: str, files: list[str]) -> None:
    """The applicant answers with the documents that were asked for."""
    with tell.step("Le demandeur répond avec les deux documents"):
        discussion = portal.get(f"/api/demandes/{id}/discussion")
        asked = [document["id"] for document in discussion["requested_documents"]]
        body = {
            "body": "Bonjour, voici les documents demandés.",
            "attachments": files,
            "requested_documents": dict(zip(asked, files, strict=True)),
        }
        portal.post(f"/api/demandes/{id}/discussion/messages", body, expect=201)
    with tell.step("Il marque les messages comme lus"):
        last = portal.get(f"/api/demandes/{id}/discussion")["messages"][-1]["id"]
        portal.post(f"/api/demandes/{id}/discussion/read", {"up_to": last}, expect=204)


def download_all(portal: Portal, tell: Narrator, id: str, who: str, originals: dict[str, bytes]) -> None:
    """Download every attachment of the thread and compare it with what was sent."""
    with tell.step(f"{who} télécharge les documents") as details:
        discussion = portal.get(f"/api/demandes/{id}/discussion")
        attachments = [file for message in discussion["messages"] for file in message["attachments"]]
        for file in attachments:
            content = portal.call("GET", f"/api/files/{file['id']}").content
            if content != originals[file["name"]]:
                raise Unexpected(f"« {file['name']} » n'est pas revenu tel qu'il a été envoyé")
        if not attachments:
            raise Unexpected("aucun document dans la discussion")
        details.append(", ".join(file["name"] for file in attachments))


def send_document(agent: Portal, tell: Narrator, id: str, path: Path) -> None:
    """The agent sends a document back in the discussion."""
    file = upload(agent, tell, id, path, "L'instructeur")
    with tell.step("Il l'envoie dans la discussion"):
        body = {"body": "Veuillez trouver ci-joint le plan validé.", "attachments": [file]}
        agent.post(f"/api/demandes/{id}/discussion/messages", body, expect=201)


def decide(agent: Portal, tell: Narrator, id: str) -> str:
    """Accept the demande; the instant just before."""
    with tell.step("L'instructeur accepte la demande"):
        before = agent.get(f"/api/backoffice/demandes/{id}")["updated_at"]
        body = {"status": "acceptee", "message": "Votre demande est acceptée. Un courrier précisera le versement."}
        agent.post(f"/api/backoffice/demandes/{id}/status", body)
    return str(before)
