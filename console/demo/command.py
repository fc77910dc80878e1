"""`guichet demo`: the whole journey against the running stack."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

import httpx

from console.demo import journey
from console.demo.audit import audit
from console.demo.everybody import everybody
from console.demo.narration import Narrator
from console.demo.people import sign_in, sign_up
from console.demo.portal import Mailbox, Portal, Unexpected

PIECES = Path(__file__).parents[2] / "tests" / "data"
ASSOCIATION = {"kind": "association", "name": "Fanfare des villages", "identifier": "732 829 320 00074"}


def add(parser: argparse.ArgumentParser) -> None:
    """The options."""
    port, mailbox = os.environ.get("GUICHET_PORT", "8000"), os.environ.get("GUICHET_MAILBOX_PORT", "8025")
    parser.add_argument("--url", default=f"http://127.0.0.1:{port}", help="adresse du portail")
    parser.add_argument("--mailbox", default=f"http://127.0.0.1:{mailbox}", help="adresse de la boîte aux lettres")
    parser.add_argument("--pieces", type=Path, default=PIECES, help="dossier des documents à envoyer")


def run(args: argparse.Namespace) -> int:
    """Play the journey; 1 when something did not go as told."""
    tell = Narrator()
    started = time.perf_counter()
    try:
        play(Portal(args.url), Mailbox(args.mailbox), tell, args.pieces)
    except (Unexpected, httpx.HTTPError) as error:
        print(f"\nLe parcours s'est arrêté : {error}", file=sys.stderr)
        return 1
    print(f"\nParcours complet : {len(tell.steps)} étapes en {time.perf_counter() - started:.1f} s.")
    return 0


def play(portal: Portal, mailbox: Mailbox, tell: Narrator, pieces: Path) -> None:
    """Everything. Raises Unexpected at the first thing that is not as it should be."""
    person, email = with_account(portal, mailbox, tell, pieces)
    without_account(portal, mailbox, tell)
    tell.chapter("8. Pour chacun : association, entreprise, commune, collège")
    everybody(portal, person, mailbox, tell, email)


def with_account(portal: Portal, mailbox: Mailbox, tell: Narrator, pieces: Path) -> tuple[Portal, str]:
    """An applicant with an account, the service, and the auditor: the applicant and his address."""
    tell.chapter("1. Un compte")
    person, email = sign_up(portal, mailbox, tell, "Camille", "Martin")
    tell.chapter("2. Deux demandes : pour soi, et pour une association")
    own = journey.file_demande(person, tell, "bourse-departementale-collegien", {"kind": "self"})
    journey.receive(mailbox, tell, email, own, "Accusé de réception reçu avec son numéro de suivi")
    filed = journey.file_demande(person, tell, "subvention-association", ASSOCIATION)
    journey.receive(mailbox, tell, email, filed, "Accusé de réception de l'association reçu")
    tell.chapter("3. Au guichet")
    with tell.step("L'instructeur se connecte"):
        agent = sign_in(portal, "instructeur@demo.example.org")
    journey.take(agent, tell, filed["id"])
    journey.receive(mailbox, tell, email, filed, "Courrier reçu : instruction commencée", "instruction")
    journey.ask_for_documents(agent, tell, filed["id"])
    journey.receive(mailbox, tell, email, filed, "Courrier reçu : documents demandés", "Attestation signée")
    tell.chapter("4. La discussion")
    with tell.step("Le demandeur trouve la discussion dans ses notifications"):
        if filed["id"] not in [item["demande"]["id"] for item in person.get("/api/notifications")["items"]]:
            raise Unexpected("la discussion n'est pas dans les notifications")
    originals = {name: (pieces / name).read_bytes() for name in ("attestation.pdf", "photo.jpg", "plan.png")}
    sent = [
        journey.upload(person, tell, filed["id"], pieces / name, "Le demandeur")
        for name in ("attestation.pdf", "photo.jpg")
    ]
    journey.reply(person, tell, filed["id"], sent)
    journey.download_all(agent, tell, filed["id"], "L'instructeur", originals)
    journey.send_document(agent, tell, filed["id"], pieces / "plan.png")
    journey.receive(mailbox, tell, email, filed, "Courrier reçu : nouveau message")
    journey.download_all(person, tell, filed["id"], "Le demandeur", originals)
    tell.chapter("5. La décision")
    before = journey.decide(agent, tell, filed["id"])
    journey.receive(mailbox, tell, email, filed, "Courrier reçu : demande acceptée", "acceptée")
    tell.chapter("6. L'audit")
    with tell.step("L'auditeur se connecte"):
        auditor = sign_in(portal, "auditeur@demo.example.org")
    audit(auditor, tell, filed["id"], before)
    return person, email


def without_account(portal: Portal, mailbox: Mailbox, tell: Narrator) -> None:
    """An applicant without an account, who follows his demande with his address and his tracking number."""
    tell.chapter("7. Sans compte")
    email = f"sans.compte.{os.urandom(3).hex()}@example.org"
    contact = {"email": email, "first_name": "Noé", "last_name": "Petit", "postal_address": "3 rue du Puits, Orléans"}
    terms = portal.get("/api/terms")["version"]
    filed = journey.file_demande(
        portal,
        tell,
        "bourse-departementale-collegien",
        {"kind": "self"},
        contact=contact,
        terms_version=terms,
    )
    journey.receive(mailbox, tell, email, filed, "Accusé de réception reçu avec son numéro de suivi")
    with tell.step("Suivi avec l'adresse électronique et le numéro de suivi"):
        typed = filed["tracking_number"].lower().replace("-", " ")
        opened = portal.post("/api/tracking-sessions", {"email": email.upper(), "tracking_number": typed}, expect=201)
        follower = portal.signed_in(opened["token"])
        if follower.get(f"/api/demandes/{filed['id']}")["status"] != "deposee":
            raise Unexpected("le suivi ne montre pas la demande")
        if [item["id"] for item in follower.get("/api/demandes")["items"]] != [filed["id"]]:
            raise Unexpected("le suivi montre autre chose que cette demande")
    with tell.step("Le service fait avancer la demande"):
        agent = sign_in(portal, "instructeur@demo.example.org")
        agent.post(f"/api/backoffice/demandes/{filed['id']}/status", {"status": "en_instruction"})
    journey.receive(mailbox, tell, email, filed, "Courrier reçu : instruction commencée", "instruction")
    with tell.step("Le suivi montre le nouveau statut"):
        if follower.get(f"/api/demandes/{filed['id']}")["status"] != "en_instruction":
            raise Unexpected("le suivi n'est pas à jour")
