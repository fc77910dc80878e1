"""The mail server is away while demandes come in: every mail arrives once it is back, each once."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from console import ports
from tests.support.aftermath import every_mail_arrived_once, history, history_holds, no_mail_was_planned_twice
from tests.support.residents import files_without_account
from tests.support.stack import Stack, wait_for

pytestmark = [pytest.mark.faults, pytest.mark.slow]

DEMANDES = 20
AWAY = 10.0


class MailServer:
    """A mail server of somebody else's, that comes and goes."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self.smtp, self._http = (ports.fixed("a port", 0, {}) for _ in range(2))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where its mails can be looked at."""
        return f"http://127.0.0.1:{self._http}"

    def comes(self) -> None:
        """It answers."""
        doors = ("--http", f"127.0.0.1:{self._http}", "--smtp", f"127.0.0.1:{self.smtp}")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "console", "mailbox", "--data", str(self._data), *doors]
        )
        wait_for("the mail server", self._answers)

    def goes(self) -> None:
        """It does not answer any more."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/livez", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False


@pytest.fixture
def mail_server(tmp_path: Path) -> Iterator[MailServer]:
    """Away at first."""
    server = MailServer(tmp_path / "elsewhere")
    yield server
    server.goes()


@pytest.fixture
def stack(tmp_path: Path, mail_server: MailServer) -> Iterator[Stack]:
    """A Guichet that sends its mails there."""
    running = Stack(tmp_path / "var", GUICHET_SMTP_URL=f"smtp://127.0.0.1:{mail_server.smtp}")
    try:
        yield running.start()
    finally:
        running.close()


def test_twenty_demandes_are_filed_while_nobody_takes_mails(stack: Stack, mail_server: MailServer) -> None:
    began, portal = time.monotonic(), stack.portal()
    for _ in range(DEMANDES):
        files_without_account(portal)
    wait_for("the mails are planned", lambda: len(history(stack, "notifier", type="NotificationQueued")) == DEMANDES)
    wait_for("one was tried", lambda: history(stack, "notifier", type="NotificationDeferred"))
    assert history(stack, "notifier", type="NotificationSent") == []
    time.sleep(max(0.0, began + AWAY - time.monotonic()))
    mail_server.comes()
    assert every_mail_arrived_once(stack, mail_server.url, within=60) == DEMANDES
    no_mail_was_planned_twice(stack)
    # One probe finds out that the server is away: not every mail has to.
    assert len(history(stack, "notifier", type="NotificationDeferred")) < DEMANDES
    history_holds(stack)


def test_a_mail_server_that_dies_now_and_then_loses_no_mail(stack: Stack, mail_server: MailServer) -> None:
    portal = stack.portal()
    mail_server.comes()
    for round_ in range(DEMANDES):
        files_without_account(portal)
        if round_ % 7 == 3:
            mail_server.goes()
        elif round_ % 7 == 6:
            mail_server.comes()
    if mail_server._process is None:
        mail_server.comes()
    assert every_mail_arrived_once(stack, mail_server.url, within=60) == DEMANDES
    history_holds(stack)
