"""Personal data is sealed at rest: a search for what people typed, in everything the processes leave behind.

Read models (`read/`) may hold it in clear, and so does the mailbox, which stands for other people's mail servers;
the documents themselves are in S3.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from console.demo.command import PIECES
from console.demo.people import sign_in
from console.demo.portal import Portal
from tests.support.residents import activation_token, follows, opens_discussion, sign_up_form, writes
from tests.support.stack import SERVICES, Stack

pytestmark = pytest.mark.journey

GRANT = "bourse-departementale-collegien"
MARK = secrets.token_hex(4)
EMAIL = f"zephyrine.canari.{MARK}@example.org"
PASSWORD = f"Grand-Corbeau-{MARK}"
TYPED = {
    "first name": "Zephyrinette",
    "last name": "Quetzalcoatlin",
    "address": "17 impasse du Canarival",
    "answer": "Philippulus",
    "subject": f"Sujetcanari {MARK}",
    "document": f"Etiquettecanari {MARK}",
    "message": f"Messagecanari {MARK}",
    "note": f"Notecanari {MARK}",
    "decision": f"Decisioncanari {MARK}",
    "reason": f"Raisoncanari {MARK}",
    "file": f"fichiercanari-{MARK}",
    "wrong password": f"Faux-{MARK}",
}


@pytest.fixture(scope="module")
def secret_values(stack: Stack) -> dict[str, str]:
    """Somebody does everything that can be done, with words that are found nowhere else; all of these words."""
    portal, agent = stack.portal(), stack.agent("instructeur")
    names = {"first_name": TYPED["first name"], "last_name": TYPED["last name"]}
    portal.post("/api/accounts", sign_up_form(portal, EMAIL, PASSWORD, **names), expect=202)
    activation = activation_token(stack.mailbox(), EMAIL)
    wrong = {"token": activation, "password": TYPED["wrong password"]}
    portal.call("POST", "/api/accounts/activation", json=wrong, expect=422)
    portal.post("/api/accounts/activation", {"token": activation, "password": PASSWORD})
    body = {"email": EMAIL, "password": TYPED["wrong password"]}
    portal.call("POST", "/api/sessions", json=body, expect=401)
    person = sign_in(portal, EMAIL, PASSWORD)
    profile = {"phone": "06 98 76 54 32", "postal_address": TYPED["address"]}
    person.call("PATCH", "/api/me", json=profile)
    filed = _files(person)
    id = filed["id"]
    follower = follows(portal, EMAIL, filed["tracking_number"])
    _instructs(agent, id)
    upload = (f"{TYPED['file']}.jpg", (PIECES / "photo.jpg").read_bytes(), "image/jpeg")
    sent = person.call("POST", f"/api/demandes/{id}/files", files={"file": upload}, expect=201).body
    writes(person, id, TYPED["message"], attachments=[sent["id"]])
    for query in (TYPED["last name"], EMAIL):
        agent.get("/api/backoffice/demandes", params={"q": query})
    refused = {"demarche": GRANT, "contact": {"email": EMAIL, "first_name": TYPED["first name"]}}
    person.call("POST", "/api/demandes", json=refused, expect=422)
    agent.post(f"/api/backoffice/demandes/{id}/status", {"status": "en_instruction", "message": TYPED["decision"]})
    follower.post(f"/api/demandes/{id}/withdrawal", {"reason": TYPED["reason"]})
    # Everything has been told to everybody once the last mail has gone out: activation, receipt, discussion,
    # instruction, withdrawal.
    stack.mails(EMAIL, 5)
    number = filed["tracking_number"]
    return TYPED | {
        "e-mail": EMAIL,
        "local part": EMAIL.split("@")[0],
        "password": PASSWORD,
        "phone": "698765432",
        "activation token": activation,
        "session": person._headers["Authorization"].removeprefix("Bearer "),
        "tracking session": follower._headers["Authorization"].removeprefix("Bearer "),
        "tracking number": number,
        "tracking number, bare": number.replace("-", ""),
    }


def _files(person: Portal) -> dict[str, str]:
    form = person.get(f"/api/demarches/{GRANT}")
    answers = {field["name"]: field["example"] for field in form["fields"] if field.get("example") is not None}
    body = {
        "demarche": GRANT,
        "on_behalf_of": {"kind": "self"},
        "answers": answers | {"enfant_nom": TYPED["answer"]},
        "submit": True,
    }
    filed: dict[str, str] = person.post("/api/demandes", body, expect=201)
    return filed


def _instructs(agent: Portal, id: str) -> None:
    document = {"label": TYPED["document"], "required": True, "due": None}
    opens_discussion(agent, id, subject=TYPED["subject"], body=TYPED["message"], requested_documents=[document])
    agent.post(f"/api/backoffice/demandes/{id}/notes", {"text": TYPED["note"]}, expect=201)


def left_behind(data: Path) -> Iterator[Path]:
    """Every file but read models, the mailbox and the objects of S3 (whose names and logs count)."""
    for path in sorted(data.rglob("*")):
        inside = path.relative_to(data).parts
        if path.is_file() and not (inside[0] == "mailbox" or "read" in inside[1:2] or inside[:2] == ("s3", "weed")):
            yield path
    yield data.with_name(f"{data.name}.said")


def disguises(text: str) -> set[bytes]:
    """A text as base64 at any offset."""
    codes = (base64.b64encode(b"x" * shift + text.encode()) for shift in range(3))
    return {code[4 if shift else 0 : len(code) // 4 * 4 - 4] for shift, code in enumerate(codes)}


def found(data: bytes, words: dict[str, str]) -> list[str]:
    """Which of these words are in there: plain in any case, in hexadecimal, in base64."""
    low = data.lower()
    return [
        name
        for name, word in words.items()
        if word.lower().encode() in low
        or word.encode().hex().encode() in low
        or any(code in data for code in disguises(word))
    ]


def test_nothing_personal_lies_in_clear_beside_the_read_models(stack: Stack, secret_values: dict[str, str]) -> None:
    looked_at = list(left_behind(stack.data))
    names = {str(path.relative_to(stack.data.parent)) for path in looked_at}
    for service in SERVICES:
        assert f"var/{service}/log.db" in names
        assert f"var/{service}/state.db" in names
        assert f"var/logs/{service}.log" in names
    assert any(name.startswith("var/nats/jetstream") and name.endswith(".blk") for name in names)
    leaks = {
        str(path): words for path in looked_at if path.exists() and (words := found(path.read_bytes(), secret_values))
    }
    assert leaks == {}


def test_the_search_finds_what_is_there(stack: Stack, secret_values: dict[str, str]) -> None:
    read = b"".join(path.read_bytes() for service in SERVICES for path in (stack.data / service / "read").iterdir())
    expected = {"first name", "last name", "e-mail", "message", "note", "file", "tracking number", "subject", "answer"}
    assert expected <= set(found(read, secret_values))
    hidden = base64.b64encode(f"..{EMAIL}..".encode())
    assert "e-mail" in found(hidden, secret_values)


def test_no_secret_lies_in_any_read_model_either(stack: Stack, secret_values: dict[str, str]) -> None:
    never = {name: secret_values[name] for name in ("password", "wrong password", "session", "tracking session")}
    for service in SERVICES:
        for path in (stack.data / service / "read").iterdir():
            assert found(path.read_bytes(), never) == [], path


def test_nothing_personal_is_counted(stack: Stack, secret_values: dict[str, str]) -> None:
    for name in (*SERVICES, "gateway"):
        answer = httpx.get(f"{stack.urls[name]}/metrics", timeout=10)
        assert answer.status_code == 200
        assert found(answer.content, secret_values) == [], name
