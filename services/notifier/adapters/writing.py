"""Writes a mail: its headers, its text part, its HTML part, as the bytes that every attempt will send."""

from __future__ import annotations

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from services.notifier.adapters.addresses import sendable
from services.notifier.adapters.french import one_line
from services.notifier.adapters.templates import Templates
from services.notifier.ports import Letter, Written

_ENCODING = "quoted-printable"


class MailWriter:
    """`Writer` over the templates. Raises BadAddress when its own address is not one."""

    def __init__(self, *, site: str, departement: str, sender: str) -> None:
        self._templates = Templates(site=site, departement=departement)
        self._sender = sendable(sender)
        self._from = Address(one_line(departement), addr_spec=self._sender)
        self._domain = self._sender.rpartition("@")[2]

    def write(self, template: str, letter: Letter, *, id: str, at: datetime) -> Written:
        recipient = sendable(letter.recipient)
        texts = self._templates.render(template, letter.values)
        mail = EmailMessage(policy=SMTP)
        mail["From"] = self._from
        mail["To"] = Address(addr_spec=recipient)
        mail["Subject"] = texts.subject
        mail["Date"] = at.replace(microsecond=0)
        mail["Message-ID"] = message_id = f"<{id}@{self._domain}>"
        if letter.thread:
            mail["References"] = f"<{letter.thread}@{self._domain}>"
        # RFC 3834 §5: no out-of-office reply to a machine.
        mail["Auto-Submitted"] = "auto-generated"
        mail["X-Auto-Response-Suppress"] = "All"
        mail.set_content(texts.text, cte=_ENCODING)
        mail.add_alternative(texts.html, subtype="html", cte=_ENCODING)
        mail["Content-Language"] = "fr"
        mail.set_boundary(f"=_{id}")
        return Written(recipient, message_id, mail.as_bytes().decode("ascii"))
