"""Every step of a demande is mailed, once, with its tracking number, and links that carry no secret."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import pytest

from console.demo.portal import Portal
from tests.support.residents import (
    Resident,
    files,
    files_without_account,
    follows,
    moves_in,
    opens_discussion,
    sign_up_form,
    writes,
)
from tests.support.stack import Stack

pytestmark = pytest.mark.journey

LINK = re.compile(r"https?://[^\s\"'<>]+")
LONG = 20


def links(mail: dict[str, Any]) -> set[str]:
    """Every address in a mail, text and HTML."""
    return {found.rstrip(".,;") for part in ("text", "html") for found in LINK.findall(mail[part])}


def long_segments(mail: dict[str, Any]) -> set[str]:
    """The parts of its links' paths and queries that could be a secret."""
    parts = [urlsplit(link) for link in links(mail)]
    return {
        piece
        for url in parts
        for piece in re.split(r"[/&=?;,]", f"{url.path}?{url.query}#{url.fragment}")
        if len(piece) >= LONG
    }


def instructed(agent: Portal, id: str) -> int:
    """Every step a service can take; how many mails that makes."""

    def moves(status: str, message: str | None = None) -> None:
        agent.post(f"/api/backoffice/demandes/{id}/status", {"status": status, "message": message})

    moves("en_instruction")
    opens_discussion(agent, id)
    writes(agent, id, "Un complément.")
    agent.call("POST", f"/api/backoffice/demandes/{id}/discussion/closure", expect=204)
    moves("refusee", "Il manque une pièce.")
    moves("en_instruction", "Nous avons retrouvé la pièce.")
    moves("acceptee")
    return 7


def checked(stack: Stack, to: str, filed: dict[str, Any], count: int, pages: set[str]) -> list[dict[str, Any]]:
    """The mails about a demande, each as the contract wants it."""
    mails = stack.mails(to, count)
    assert len(mails) == count, [mail["subject"] for mail in mails]
    assert len({mail["headers"]["Message-ID"] for mail in mails}) == count
    for mail in mails:
        for part in ("text", "html"):
            assert filed["tracking_number"] in mail[part], (mail["subject"], part)
            assert filed["reference"] in mail["subject"] + mail[part]
        assert {urlsplit(link).path for link in links(mail)} == pages, mail["subject"]
        assert {f"{urlsplit(link).scheme}://{urlsplit(link).netloc}" for link in links(mail)} == {stack.urls["gateway"]}
        assert long_segments(mail) == set(), mail["subject"]
        assert mail["to"] == to
        assert mail["from"] == "guichet@demo.example.org"
    return mails


def test_with_an_account_every_step_is_mailed_once_and_links_to_the_demande(stack: Stack, agent: Portal) -> None:
    resident = moves_in(stack)
    before = len(stack.mails(resident.email))
    filed = files(resident.portal)
    steps = instructed(agent, filed["id"])
    stack.mails(resident.email, before + 1 + steps)
    activation, *_ = stack.mails(resident.email)
    assert "/activation/" in activation["text"]
    mails = [mail for mail in stack.mails(resident.email) if filed["tracking_number"] in mail["text"]]
    assert len(mails) == 1 + steps
    for mail in mails:
        assert {urlsplit(link).path for link in links(mail)} == {f"/demandes/{filed['id']}", "/suivi"}
        assert long_segments(mail) == set()


def test_without_an_account_every_step_is_mailed_once_and_links_to_the_tracking_form(
    stack: Stack, agent: Portal
) -> None:
    filed, email = files_without_account(stack.portal())
    steps = instructed(agent, filed["id"])
    checked(stack, email, filed, 1 + steps, {"/suivi"})


def test_a_withdrawal_is_mailed_too(stack: Stack) -> None:
    portal = stack.portal()
    filed, email = files_without_account(portal)
    follows(portal, email, filed["tracking_number"]).post(f"/api/demandes/{filed['id']}/withdrawal", {})
    checked(stack, email, filed, 2, {"/suivi"})


def test_an_activation_mail_holds_one_secret_and_its_page_consumes_nothing(stack: Stack) -> None:
    portal = stack.portal()
    email = "suzanne.activation@example.org"
    portal.post("/api/accounts", sign_up_form(portal, email, "Pervenche-des-bois-41"), expect=202)
    (mail,) = stack.mails(email, 1)
    (token,) = long_segments(mail)
    assert {urlsplit(link).path for link in links(mail)} == {f"/activation/{token}"}
    for _ in range(3):
        page = portal.client.get(f"/activation/{token}", headers={"Accept": "text/html"})
        assert page.status_code == 200
    wrong = portal.call("POST", "/api/accounts/activation", json={"token": token, "password": "autre"}, expect=422)
    assert wrong.body["slug"] == "wrong-password"
    portal.post("/api/accounts/activation", {"token": token, "password": "Pervenche-des-bois-41"})


def test_who_has_an_account_is_warned_of_a_second_sign_up_and_nobody_else_learns_of_it(
    stack: Stack, camille: Resident
) -> None:
    portal = stack.portal()
    known = sign_up_form(portal, camille.email.upper(), "Pervenche-des-bois-42")
    unknown = sign_up_form(portal, "inconnue.au.bataillon@example.org", "Pervenche-des-bois-42")
    answers = [portal.call("POST", "/api/accounts", json=form, expect=202) for form in (known, unknown)]
    assert answers[0].content == answers[1].content
    telling = [{name for name in answer.headers if name not in ("x-request-id", "date")} for answer in answers]
    assert telling[0] == telling[1]
    subjects = [mail["subject"] for mail in stack.mails(camille.email, 2)]
    assert any("compte" in subject for subject in subjects[1:]), subjects
    warning = stack.mails(camille.email)[-1]
    assert "/activation/" not in warning["text"]
    assert long_segments(warning) == set()
