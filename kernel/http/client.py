"""Calls from one service to another: httpx over the aiohttp transport, a fresh signed token each, French problems."""

from __future__ import annotations

from typing import Any

import httpx
from httpx_aiohttp import AiohttpTransport

from kernel.cloudevents import from_cloudevent
from kernel.envelope import Recorded
from kernel.errors import unavailable
from kernel.feed import LONG_POLL, FeedPage
from kernel.http.tokens import Signer
from kernel.telemetry import correlation

POSITION = "Guichet-Feed-Position"
STORE = "Guichet-Store"


def http_client() -> httpx.AsyncClient:
    """The process's one client. Redirects are never followed."""
    return httpx.AsyncClient(
        transport=AiohttpTransport(), timeout=httpx.Timeout(5.0, read=LONG_POLL + 10), follow_redirects=False
    )


class Peer:
    """Another service. Every method raises `Refused(unavailable)` when it does not answer as expected."""

    def __init__(self, name: str, url: str, client: httpx.AsyncClient, signer: Signer) -> None:
        self.name, self._url, self._client, self._signer = name, url, client, signer

    async def get(self, path: str, **params: str | int | float) -> dict[str, Any] | None:
        """A JSON object, or None when the peer answers 404."""
        response = await self._call("GET", path, "read", params=params)
        if response.status_code == 404:
            return None
        return _json(response)

    async def post(self, path: str, body: dict[str, Any]) -> dict[str, Any] | None:
        """Post a JSON object; its answer, or None on 404."""
        response = await self._call("POST", path, "read", json=body)
        if response.status_code == 404:
            return None
        return _json(response)

    async def feed(self, after: int, wait: float) -> FeedPage:
        """The peer's public facts after a position."""
        response = await self._call("GET", "/feed", "feed", params={"after": after, "wait": wait})
        events = _list(response)
        return FeedPage(
            [from_cloudevent(event) for event in events],
            int(response.headers[POSITION]),
            response.headers[STORE],
        )

    async def fact(self, stream: str, version: int) -> Recorded | None:
        """One public fact again."""
        response = await self._call("GET", "/feed", "feed", params={"stream": stream, "version": version})
        events = _list(response)
        return from_cloudevent(events[0]) if events else None

    async def _call(self, method: str, path: str, purpose: str, **arguments: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self._signer.mint_service(self.name, purpose)}"}
        if identifier := correlation.get():
            headers["X-Request-Id"] = identifier
        try:
            return await self._client.request(method, f"{self._url}{path}", headers=headers, **arguments)
        except (httpx.HTTPError, OSError) as error:
            raise unavailable() from error


def _json(response: httpx.Response) -> dict[str, Any]:
    if response.status_code >= 300:
        raise unavailable()
    body: dict[str, Any] = response.json()
    return body


def _list(response: httpx.Response) -> list[dict[str, Any]]:
    if response.status_code >= 300:
        raise unavailable()
    body: list[dict[str, Any]] = response.json()
    return body
