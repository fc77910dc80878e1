"""A whole Guichet for tests: every real process, started by `guichet up --demo` on free ports."""

from __future__ import annotations

import io
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx

from console import ports, running
from console.demo.narration import Narrator
from console.demo.people import sign_in
from console.demo.portal import PATIENCE, Mailbox, Portal

SERVICES = ("identity", "dossiers", "discussion", "files", "notifier")
EVERYTHING = ("nats", "s3", "mailbox", *SERVICES, "gateway")
QUIET = 0.3
STARTED, STOPPED = "Ctrl-C pour arrêter", 40.0
T = TypeVar("T")
M = TypeVar("M", bound=Mailbox)


class NeverStarted(AssertionError):
    """`guichet up` ended or hung; the message is what it said."""


def wait_for(what: str, ask: Callable[[], T | None], within: float = 20.0) -> T:
    """The first answer of `ask` that means yes; AssertionError when none came in time."""
    deadline = time.monotonic() + within
    while not (answer := ask()):
        assert time.monotonic() < deadline, f"not within {within} s: {what}"
        time.sleep(0.02)
    return answer


def quiet() -> Narrator:
    """Tells nobody."""
    return Narrator(io.StringIO())


def elsewhere() -> dict[str, str]:
    """The header of a client with an address of its own (RFC 2544's range, never anybody's)."""
    return {"X-Forwarded-For": f"198.{random.choice((18, 19))}.{random.randrange(256)}.{random.randrange(1, 255)}"}


class Stack:
    """One `guichet up --demo`. Its ports and its data survive a restart; `environ` changes what it is told.

    The gateway trusts this machine's X-Forwarded-For, so that every client of a test can be another subscriber and
    the limits by address, which are as real as in production, stay out of the way.
    """

    def __init__(self, data: Path, *options: str, **environ: str) -> None:
        self.data = data
        self._options, self._environ = options or ("--demo",), environ
        self._gateway, self._mailbox = 0, 0
        self._process: subprocess.Popen[bytes] | None = None
        self._agents: dict[str, Portal] = {}
        self._clients: list[httpx.Client] = []

    def start(self, within: float = 90.0) -> Stack:
        """Returns once everything answers."""
        for attempt in range(3):
            try:
                self._start(within)
                return self
            except NeverStarted as failure:
                # Somebody took the port between our look and the start: another one will do.
                if "déjà pris" not in str(failure) or attempt == 2:
                    raise
                self._gateway = self._mailbox = 0
        return self

    def _start(self, within: float) -> None:
        self._gateway = self._gateway or ports.fixed("GUICHET_PORT", 0, {})
        self._mailbox = self._mailbox or ports.fixed("GUICHET_MAILBOX_PORT", 0, {})
        kept = {key: value for key, value in os.environ.items() if not key.startswith("GUICHET_")}
        told = {"GUICHET_PORT": str(self._gateway), "GUICHET_MAILBOX_PORT": str(self._mailbox)}
        self.data.mkdir(parents=True, exist_ok=True)
        with self._said.open("wb") as said:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "console", "up", "--data", str(self.data), *self._options],
                env=kept | told | {"GUICHET_TRUSTED_PROXIES": "127.0.0.1"} | self._environ,
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        process = self._process
        try:
            wait_for("started", lambda: STARTED in self.said() or process.poll() is not None, within)
        except AssertionError:
            self.stop()
            raise NeverStarted(self.said()) from None
        if process.poll() is not None:
            raise NeverStarted(self.said())

    @property
    def _said(self) -> Path:
        return self.data.with_name(f"{self.data.name}.said")

    def said(self) -> str:
        """What the supervisor told the terminal."""
        return self._said.read_text()

    def stop(self) -> int:
        """Ctrl-C; its exit status."""
        process, self._process = self._process, None
        if process is None:
            return 0
        process.send_signal(signal.SIGINT)
        try:
            return process.wait(STOPPED)
        except subprocess.TimeoutExpired:
            process.kill()
            raise

    def close(self) -> None:
        """Stop, and let go of every connection."""
        self.stop()
        for client in self._clients:
            client.close()

    def kill_supervisor(self) -> None:
        """kill -9 of the supervisor alone."""
        process, self._process = self._process, None
        assert process is not None
        process.kill()
        process.wait()

    @property
    def installation(self) -> running.Installation:
        """What `guichet up` wrote down about itself."""
        found = running.read(self.data)
        assert found is not None, "nothing runs"
        return found

    @property
    def urls(self) -> Mapping[str, str]:
        """Where each component answers."""
        return self.installation.urls

    def pid(self, name: str) -> int:
        """The process of a component."""
        return self.installation.children[name][0]

    def kill(self, name: str) -> int:
        """kill -9 of a component, and nothing else; the process id it had."""
        pid = self.pid(name)
        os.kill(pid, signal.SIGKILL)
        return pid

    def back(self, name: str, before: int, within: float = 30.0) -> None:
        """Wait until the supervisor has started it again and everything answers."""
        wait_for(f"{name} started again", lambda: self.pid(name) != before, within)
        self.ready(within)

    def ready(self, within: float = 30.0) -> None:
        """Wait until the gateway says that everything answers."""
        wait_for("ready", self._answers, within)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.urls['gateway']}/readyz", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    @contextmanager
    def frozen(self, name: str) -> Iterator[None]:
        """SIGSTOP, and SIGCONT at the end."""
        pid = self.pid(name)
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def client(self, **headers: str) -> httpx.Client:
        """A client with an address of its own."""
        client = httpx.Client(base_url=self.urls["gateway"], timeout=PATIENCE, headers=elsewhere() | headers)
        self._clients.append(client)
        return client

    def portal(self, token: str | None = None) -> Portal:
        """The public API for somebody without a session, or with one."""
        return Portal(self.urls["gateway"], token, self.client())

    def agent(self, name: str) -> Portal:
        """A demo agent, signed in once: instructeur, instructeur2, administrateur or auditeur."""
        if name not in self._agents:
            self._agents[name] = sign_in(self.portal(), f"{name}@demo.example.org")
        return self._agents[name]

    def mailbox(self) -> Mailbox:
        """The development mailbox."""
        return self.keep(Mailbox(self.urls["mailbox"]))

    def keep(self, mailbox: M) -> M:
        """Close it with the rest."""
        self._clients.append(mailbox._client)
        return mailbox

    def mails(self, to: str, count: int = 0) -> list[dict[str, Any]]:
        """The mails to an address, oldest first, once there are `count` of them."""
        with httpx.Client(base_url=self.urls["mailbox"], timeout=PATIENCE) as box:

            def ids() -> list[str]:
                return [item["id"] for item in box.get("/api/messages", params={"to": to}).json()["items"]]

            wait_for(f"{count} mails to {to}", lambda: len(ids()) >= count)
            return [box.get(f"/api/messages/{id}").json() for id in reversed(ids())]

    def facts(self, service: str) -> int:
        """How many facts a service has recorded, read beside the running process."""
        with closing(sqlite3.connect(f"file:{self.data}/{service}/log.db?mode=ro", uri=True)) as db:
            (count,) = db.execute("SELECT count(*) FROM events").fetchone()
        return int(count)

    def settled(self) -> dict[str, int]:
        """Wait until what was started has ended everywhere; how many facts each service has recorded by then."""
        seen: list[dict[str, int]] = [{}]

        def again() -> bool:
            seen.append({service: self.facts(service) for service in SERVICES})
            time.sleep(QUIET)
            return seen[-1] == seen[-2]

        wait_for("no more facts", again)
        return seen[-1]


@contextmanager
def running_stack(directory: Path) -> Iterator[Stack]:
    """A whole Guichet that keeps its data under `directory`, ended whatever happens."""
    started = Stack(directory / "var")
    try:
        yield started.start()
    finally:
        started.close()
