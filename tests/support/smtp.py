"""A real SMTP server on loopback that keeps what it accepts, and can be told to misbehave."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Kept:
    """A mail the server accepted, byte for byte."""

    sender: str
    recipients: tuple[str, ...]
    source: bytes

    @property
    def mail(self) -> EmailMessage:
        """The mail, parsed."""
        return message_from_bytes(self.source, policy=policy.default)

    @property
    def subject(self) -> str:
        """Its subject."""
        return str(self.mail["Subject"])

    def body(self, kind: str) -> str:
        """Its `plain` or `html` part."""
        part = self.mail.get_body((kind,))
        assert part is not None
        return str(part.get_content())


@dataclass
class MailServer:
    """`on_mail`, `on_rcpt` and `on_data` are replies given instead of accepting; each applies while it is set.

    `drops`: keeps the mail, then closes the connection without a reply. `hangs`: keeps it and never replies.
    `connections` counts those it was offered.
    """

    kept: list[Kept] = field(default_factory=list)
    on_mail: str = ""
    on_rcpt: str = ""
    on_data: str = ""
    drops: bool = False
    hangs: bool = False
    connections: int = 0
    logins: list[str] = field(default_factory=list)
    port: int = 0
    options: dict[str, Any] = field(default_factory=dict)
    _server: asyncio.Server | None = None
    _open: list[SMTP] = field(default_factory=list)
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"smtp://127.0.0.1:{self.port}"

    def to(self, address: str) -> list[Kept]:
        """What it accepted for one recipient."""
        return [kept for kept in self.kept if address in kept.recipients]

    async def has(self, count: int, timeout: float = 10.0) -> list[Kept]:
        """Wait until it accepted so many mails."""
        async with asyncio.timeout(timeout):
            while len(self.kept) < count:
                self._arrived.clear()
                await self._arrived.wait()
        return self.kept

    async def start(self) -> None:
        """Answer, on the same port as before if there was one."""
        self._server = await asyncio.get_running_loop().create_server(self._connection, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Answer no more, and hang up on everybody."""
        if self._server is not None:
            self._server.close()
            for connection in self._open:
                _hang_up(connection)
            await self._server.wait_closed()
            self._server = None
            self._open.clear()
            await asyncio.sleep(0)

    def _connection(self) -> SMTP:
        self.connections += 1
        self._open.append(SMTP(self, hostname="loopback", data_size_limit=None, **self.options))
        return self._open[-1]

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not self.on_mail:
            envelope.mail_from = address
        return self.on_mail or "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not self.on_rcpt:
            envelope.rcpt_tos.append(address)
        return self.on_rcpt or "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.on_data:
            return self.on_data
        assert isinstance(envelope.original_content, bytes)
        self.kept.append(Kept(envelope.mail_from or "", tuple(envelope.rcpt_tos), envelope.original_content))
        self._arrived.set()
        if self.hangs:
            await asyncio.Event().wait()
        if self.drops:
            _hang_up(server)
        return "250 Kept"

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        """Lets `guichet` in with the password `mot de passe`."""
        assert isinstance(data, LoginPassword)
        self.logins.append(data.login.decode())
        success = data == LoginPassword(b"guichet", b"mot de passe")
        return AuthResult(success=success, handled=False)


def _hang_up(connection: SMTP) -> None:
    if isinstance(connection.transport, asyncio.WriteTransport):
        connection.transport.abort()


@asynccontextmanager
async def mail_server(options: Callable[[MailServer], dict[str, Any]] | None = None) -> AsyncIterator[MailServer]:
    """A server that answers. `options` are those of aiosmtpd's SMTP."""
    server = MailServer()
    if options is not None:
        server.options = options(server)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


def tls_pair(directory: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """The TLS contexts of a server at 127.0.0.1 and of a client that trusts it alone."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "loopback")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .sign(key, SHA256())
    )
    public, private = directory / "mail.pem", directory / "mail.key"
    public.write_bytes(certificate.public_bytes(Encoding.PEM))
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(public, private)
    return server, ssl.create_default_context(cafile=str(public))
