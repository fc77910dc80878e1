"""« Suivre mes demandes » : an address and a tracking number, as people type them."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from console.demo.portal import Portal
from tests.support.residents import Resident, contact, files, files_without_account, follows, opens_discussion, writes
from tests.support.stack import Stack

pytestmark = pytest.mark.journey


def confusable(portal: Portal) -> tuple[dict[str, str], str]:
    """A demande whose number holds a digit that people mistake for a letter: two in three do."""
    for _ in range(30):
        filed, email = files_without_account(portal)
        if {"0", "1"} & set(filed["tracking_number"]):
            return filed, email
    raise AssertionError("thirty numbers without a 0 nor a 1")


AS_TYPED: dict[str, Callable[[str], str]] = {
    "as printed": str,
    "in lower case": str.lower,
    "without the hyphens": lambda number: number.replace("-", ""),
    "with spaces": lambda number: f"  {number.replace('-', ' ')} ",
    "the letter O for a zero": lambda number: number.replace("0", "O"),
    "the letter I for a one": lambda number: number.replace("1", "I"),
    "the letter l for a one": lambda number: number.replace("1", "l").replace("0", "o"),
}


def test_a_tracking_number_is_read_however_it_is_typed(stack: Stack) -> None:
    portal = stack.portal()
    filed, email = confusable(portal)
    for how, typed in AS_TYPED.items():
        body = {"email": email.upper(), "tracking_number": typed(filed["tracking_number"])}
        opened = portal.call("POST", "/api/tracking-sessions", json=body, expect=(201, 401, 422))
        assert opened.status == 201, how
        assert opened.body["demande"]["id"] == filed["id"]


def test_another_address_or_another_number_opens_nothing_and_answers_alike(stack: Stack) -> None:
    portal = stack.portal()
    filed, email = files_without_account(portal)
    other, _ = files_without_account(portal)
    digits = filed["tracking_number"].replace("-", "")
    wrong = "".join(random.sample(digits, len(digits)))
    answers = [
        portal.call("POST", "/api/tracking-sessions", json={"email": who, "tracking_number": number}, expect=401)
        for who, number in (
            (email, other["tracking_number"]),
            (f"x{email}", filed["tracking_number"]),
            (email, wrong if wrong != digits else wrong[::-1]),
            (email, "pas un numéro"),
            (email, ""),
        )
    ]
    assert {answer.body["slug"] for answer in answers} == {"unknown-tracking"}
    assert len({answer.content for answer in answers}) == 1


def test_the_contact_of_a_demande_wins_over_the_address_of_the_account(stack: Stack, camille: Resident) -> None:
    elsewhere = contact()["email"]
    body = {"email": elsewhere, "first_name": "Camille", "last_name": "Martin"}
    filed = files(camille.portal, contact=body)
    mailbox = stack.mailbox()
    mailbox.wait(elsewhere, lambda mail: filed["tracking_number"] in mail.text)
    follower = follows(stack.portal(), elsewhere, filed["tracking_number"])
    assert follower.get(f"/api/demandes/{filed['id']}")["status"] == "deposee"
    refused = {"email": camille.email, "tracking_number": filed["tracking_number"]}
    stack.portal().call("POST", "/api/tracking-sessions", json=refused, expect=401)


def test_a_tracking_session_talks_with_the_service_and_withdraws(stack: Stack, agent: Portal) -> None:
    portal = stack.portal()
    filed, email = files_without_account(portal)
    id = filed["id"]
    follower = follows(portal, email, filed["tracking_number"])
    assert follower.get("/api/notifications")["items"] == []
    opens_discussion(agent, id)
    (told,) = follower.get("/api/notifications")["items"]
    assert (told["demande"]["id"], told["unread"]) == (id, 1)
    writes(follower, id, "Voici ma réponse.")
    thread = agent.get(f"/api/demandes/{id}/discussion")
    assert [message["author"]["kind"] for message in thread["messages"]] == ["service", "applicant"]
    follower.post(f"/api/demandes/{id}/withdrawal", {"reason": "Finalement non."})
    assert agent.get(f"/api/backoffice/demandes/{id}")["status"] == "retiree"
    follower.call("DELETE", "/api/sessions/current", expect=204)
    follower.call("GET", f"/api/demandes/{id}", expect=401)


def test_without_an_account_a_contact_and_the_terms_are_needed(stack: Stack) -> None:
    portal = stack.portal()
    form = portal.get("/api/demarches/bourse-departementale-collegien")
    answers = {field["name"]: field["example"] for field in form["fields"] if field.get("example") is not None}
    body = {"demarche": form["slug"], "on_behalf_of": {"kind": "self"}, "answers": answers, "submit": True}
    refused = portal.call("POST", "/api/demandes", json=body, expect=422).body
    assert any(error["pointer"].startswith("/contact") for error in refused["errors"])
    refused = portal.call("POST", "/api/demandes", json=body | {"contact": contact()}, expect=422).body
    assert any(error["pointer"] == "/terms_version" for error in refused["errors"])
