"""Every mail, written with what people could type to do harm."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any

import pytest

from services.notifier.adapters.addresses import sendable
from services.notifier.adapters.writing import MailWriter
from services.notifier.ports import BadAddress, Letter, Written
from tests.support.mails import DEMANDE, SITE, TOKEN, TRACKING, links, long_segments

AT = datetime(2026, 11, 24, 13, 5, 7, 123456, tzinfo=UTC)
NASTY = (
    "{{7*7}} {% raw %} <script>alert(1)</script> \"'><img src=x> &amp; $(id) "
    "\r\nBcc: victime@example.org\r\n.\r\nQUIT\r\n \u202e\x00\u2028" + "long " * 400 + "m" * 2000
)
ACCOUNT: dict[str, dict[str, Any]] = {
    "activation": {"token": TOKEN, "expires_at": AT, "invited": False},
    "sign_up_attempt": {},
    "password_reset": {"token": TOKEN, "expires_at": AT},
    "password_changed": {"how": "reset", "at": AT},
    "address_proof": {"token": TOKEN, "expires_at": AT},
    "address_warning": {"at": AT},
    "address_claimed": {},
    "address_changed": {"at": AT},
    "second_factor_enabled": {"at": AT},
    "second_factor_disabled": {"at": AT},
    "recovery_code_used": {"at": AT, "left": 1},
    "identity_linked": {"at": AT, "provider": "FranceConnect"},
    "identity_unlinked": {"at": AT, "provider": "FranceConnect"},
    "account_erased": {"at": AT},
}
LINKS = {"activation": "activation", "password_reset": "mot-de-passe", "address_proof": "adresse"}
AUTHOR = {"first_name": NASTY, "last_name": NASTY, "capacity": NASTY, "service": NASTY, "agent": "i1"}
LEGAL = {
    "service_address": NASTY,
    "service_phone": NASTY,
    "service_email": NASTY,
    "silence": "rejet",
    "delay_months": 2,
    "appeal": NASTY,
}
DEMANDES: dict[str, dict[str, Any]] = {
    "receipt": {"received_at": AT, "deadline": "2027-01-24", "legal": LEGAL},
    "status_changed": {
        "step": "refusee",
        "message": NASTY,
        "author": AUTHOR,
        "is_decision": True,
        "appeal": NASTY,
    },
    "implicit_decision": {"silence": "rejet", "decided_on": "2027-01-24", "appeal": NASTY},
    "documents_received": {"received_at": AT, "arrived": 2, "missing": 1},
    "documents_complete": {"received_at": AT, "deadline": "2027-02-02", "silence": "rejet"},
    "attestation_requested": {"requested_at": AT},
    "attestation_issued": {"author": AUTHOR},
    "reasons_requested": {"requested_at": AT, "due": "2027-02-28"},
    "reasons_given": {"text": NASTY, "author": AUTHOR, "appeal_until": "2027-04-25"},
    "withdrawal": {"withdrawn_at": AT},
    "discussion_opened": {
        "topic": NASTY,
        "documents": [{"label": NASTY, "required": 1, "due": "2026-12-20"}],
        "incomplete": True,
        "silence": "rejet",
    },
    "message_received": {"topic": NASTY, "received_at": AT, "attachments": 1},
    "discussion_message": {"topic": NASTY, "attachments": 2},
    "discussion_closed": {"topic": NASTY},
}
OPINIONS: dict[str, dict[str, Any]] = {
    "opinion_requested": {"colleague": NASTY, "due": "2026-12-20"},
    "opinion_overdue": {"due": "2026-12-20"},
    "opinion_given": {"colleague": NASTY},
}
STEPS = ("en_instruction", "acceptee", "refusee", "sans_suite", "reopened", "other")


def values_of(template: str, *, has_account: bool = False, text: str = NASTY) -> dict[str, Any]:
    if template in ACCOUNT:
        return ACCOUNT[template]
    if template in OPINIONS:
        named = {"reference": "D-2026-K7M3QZ", "title": text, "demande": DEMANDE, "service": text}
        return named | OPINIONS[template]
    return {
        "first_name": text,
        "last_name": text,
        "tracking_number": TRACKING,
        "reference": "D-2026-K7M3QZ",
        "title": text,
        "demande": DEMANDE,
        "service": text,
        "has_account": has_account,
    } | DEMANDES[template]


def writer(**changes: str) -> MailWriter:
    return MailWriter(
        **(
            {"site": SITE + "/", "departement": "Conseil départemental du Loiret", "sender": "g@cd.example.org"}
            | changes
        )
    )


def written(template: str, values: dict[str, Any], recipient: str = "ada@example.org") -> Written:
    letter = Letter(
        about=DEMANDE, subject_of=f"demande:{DEMANDE}", recipient=recipient, values=values, thread=f"demande.{DEMANDE}"
    )
    return writer().write(template, letter, id="mail000000000001", at=AT)


def parsed(written: Written) -> EmailMessage:
    return message_from_bytes(written.source.encode("ascii"), policy=policy.default)


def parts(mail: EmailMessage) -> tuple[str, str]:
    text, page = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert page is not None
    return str(text.get_content()), str(page.get_content())


class Page(HTMLParser):
    """The tags of a page, and what it links to."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.links: list[tuple[str, str]] = []
        self._href = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag == "a":
            self._href = dict(attrs)["href"] or ""

    def handle_data(self, data: str) -> None:
        if self._href:
            self.links.append((self._href, data.strip()))
            self._href = ""


@pytest.mark.parametrize("has_account", [True, False])
@pytest.mark.parametrize("template", sorted(ACCOUNT | DEMANDES | OPINIONS))
def test_nothing_typed_is_interpreted_or_escapes_its_place(template: str, has_account: bool) -> None:
    mail = parsed(written(template, values_of(template, has_account=has_account)))
    assert mail.defects == []
    assert [str(mail[name]) for name in ("To", "From")] == [
        "ada@example.org",
        "Conseil départemental du Loiret <g@cd.example.org>",
    ]
    assert mail["Bcc"] is None
    assert mail.get_content_type() == "multipart/alternative"
    text, page = parts(mail)
    assert "49" not in re.sub(r"<style.*", "", text + page)
    tags = Page(page).tags
    assert "script" not in tags
    assert "img" not in tags
    assert "link" not in tags
    if template in ("status_changed", "discussion_opened"):
        assert "{{7*7}}" in text
        assert "{{7*7}}" in page
        assert "    Bcc: victime@example.org" in text
    assert "\u202e" not in text + page
    assert "\x00" not in text + page


@pytest.mark.parametrize("template", sorted(ACCOUNT | DEMANDES | OPINIONS))
def test_lines_are_short_and_ascii(template: str) -> None:
    source = written(template, values_of(template)).source
    assert source.isascii()
    assert source.endswith("\r\n")
    assert "\n" not in source.replace("\r\n", "")
    assert max(len(line) for line in source.split("\r\n")) <= 998
    body = source.partition("\r\n\r\n")[2]
    assert max(len(line) for line in body.split("\r\n")) <= 78
    assert source.count("Content-Transfer-Encoding: quoted-printable") == 2


@pytest.mark.parametrize("has_account", [True, False])
@pytest.mark.parametrize("template", sorted(DEMANDES))
def test_every_mail_about_a_demande_says_how_to_follow_it(template: str, has_account: bool) -> None:
    values = values_of(template, has_account=has_account, text="Vie associative")
    mail = parsed(written(template, values))
    for body in parts(mail):
        assert TRACKING in body
        assert "D-2026-K7M3QZ" in body
        assert "Suivre mes demandes" in body
        found = set(links(body))
        assert found == ({f"{SITE}/demandes/{DEMANDE}", f"{SITE}/suivi"} if has_account else {f"{SITE}/suivi"})
        assert not [segment for url in found for segment in long_segments(url)]
    assert TRACKING not in str(mail["Subject"])
    assert str(mail["References"]) == f"<demande.{DEMANDE}@cd.example.org>"


@pytest.mark.parametrize("template", sorted(OPINIONS))
def test_what_agents_are_told_names_the_demande_and_opens_nothing(template: str) -> None:
    page = f"demandes/{DEMANDE}" if template == "opinion_given" else "avis"
    for body in parts(parsed(written(template, values_of(template, text="Vie associative")))):
        assert "D-2026-K7M3QZ" in body
        assert "suivi" not in body
        assert links(body) == [f"{SITE}/instruction/{page}"]
        assert not [segment for url in links(body) for segment in long_segments(url)]


@pytest.mark.parametrize("invited", [True, False])
@pytest.mark.parametrize("template", sorted(LINKS))
def test_the_link_that_proves_something_is_the_only_secret_of_its_mail(template: str, invited: bool) -> None:
    mail = parsed(written(template, ACCOUNT[template] | {"invited": invited}))
    for body in parts(mail):
        assert links(body) == [f"{SITE}/{LINKS[template]}/{TOKEN}"]
        assert [segment for url in links(body) for segment in long_segments(url)] == [TOKEN]
    assert TOKEN not in str(mail["Subject"])


@pytest.mark.parametrize("template", sorted(ACCOUNT.keys() - LINKS.keys()))
def test_the_other_mails_about_an_account_hold_no_secret(template: str) -> None:
    for body in parts(parsed(written(template, ACCOUNT[template]))):
        assert not [segment for url in links(body) for segment in long_segments(url)]


@pytest.mark.parametrize(("left", "said"), [(0, "ne vous en reste plus"), (1, "en reste un."), (7, "en reste 7.")])
def test_who_uses_a_recovery_code_is_told_how_many_are_left(left: int, said: str) -> None:
    for body in parts(parsed(written("recovery_code_used", {"at": AT, "left": left}))):
        assert said in body


@pytest.mark.parametrize("template", sorted(ACCOUNT | DEMANDES | OPINIONS))
def test_the_page_is_accessible(template: str) -> None:
    page = parts(parsed(written(template, values_of(template, text="Vie associative"))))[1]
    found = Page(page)
    assert '<html lang="fr">' in page
    assert found.tags.count("h1") == 1
    assert re.search(r"<title>[^<]+</title>", page)
    assert found.tags.count("table") == page.count('role="presentation"')
    for href, words in found.links:
        assert href.startswith(SITE)
        assert len(words) > 8
        assert "ici" not in words.lower().split()


@pytest.mark.parametrize("step", STEPS)
def test_every_step_has_its_own_words_in_the_subject_and_in_both_parts(step: str) -> None:
    values = values_of("status_changed", text="Vie associative") | {"step": step, "message": "Merci de votre patience."}
    mail = parsed(written("status_changed", values))
    said = {
        "en_instruction": "en cours d’instruction",
        "acceptee": "est acceptée",
        "refusee": "est refusée",
        "sans_suite": "classée sans suite",
        "reopened": "de nouveau à l’étude",
        "other": "a avancé",
    }[step]
    for text in (str(mail["Subject"]), *parts(mail)):
        assert said in text
    for body in parts(mail):
        assert "Merci de votre patience." in body


def test_a_decision_names_its_author_and_a_step_does_not() -> None:
    author = {"first_name": "Jeanne", "last_name": "Roy", "capacity": "cheffe de service", "service": "x", "agent": "i"}
    values = values_of("status_changed", text="Vie associative") | {"author": author}
    for body in parts(parsed(written("status_changed", values))):
        assert "Décision prise par Jeanne Roy, cheffe de service, Vie associative." in body
    for changes in ({"is_decision": False}, {"author": None}):
        for body in parts(parsed(written("status_changed", values | changes))):
            assert "Décision prise" not in body


def test_the_receipt_is_dated_by_the_filing_in_paris() -> None:
    for body in parts(parsed(written("receipt", values_of("receipt", text="Vie associative")))):
        assert "24\xa0novembre 2026 à 14\xa0h\xa005" in body
        assert "24\xa0janvier 2027" in body
        assert "accusé de réception" in body


def test_the_same_letter_is_written_byte_for_byte_the_same() -> None:
    values = values_of("receipt")
    first, again = written("receipt", values), written("receipt", values)
    assert first == again
    mail = parsed(first)
    assert mail["Message-ID"] == first.message_id == "<mail000000000001@cd.example.org>"
    assert mail["Date"].datetime == AT.replace(microsecond=0)
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Content-Language"] == "fr"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ada",
        "ada@example",
        "ada@example.org, evil@example.org",
        "ada@example.org>\r\nRCPT TO:<evil@example.org",
        "ada@example.org\r\nBcc: evil@example.org",
        "<ada@example.org>",
        "Ada <ada@example.org>",
        '"ada martin"@example.org',
        "ada@[127.0.0.1]",
        "éva@example.org",
        "ada@example.org\x00",
        "@example.org,@x.org:ada@example.org",
        "donnée effacée",
    ],
)
def test_only_one_plain_address_is_written_to(address: str) -> None:
    with pytest.raises(BadAddress):
        sendable(address)
    with pytest.raises(BadAddress):
        written("sign_up_attempt", {}, recipient=address)


def test_an_accented_domain_travels_in_ascii() -> None:
    assert written("sign_up_attempt", {}, recipient="ada@forêt.example.org").recipient == "ada@xn--fort-ipa.example.org"
    assert sendable("o'neill+guichet@example.org") == "o'neill+guichet@example.org"


def test_a_sender_that_is_no_address_is_refused_at_once() -> None:
    with pytest.raises(BadAddress):
        writer(sender="guichet")
