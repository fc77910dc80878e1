"""The composition root of notifier."""

from __future__ import annotations

from collections.abc import Mapping

from kernel.runtime.declaration import Service, Worker
from kernel.runtime.process import serve
from services.notifier.adapters.smtp import Server, SmtpCarrier
from services.notifier.adapters.writing import MailWriter
from services.notifier.aggregate import mail
from services.notifier.api import mine, router
from services.notifier.ports import Carrier, Writer
from services.notifier.projections import contacts, outgoing
from services.notifier.reactions.erasure import erasure
from services.notifier.reactions.planning import reactor
from services.notifier.reactions.sender import send_mails
from services.notifier.settings import NotifierSettings


def adapters(settings: NotifierSettings) -> Mapping[type, object]:
    """Mails are written from this package's templates and carried by SMTP."""
    server = Server.parse(settings.smtp_url.get_secret_value())
    return {
        Writer: MailWriter(site=settings.public_url, departement=settings.departement_name, sender=settings.mail_from),
        Carrier: SmtpCarrier(server, sender=settings.mail_from, timeout=settings.smtp_timeout),
    }


SERVICE = Service(
    name="notifier",
    settings=NotifierSettings,
    aggregates=(mail,),
    projections=(contacts.projection, outgoing.projection),
    reactors=(reactor, erasure),
    routers=(router, mine),
    workers=(Worker("sender", send_mails, everywhere=True),),
    ports=adapters,
)

if __name__ == "__main__":
    serve(SERVICE)
