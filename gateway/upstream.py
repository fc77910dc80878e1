"""Asking a service: one connection pool each, so that one that hangs takes nothing from the others.

aiohttp and not httpx here: this is the hot path. No redirect is followed, no cookie is kept, nothing is
decompressed, and the hosts are a fixed table: no address of a client ever gets here.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector
from pydantic_core import from_json
from yarl import URL

from gateway.refusals import Refusal, unavailable

log = logging.getLogger(__name__)

BUFFERED: Final = 262_144  # bytes: a longer or unsized answer is streamed
CONNECTIONS: Final = 256  # per service
_AUTOMATIC: Final = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")

PATIENCE: Final = 8.0  # seconds until an answer begins: nobody is kept waiting by a service that hangs
SHORT: Final = ClientTimeout(total=PATIENCE, connect=2)
LONG: Final = ClientTimeout(total=None, connect=2, sock_read=90)


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer. Header names are found in any case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body. Raises Refusal 503 when it is no JSON: what we stand on is broken, not the request."""
        try:
            return from_json(self.body)
        except ValueError:
            raise unavailable() from None


class Upstream:
    """The services by name. `start` and `close` frame its life."""

    def __init__(self, urls: Mapping[str, str]) -> None:
        self._urls = dict(urls)
        self._sessions: dict[str, ClientSession] = {}

    async def start(self) -> None:
        """Make the connection pools; connects to nothing yet."""
        for service in self._urls:
            self._sessions[service] = ClientSession(
                connector=TCPConnector(limit=CONNECTIONS, keepalive_timeout=30, use_dns_cache=True),
                cookie_jar=DummyCookieJar(),
                auto_decompress=False,
                skip_auto_headers=_AUTOMATIC,
                timeout=SHORT,
            )

    async def close(self) -> None:
        """Close every connection."""
        await asyncio.gather(*(session.close() for session in self._sessions.values()))

    async def open(
        self,
        service: str,
        method: str,
        target: str,
        headers: Mapping[str, str],
        data: bytes | AsyncIterator[bytes] | None = None,
        *,
        timeout: ClientTimeout = SHORT,
    ) -> ClientResponse:
        """The answer's head; its body is read, then released, by the caller. `target` is quoted already.

        Raises Refusal 503 when the service does not answer in time; a body that streams in takes its own time.
        """
        url = URL(self._urls[service] + target, encoded=True)
        patience = PATIENCE if data is None or isinstance(data, bytes) else None
        try:
            async with asyncio.timeout(patience):
                return await self._sessions[service].request(
                    method, url, headers=headers, data=data, allow_redirects=False, timeout=timeout
                )
        except (ClientError, TimeoutError, OSError) as error:
            raise self.failed(service, error) from error

    async def ask(
        self,
        service: str,
        method: str,
        target: str,
        headers: Mapping[str, str],
        data: bytes | None = None,
        *,
        timeout: ClientTimeout = SHORT,
    ) -> Answer:
        """A whole answer. Raises Refusal 503."""
        response = await self.open(service, method, target, headers, data, timeout=timeout)
        async with response:
            try:
                body = await response.read()
            except (ClientError, TimeoutError, OSError) as error:
                raise self.failed(service, error) from error
            return Answer(response.status, response.headers, body)

    def failed(self, service: str, error: BaseException) -> Refusal:
        """The refusal that a failed exchange becomes, logged by its kind alone."""
        log.warning("%s does not answer: %s", service, type(error).__name__)
        return unavailable()


def wire_path(path: str) -> str:
    """A decoded path, quoted for the request line (RFC 3986 §3.3)."""
    return quote(path, safe="/:@!$&'()*+,;=-._~")
