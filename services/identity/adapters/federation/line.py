"""Talking to a provider: its own origin and no other, no redirect, little time, small answers."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

import httpx

log = logging.getLogger(__name__)

LARGEST = 131_072  # bytes of one answer
PATIENCE = 5.0  # seconds for everything that one step of a sign-in asks: the gateway waits for eight
CONNECT = 2.0


class Silent(Exception):
    """The provider does not answer, or not as it should; nothing is known of the person. The text is for logs."""


@dataclass(frozen=True, slots=True)
class Said:
    """An answer."""

    status: int
    media_type: str
    body: bytes


class Line:
    """Calls to one origin, for the length of one step."""

    def __init__(self, client: httpx.AsyncClient, issuer: str) -> None:
        self._client, self._origin = client, origin_of(issuer)

    async def get(self, url: str, *, bearer: str = "", accept: str = "application/json") -> Said:
        """Raises Silent."""
        headers = {"Accept": accept} | ({"Authorization": f"Bearer {bearer}"} if bearer else {})
        return await self._ask("GET", url, headers)

    async def post(self, url: str, form: Mapping[str, str]) -> Said:
        """Raises Silent."""
        return await self._ask("POST", url, {"Accept": "application/json"}, form)

    async def _ask(
        self, method: str, url: str, headers: Mapping[str, str], form: Mapping[str, str] | None = None
    ) -> Said:
        if origin_of(url) != self._origin:
            raise Silent("an endpoint of another origin")
        try:
            async with self._client.stream(method, url, headers=headers, data=form) as answer:
                if "content-encoding" in answer.headers:
                    raise Silent("a compressed answer, which nobody asked for")
                body = b""
                async for part in answer.aiter_raw():
                    body += part
                    if len(body) > LARGEST:
                        raise Silent("too long an answer")
        except (httpx.HTTPError, OSError, ssl.SSLError) as error:
            raise Silent(type(error).__name__) from error
        media_type = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        return Said(answer.status_code, media_type, body)


@asynccontextmanager
async def line_to(issuer: str) -> AsyncIterator[Line]:
    """A line, for `PATIENCE` seconds in all. Raises Silent when they are over.

    An outgoing proxy is that of the environment (HTTPS_PROXY), never for a provider on loopback.
    """
    secure = issuer.startswith("https://")
    try:
        async with (
            asyncio.timeout(PATIENCE),
            httpx.AsyncClient(
                verify=_trusted() if secure else False,
                trust_env=secure,
                follow_redirects=False,
                timeout=httpx.Timeout(PATIENCE, connect=CONNECT),
                headers={"User-Agent": "Guichet", "Accept-Encoding": "identity"},
            ) as client,
        ):
            yield Line(client, issuer)
    except TimeoutError:
        raise Silent("too slow") from None


def origin_of(url: str) -> tuple[str, str | None, int | None]:
    """Scheme, host and port. A URL that is none has none that is ours."""
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname, parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    except ValueError:
        return "", None, None


@cache
def _trusted() -> ssl.SSLContext:
    return ssl.create_default_context()
