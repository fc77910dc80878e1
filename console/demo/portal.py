"""The public API and the development mailbox, as any client would call them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

PATIENCE = 30.0


class Unexpected(Exception):
    """Guichet did not answer what the story needs; the message says what it answered."""


@dataclass(frozen=True)
class Answer:
    """An answer of the API."""

    status: int
    body: Any
    content: bytes
    headers: Mapping[str, str]
    seconds: float


class Portal:
    """The gateway, called without a credential or with a session's token."""

    def __init__(self, url: str, token: str | None = None, client: httpx.Client | None = None) -> None:
        self.url = url
        self.client = client or httpx.Client(base_url=url, timeout=PATIENCE)
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def signed_in(self, token: str) -> Portal:
        """The same portal for somebody who has signed in."""
        return Portal(self.url, token, self.client)

    def call(self, method: str, path: str, *, expect: int | tuple[int, ...] = 200, **arguments: Any) -> Answer:
        """One call. Raises Unexpected when the status is another one."""
        headers = self._headers | dict(arguments.pop("headers", {}))
        # A cookie of another person's sign-in must never travel along.
        self.client.cookies.clear()
        started = time.perf_counter()
        response = self.client.request(method, path, headers=headers, **arguments)
        seconds = time.perf_counter() - started
        media = response.headers.get("content-type", "")
        body = response.json() if "json" in media and "ndjson" not in media else None
        if response.status_code not in (expect if isinstance(expect, tuple) else (expect,)):
            said = body.get("detail") if isinstance(body, dict) else response.text[:200]
            raise Unexpected(f"{method} {path} : {response.status_code} au lieu de {expect} ({said})")
        return Answer(response.status_code, body, response.content, response.headers, seconds)

    def get(self, path: str, **arguments: Any) -> Any:
        """The JSON of a resource."""
        return self.call("GET", path, **arguments).body

    def post(self, path: str, body: Any = None, *, expect: int = 200, **arguments: Any) -> Any:
        """The JSON answered to a command."""
        return self.call("POST", path, json=body, expect=expect, **arguments).body


@dataclass(frozen=True)
class Mail:
    """A mail that arrived."""

    id: str
    subject: str
    text: str


class Mailbox:
    """The development mailbox."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=url, timeout=PATIENCE)
        self._seen: set[str] = set()

    def wait(self, to: str, matching: Callable[[Mail], bool]) -> Mail:
        """The first unread mail to `to` that matches. Raises Unexpected after half a minute."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            for item in reversed(self._client.get("/api/messages", params={"to": to}).json()["items"]):
                if item["id"] in self._seen:
                    continue
                text = self._client.get(f"/api/messages/{item['id']}").json()["text"]
                mail = Mail(str(item["id"]), item["subject"], text)
                if matching(mail):
                    self._seen.add(mail.id)
                    return mail
            time.sleep(0.05)
        raise Unexpected(f"aucun courrier attendu n'est arrivé pour {to}")
