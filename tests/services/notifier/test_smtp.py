"""The carrier before a real SMTP server that behaves, misbehaves, goes away and comes back."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.notifier.adapters.smtp import Server, SmtpCarrier
from services.notifier.ports import Accepted, Away, BadAddress, Delayed, Outcome, Rejected, ServerAway
from tests.support.smtp import MailServer, mail_server, tls_pair

TO = "ada@example.org"
SOURCE = "Subject: Bonjour\r\nTo: ada@example.org\r\n\r\n.\r\n..deux points\r\nFin.\r\n"


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    async with mail_server() as running:
        yield running


@pytest.fixture
async def carrier(server: MailServer) -> AsyncIterator[SmtpCarrier]:
    made = carrier_to(server.url)
    yield made
    await made.close()


def carrier_to(url: str, *, timeout: float = 5, tls: ssl.SSLContext | None = None) -> SmtpCarrier:
    return SmtpCarrier(Server.parse(url), sender="guichet@cd.example.org", timeout=timeout, tls=tls)


async def test_mails_arrive_byte_for_byte_over_one_connection(server: MailServer, carrier: SmtpCarrier) -> None:
    for _ in range(5):
        assert await carrier.carry(TO, SOURCE) == Accepted(250)
    assert server.connections == 1
    for kept in server.kept:
        assert (kept.sender, kept.recipients) == ("guichet@cd.example.org", (TO,))
        assert kept.source == SOURCE.encode()


@pytest.mark.parametrize(
    ("fault", "reply", "outcome"),
    [
        ("on_rcpt", "550 5.1.1 No such user", Rejected(550)),
        ("on_rcpt", "450 4.2.1 Greylisted", Delayed(450)),
        ("on_data", "554 5.7.1 Spam", Rejected(554)),
        ("on_data", "452 4.3.1 Disk full", Delayed(452)),
        ("on_mail", "550 5.7.1 Sender refused", Away(550)),
        ("on_mail", "451 4.3.0 Busy", Away(451)),
        ("on_rcpt", "421 4.3.2 Closing", Away(421)),
        ("on_rcpt", "530 5.7.0 Authentication required", Away(530)),
        ("on_data", "421 4.3.2 Closing", Away(421)),
    ],
)
async def test_a_refusal_is_about_the_mail_or_about_everybody(
    server: MailServer, carrier: SmtpCarrier, fault: str, reply: str, outcome: Outcome
) -> None:
    setattr(server, fault, reply)
    assert await carrier.carry(TO, SOURCE) == outcome
    assert server.kept == []
    setattr(server, fault, "")
    assert await carrier.carry(TO, SOURCE) == Accepted(250)
    assert len(server.kept) == 1


async def test_a_server_that_keeps_the_mail_and_hangs_up_leaves_a_doubt(
    server: MailServer, carrier: SmtpCarrier
) -> None:
    server.drops = True
    assert await carrier.carry(TO, SOURCE) == Away(0, in_doubt=True)
    assert len(server.kept) == 1


async def test_a_server_that_never_replies_leaves_a_doubt(server: MailServer) -> None:
    server.hangs = True
    carrier = carrier_to(server.url, timeout=1.5)
    assert await carrier.carry(TO, SOURCE) == Away(0, in_doubt=True)
    await carrier.close()


async def test_a_server_that_is_down_is_away_without_a_doubt(server: MailServer, carrier: SmtpCarrier) -> None:
    await server.stop()
    assert await carrier.carry(TO, SOURCE) == Away(0)
    with pytest.raises(ServerAway):
        await carrier.reach()
    await server.start()
    await carrier.reach()
    assert await carrier.carry(TO, SOURCE) == Accepted(250)


async def test_a_connection_the_server_closed_is_made_anew_within_the_same_attempt(
    server: MailServer, carrier: SmtpCarrier
) -> None:
    await carrier.carry(TO, SOURCE)
    await server.stop()
    await server.start()
    assert await carrier.carry(TO, SOURCE) == Accepted(250)
    assert (server.connections, len(server.kept)) == (2, 2)


async def test_one_mail_has_one_recipient(server: MailServer, carrier: SmtpCarrier) -> None:
    with pytest.raises(BadAddress):
        await carrier.carry("ada@example.org>\r\nRCPT TO:<eve@example.org", SOURCE)
    assert server.kept == []


async def test_credentials_travel_encrypted(tmp_path: Path) -> None:
    theirs, ours = tls_pair(tmp_path)

    def options(server: MailServer) -> dict[str, object]:
        return {"tls_context": theirs, "authenticator": server.authenticate, "auth_required": True}

    async with mail_server(options) as server:
        address = f"127.0.0.1:{server.port}"
        carrier = carrier_to(f"smtp://guichet:mot%20de%20passe@{address}?starttls=required", tls=ours)
        assert await carrier.carry(TO, SOURCE) == Accepted(250)
        await carrier.close()
        for url, context in (
            (f"smtp://guichet:faux@{address}?starttls=required", ours),
            (f"smtp://{address}?starttls=required", ssl.create_default_context()),
            (f"smtp://{address}?starttls=no", None),
        ):
            carrier = carrier_to(url, tls=context)
            outcome = await carrier.carry(TO, SOURCE)
            assert isinstance(outcome, Away)
            assert not outcome.in_doubt
        # The client tries every mechanism the server offers.
        assert (len(server.kept), server.logins) == (1, ["guichet"] * len(server.logins))


async def test_a_server_without_starttls_gets_nothing_when_it_is_required(server: MailServer) -> None:
    carrier = carrier_to(f"{server.url}?starttls=required")
    assert isinstance(await carrier.carry(TO, SOURCE), Away)
    assert server.kept == []


def test_the_url_says_how_to_speak_to_the_server() -> None:
    assert Server.parse("smtp://localhost:2525") == Server("localhost", 2525, None, None, "no")
    assert Server.parse("smtps://relay.example.org") == Server("relay.example.org", 465, None, None, "from-the-start")
    assert Server.parse("smtp://u:p%40ss@relay.example.org:587") == Server(
        "relay.example.org", 587, "u", "p@ss", "required"
    )
    assert Server.parse("smtp://u:p@127.0.0.1").tls == "no"
    assert Server.parse("smtp://u:p@relay.example.org?starttls=no").tls == "no"


@pytest.mark.parametrize(
    "url",
    ["", "http://relay", "smtp://", "smtp://relay?starttls=maybe", "smtp://u:secret@relay?tls=1", "smtp://relay:x"],
)
def test_a_url_that_says_something_else_is_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(ValueError, match=r"^(?!.*secret)."):
        Server.parse(url)
