"""What operations watch: mails that wait, how mails end, how long people wait for them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class Figures:
    """The figures of the sender."""

    def __init__(self) -> None:
        self.waiting = Gauge("guichet_mails_waiting", "Mails not sent yet", ["status"], registry=None)
        self.ended = Counter("guichet_mails", "Attempts to send a mail", ["outcome"], registry=None)
        self.seconds = Histogram(
            "guichet_mail_seconds",
            "From the fact that caused a mail to its acceptance by the mail server",
            buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 14400, 86400),
            registry=None,
        )
        self.away = Gauge("guichet_mail_server_away", "1 while the mail server is left alone", registry=None)

    @contextmanager
    def published(self, registry: CollectorRegistry) -> Iterator[Figures]:
        """Show them on `/metrics` as long as somebody counts."""
        collectors = (self.waiting, self.ended, self.seconds, self.away)
        for collector in collectors:
            registry.register(collector)
        try:
            yield self
        finally:
            for collector in collectors:
                registry.unregister(collector)
