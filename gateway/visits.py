"""One request on its way through the gateway: what it asks, who asks, its body, and its answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any, Final

from gateway.callers import Caller
from gateway.headers import AnswerHeaders
from gateway.heads import Head
from gateway.matching import Match
from gateway.refusals import ClientGone, Refusal, too_large

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

PATIENCE: Final = 20.0  # seconds to send a small body


class Reply:
    """ASGI `send`, with what every answer carries: the request id, the security headers, the cookies."""

    def __init__(self, send: Send, headers: AnswerHeaders, request_id: str) -> None:
        self._send, self._headers, self._request_id = send, headers, request_id
        self._cookies: dict[str, str] = {}
        self.route = "unmatched"
        self.personal = False
        self.status = 0  # until the answer begins
        self.caller: Caller | None = None  # once he was recognised
        self.stale_since: str | None = None  # RFC 3339: what the answer shows may be no younger

    def set_cookies(self, *cookies: str) -> None:
        """Set-Cookie values for the answer; of two for one cookie the later counts."""
        self._cookies.update((cookie.partition("=")[0], cookie) for cookie in cookies)

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            given = list(message["headers"])
            given += ((b"set-cookie", cookie.encode("latin-1")) for cookie in self._cookies.values())
            headers = self._headers.complete(given, self._request_id, personal=self.personal)
            message = {**message, "headers": headers}
        await self._send(message)


class Body:
    """A request's body, never more than `limit` bytes of it."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive, self._limit = receive, limit
        self._size = 0
        self.failure: Refusal | ClientGone | None = None

    async def read(self) -> bytes:
        """The whole body. Raises Refusal 413 over the limit, 408 when it takes too long, ClientGone."""
        parts: list[bytes] = []
        try:
            async with asyncio.timeout(PATIENCE):
                async for part in self.chunks():
                    parts.append(part)
        except TimeoutError:
            detail = "L'envoi a pris trop de temps. Recommencez."
            raise Refusal(408, "request-timeout", detail, title="Envoi trop lent") from None
        return parts[0] if len(parts) == 1 else b"".join(parts)

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it comes. What it raises is kept in `failure` too."""
        more = True
        while more:
            message = await self._next()
            more = message.get("more_body", False)
            if part := message.get("body", b""):
                yield part

    async def receive(self) -> Message:
        """ASGI `receive` for code that reads the body itself, within the limit."""
        return await self._next()

    async def wait_for_departure(self) -> None:
        """Return when the client is gone; what it still sends is thrown away."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def _next(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self.failure = ClientGone()
            raise self.failure
        self._size += len(message.get("body", b""))
        if self._size > self._limit:
            self.failure = too_large(self._limit)
            raise self.failure
        return message


@dataclass(slots=True)
class Visit:
    """A request that was let in."""

    head: Head
    match: Match
    caller: Caller
    body: Body
    reply: Reply
