"""Carries mails to an SMTP server over one connection that stays open (RFC 5321)."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
import time
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qsl, unquote, urlsplit

import aiosmtplib
from aiosmtplib import errors

from services.notifier.adapters.addresses import sendable
from services.notifier.ports import Accepted, Away, Delayed, Outcome, Rejected, ServerAway

PORTS = {"smtp": 25, "smtps": 465}
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
IDLE = 5.0
FAREWELL = 1.0
CLOSING = 421
# 530, 535 and 538: we are not let in (RFC 4954 §6). No mail is at fault.
_NOT_LET_IN = frozenset({530, 535, 538})
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Server:
    """Where the mail server is and how to speak to it."""

    host: str
    port: int
    user: str | None
    password: str | None
    tls: Literal["from-the-start", "required", "no"]

    @classmethod
    def parse(cls, url: str) -> Server:
        """`smtp://user:password@host:port?starttls=required|no` or `smtps://…`. Raises ValueError, without the URL.

        A password only travels encrypted, except to this very machine.
        """
        parts = urlsplit(url)
        options = dict(parse_qsl(parts.query))
        starttls = options.pop("starttls", None)
        if parts.scheme not in PORTS or not parts.hostname or options or starttls not in (None, "required", "no"):
            raise ValueError("GUICHET_SMTP_URL is not smtp://[user:password@]host[:port][?starttls=required|no]")
        tls: Literal["from-the-start", "required", "no"] = "no"
        if parts.scheme == "smtps":
            tls = "from-the-start"
        elif starttls == "required" or (starttls is None and parts.username and parts.hostname not in LOOPBACK):
            tls = "required"
        user, password = (unquote(text) if text else None for text in (parts.username, parts.password))
        return cls(parts.hostname, parts.port or PORTS[parts.scheme], user, password, tls)


class SmtpCarrier:
    """`Carrier` over SMTP. One mail has `timeout` seconds, twice that when the connection has to be made anew."""

    def __init__(self, server: Server, *, sender: str, timeout: float, tls: ssl.SSLContext | None = None) -> None:
        self._server, self._sender, self._timeout, self._tls = server, sendable(sender), timeout, tls
        self._client: aiosmtplib.SMTP | None = None
        self._used = 0.0

    async def reach(self) -> None:
        try:
            async with asyncio.timeout(self._timeout):
                await self._connected()
        except (errors.SMTPException, OSError, TimeoutError, ssl.SSLError) as failure:
            self._drop()
            raise ServerAway(type(failure).__name__) from failure

    async def carry(self, recipient: str, source: str) -> Outcome:
        reused = self._client is not None
        outcome = await self._hand_over(recipient, source)
        if reused and isinstance(outcome, Away) and not outcome.in_doubt:
            # The server was done with that connection; with a new one this mail may pass.
            outcome = await self._hand_over(recipient, source)
        return outcome

    async def _hand_over(self, recipient: str, source: str) -> Outcome:
        handed_over = False
        try:
            async with asyncio.timeout(self._timeout):
                client = await self._connected()
                await client.mail(self._sender)
                await client.rcpt(sendable(recipient))
                handed_over = True
                reply = await client.data(source.encode("ascii"))
                self._used = time.monotonic()
                return Accepted(reply.code)
        except (errors.SMTPRecipientRefused, errors.SMTPDataError) as refusal:
            return await self._refused(refusal.code)
        except errors.SMTPResponseException as failure:
            self._drop()
            log.warning("the mail server takes mail from nobody: %d", failure.code)
            return Away(failure.code)
        except (errors.SMTPException, OSError, TimeoutError) as failure:
            self._drop()
            log.warning("the mail server went away: %s", type(failure).__name__)
            return Away(0, in_doubt=handed_over)

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None and client.is_connected:
            with contextlib.suppress(errors.SMTPException, OSError, TimeoutError):
                await client.quit(timeout=FAREWELL)
            client.close()

    async def _refused(self, code: int) -> Outcome:
        """A reply that is about this mail, unless the server says that it is about everybody."""
        if code == CLOSING or code in _NOT_LET_IN:
            self._drop()
            return Away(code)
        await self._reset()
        return Rejected(code) if code >= 500 else Delayed(code)

    async def _connected(self) -> aiosmtplib.SMTP:
        if self._client is not None and time.monotonic() - self._used > IDLE:
            # Servers close idle connections: better learn it now than in the middle of a mail.
            await self._reset()
        if self._client is None or not self._client.is_connected:
            self._drop()
            self._client = aiosmtplib.SMTP(
                hostname=self._server.host,
                port=self._server.port,
                username=self._server.user,
                password=self._server.password,
                local_hostname=self._sender.rpartition("@")[2],
                use_tls=self._server.tls == "from-the-start",
                start_tls=self._server.tls == "required",
                tls_context=self._tls,
                timeout=self._timeout,
            )
            await self._client.connect()
        self._used = time.monotonic()
        return self._client

    async def _reset(self) -> None:
        try:
            if self._client is not None:
                await self._client.rset()
        except (errors.SMTPException, OSError, TimeoutError):
            self._drop()

    def _drop(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None
