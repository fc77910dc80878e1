"""The SMTP door: accepts everything for everybody."""

from __future__ import annotations

import asyncio
import sqlite3

from aiosmtpd.smtp import SMTP, Envelope, Session

from console.mailbox.store import Store

SIZE_LIMIT = 40_000_000


class Keeper:
    """What aiosmtpd calls once a mail is whole."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Answers 250 only once the mail is stored, 452 when it cannot be now (RFC 5321 §4.2.3)."""
        content = envelope.content or b""
        source = content if isinstance(content, bytes) else content.encode()
        try:
            number = self._store.keep(envelope.mail_from or "", list(envelope.rcpt_tos), source)
        except sqlite3.Error:
            return "452 Insufficient system storage"
        return f"250 OK {number}"


async def listen(store: Store, host: str, port: int) -> asyncio.Server:
    """Opens the door."""
    keeper = Keeper(store)

    def connection() -> SMTP:
        return SMTP(keeper, hostname="guichet", enable_SMTPUTF8=True, data_size_limit=SIZE_LIMIT)

    return await asyncio.get_running_loop().create_server(connection, host, port)
