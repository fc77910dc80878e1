"""What notifier reads from its environment."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

from kernel.settings import ServiceSettings

DEMO_FIRST_RETRY = 2.0


def _split(value: object) -> object:
    return value.replace(",", " ").split() if isinstance(value, str) else value


Seconds = Annotated[float, Field(gt=0, le=86_400)]


class NotifierSettings(ServiceSettings):
    """The settings of notifier."""

    smtp_url: SecretStr = Field(
        SecretStr("smtp://127.0.0.1:25"),
        description="mail server: smtp://user:password@host:port, smtps://, ?starttls=required|no",
    )
    smtp_timeout: float = Field(60, gt=0, le=120, description="seconds the mail server has for one mail")
    mail_from: str = Field("guichet@demo.example.org", description="address the mails come from")
    departement_name: str = Field("Conseil départemental", description="signature of the mails")
    mail_retries: Annotated[tuple[Seconds, ...], NoDecode, BeforeValidator(_split)] = Field(
        (10, 30, 120, 600, 1800, 3600),
        min_length=1,
        description="seconds between two attempts, separated by spaces; the last one repeats",
    )
    mail_give_up_hours: float = Field(72, gt=0, description="hours after which a mail is not tried again")

    @property
    def retries(self) -> tuple[float, ...]:
        """Seconds between two attempts, the last one for ever. In demo the first retry comes soon."""
        return (DEMO_FIRST_RETRY, *self.mail_retries) if self.demo else self.mail_retries

    @property
    def give_up(self) -> timedelta:
        """How long a mail is tried."""
        return timedelta(hours=self.mail_give_up_hours)
