"""Signing up like a person: the security question read, the link in the mail followed."""

from __future__ import annotations

import re
import secrets

from console.demo.narration import Narrator
from console.demo.portal import Mailbox, Portal, Unexpected
from console.plan import DEMO_PASSWORD

WORDS = [
    "zéro",
    "un",
    "deux",
    "trois",
    "quatre",
    "cinq",
    "six",
    "sept",
    "huit",
    "neuf",
    "dix",
    "onze",
    "douze",
    "treize",
    "quatorze",
    "quinze",
    "seize",
    "dix-sept",
    "dix-huit",
    "dix-neuf",
    "vingt",
]
OPERATIONS = {"plus": int.__add__, "moins": int.__sub__, "fois": int.__mul__}


def solve(question: str) -> str:
    """The answer to « Combien font A plus B ? », with numbers in words or digits. Raises Unexpected."""
    found = re.search(r"font ([\w-]+) (plus|moins|fois) ([\w-]+)", question)
    if found is None:
        raise Unexpected(f"question de sécurité incomprise : {question}")
    return str(OPERATIONS[found[2]](_number(found[1]), _number(found[3])))


def sign_up(portal: Portal, mailbox: Mailbox, tell: Narrator, first_name: str, last_name: str) -> tuple[Portal, str]:
    """Create an account, activate it, sign in: the signed-in portal and the address."""
    email = f"{first_name}.{last_name}.{secrets.token_hex(3)}@example.org".lower()
    password = f"Coquelicot-{secrets.token_hex(6)}-2026"
    with tell.step("Question de sécurité posée et résolue") as details:
        question = portal.get("/api/security-question")
        details.append(question["question"])
        answer = solve(question["question"])
    with tell.step(f"Compte demandé pour {email}"):
        body = {
            "email": email,
            "password": password,
            "first_name": first_name,
            "last_name": last_name,
            "terms_version": portal.get("/api/terms")["version"],
            "security_question": {"id": question["id"], "answer": answer},
        }
        portal.post("/api/accounts", body, expect=202)
    with tell.step("Courrier d'activation reçu") as details:
        mail = mailbox.wait(email, lambda mail: "/activation/" in mail.text)
        details.append(mail.subject)
    with tell.step("Compte activé par le lien du courrier"):
        token = re.search(r"/activation/([\w-]+)", mail.text)
        assert token is not None
        portal.post("/api/accounts/activation", {"token": token[1], "password": password})
    with tell.step("Connexion"):
        session = sign_in(portal, email, password)
    return session, email


def sign_in(portal: Portal, email: str, password: str = DEMO_PASSWORD) -> Portal:
    """Open a session."""
    answer = portal.post("/api/sessions", {"email": email, "password": password}, expect=201)
    return portal.signed_in(answer["token"])


def _number(word: str) -> int:
    return int(word) if word.isdigit() else WORDS.index(word)
