"""The development mailbox: real mails over SMTP, read back through its web door."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import aiosmtplib
import httpx
import pytest

from console.ports import assign
from console.probes import http_status


@dataclass
class Mailbox:
    """A running mailbox."""

    process: asyncio.subprocess.Process
    http: httpx.AsyncClient
    smtp: int

    async def send(self, mail: EmailMessage, *to: str) -> None:
        await aiosmtplib.send(
            mail, sender="guichet@demo.example.org", recipients=list(to), hostname="127.0.0.1", port=self.smtp
        )

    async def messages(self, to: str = "") -> list[dict[str, Any]]:
        answer = await self.http.get("/api/messages", params={"to": to} if to else {})
        items: list[dict[str, Any]] = answer.json()["items"]
        return items


async def start(data: Path) -> Mailbox:
    data.mkdir(exist_ok=True)
    ports = assign(("http", "smtp"), (), data / "ports.json", {})
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "console", "mailbox", "--data", str(data)),
        *("--http", f"127.0.0.1:{ports['http']}", "--smtp", f"127.0.0.1:{ports['smtp']}"),
    )
    async with asyncio.timeout(10):
        while await http_status(ports["http"], "/livez") != 200:
            await asyncio.sleep(0.02)
    return Mailbox(process, httpx.AsyncClient(base_url=f"http://127.0.0.1:{ports['http']}"), ports["smtp"])


async def stop(mailbox: Mailbox) -> int:
    await mailbox.http.aclose()
    if mailbox.process.returncode is None:
        mailbox.process.terminate()
    return await mailbox.process.wait()


Open = Callable[[], Awaitable[Mailbox]]


@pytest.fixture
async def open_mailbox(tmp_path: Path) -> AsyncIterator[Open]:
    """Starts a mailbox, each time on the same data."""
    started: list[Mailbox] = []

    async def once() -> Mailbox:
        started.append(await start(tmp_path))
        return started[-1]

    yield once
    for running in started:
        await stop(running)


@pytest.fixture
async def mailbox(open_mailbox: Open) -> Mailbox:
    """A mailbox of its own."""
    return await open_mailbox()


def mail(subject: str = "Votre demande a été déposée", text: str = "Bonjour,\n", html: str = "") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Guichet <guichet@demo.example.org>"
    message["To"] = "Élodie Martin <elodie@example.org>"
    message["Subject"] = subject
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    return message


async def test_a_mail_is_listed_with_its_envelope_and_subject(mailbox: Mailbox) -> None:
    await mailbox.send(mail(), "elodie@example.org")
    (item,) = await mailbox.messages()
    assert item["from"] == "guichet@demo.example.org"
    assert item["to"] == "elodie@example.org"
    assert item["subject"] == "Votre demande a été déposée"
    assert set(item) == {"id", "at", "from", "to", "subject"}


async def test_the_newest_mail_comes_first(mailbox: Mailbox) -> None:
    for number in range(3):
        await mailbox.send(mail(f"n° {number}"), "elodie@example.org")
    assert [item["subject"] for item in await mailbox.messages()] == ["n° 2", "n° 1", "n° 0"]


async def test_the_filter_keeps_one_recipient_whatever_the_case_and_no_address_that_merely_contains_it(
    mailbox: Mailbox,
) -> None:
    await mailbox.send(mail("pour elle"), "Elodie@Example.org", "autre@example.org")
    await mailbox.send(mail("pour une autre"), "melodie@example.org")
    assert [item["subject"] for item in await mailbox.messages("elodie@example.ORG")] == ["pour elle"]


async def test_a_mail_opens_as_text_html_headers_and_its_exact_source(mailbox: Mailbox) -> None:
    await mailbox.send(mail(text="Bonjour Élodie,\n", html="<p>Bonjour <b>Élodie</b></p>"), "elodie@example.org")
    (item,) = await mailbox.messages()
    opened = (await mailbox.http.get(f"/api/messages/{item['id']}")).json()
    assert opened["text"].strip() == "Bonjour Élodie,"
    assert "<b>Élodie</b>" in opened["html"]
    assert opened["headers"]["To"] == "Élodie Martin <elodie@example.org>"
    assert opened["source"].startswith("From: Guichet")


async def test_a_mail_without_html_says_so(mailbox: Mailbox) -> None:
    await mailbox.send(mail(), "elodie@example.org")
    (item,) = await mailbox.messages()
    assert (await mailbox.http.get(f"/api/messages/{item['id']}")).json()["html"] is None


async def test_a_mail_in_no_known_character_set_is_still_shown(mailbox: Mailbox) -> None:
    odd = b"From: a@example.org\r\nSubject: \xff\r\nContent-Type: text/plain; charset=klingon\r\n\r\nQapla\r\n"
    client = aiosmtplib.SMTP(hostname="127.0.0.1", port=mailbox.smtp)
    async with client:
        await client.sendmail("a@example.org", ["b@example.org"], odd)
    (item,) = await mailbox.messages()
    assert "Qapla" in (await mailbox.http.get(f"/api/messages/{item['id']}")).json()["text"]
    assert (await mailbox.http.get(f"/messages/{item['id']}")).status_code == 200


async def test_a_restart_finds_the_mails(open_mailbox: Open) -> None:
    first = await open_mailbox()
    await first.send(mail(), "elodie@example.org")
    first.process.kill()
    await stop(first)
    second = await open_mailbox()
    assert len(await second.messages()) == 1
    assert await stop(second) == 0


async def test_emptying_the_mailbox_leaves_nothing(mailbox: Mailbox) -> None:
    await mailbox.send(mail(), "elodie@example.org")
    assert (await mailbox.http.delete("/api/messages")).status_code == 204
    assert await mailbox.messages() == []


async def test_a_missing_mail_is_a_404_for_programs_and_for_people(mailbox: Mailbox) -> None:
    answer = await mailbox.http.get("/api/messages/4242")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["slug"] == "not-found"
    page = await mailbox.http.get("/messages/4242")
    assert page.status_code == 404
    assert "n'existe plus" in page.text


async def test_the_page_shows_a_mail_in_a_frame_where_no_script_can_run(mailbox: Mailbox) -> None:
    await mailbox.send(mail(html="<script>alert(1)</script><p>Bonjour</p>"), "elodie@example.org")
    (item,) = await mailbox.messages()
    page = (await mailbox.http.get(f"/messages/{item['id']}")).text
    assert '<html lang="fr">' in page
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    assert "alert(1)" not in page
    framed = await mailbox.http.get(f"/messages/{item['id']}/html")
    assert "default-src 'none'" in framed.headers["Content-Security-Policy"]
    assert framed.headers["Content-Security-Policy"].startswith("sandbox")
    assert "allow-scripts" not in framed.headers["Content-Security-Policy"]


async def test_what_a_mail_contains_is_never_markup_of_the_page(mailbox: Mailbox) -> None:
    await mailbox.send(mail(subject="<b>gras</b>", text="<i>et</i> https://example.org/a?b=c&d\n"), "e@example.org")
    (item,) = await mailbox.messages()
    for path in ("/", f"/messages/{item['id']}"):
        assert "<b>gras</b>" not in (await mailbox.http.get(path)).text
    shown = (await mailbox.http.get(f"/messages/{item['id']}")).text
    assert "<i>et</i>" not in shown
    assert '<a href="https://example.org/a?b=c&amp;d"' in shown


async def test_another_site_can_neither_read_nor_empty_the_mailbox(mailbox: Mailbox) -> None:
    await mailbox.send(mail(), "elodie@example.org")
    rebound = await mailbox.http.get("/api/messages", headers={"Host": "attacker.example"})
    assert rebound.status_code == 421
    for forged in (
        await mailbox.http.delete("/api/messages", headers={"Sec-Fetch-Site": "cross-site"}),
        await mailbox.http.post("/vider", headers={"Sec-Fetch-Site": "cross-site"}),
    ):
        assert forged.status_code == 404
    assert len(await mailbox.messages()) == 1


async def test_the_button_of_the_page_empties_the_mailbox(mailbox: Mailbox) -> None:
    await mailbox.send(mail(), "elodie@example.org")
    answer = await mailbox.http.post("/vider", headers={"Sec-Fetch-Site": "same-origin"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert "Aucun message" in (await mailbox.http.get("/")).text


async def test_a_long_list_goes_on_over_pages(mailbox: Mailbox) -> None:
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=mailbox.smtp) as client:
        for number in range(101):
            await client.send_message(mail(f"n° {number}"), sender="a@example.org", recipients=["b@example.org"])
    first = (await mailbox.http.get("/")).text
    assert "n° 1<" in first
    assert "n° 0<" not in first
    assert "Messages plus anciens" in first
    assert len(await mailbox.messages()) == 101
    oldest = (await mailbox.messages())[-2]["id"]
    assert "n° 0<" in (await mailbox.http.get("/", params={"before": oldest})).text
