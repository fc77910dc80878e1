"""Calls from one service to another: httpx over the aiohttp transport, a fresh signed token each, French problems."""

from __future__ import annotations

from typing import Any

import httpx
from httpx_aiohttp import AiohttpTransport

from kernel.cloudevents import from_cloudevent
from kernel.envelope import Recorded
from kernel.errors import unavailable
from kernel.feed import LONG_POLL, EpochChanged, FeedPage
from kernel.http.tokens import Signer
from kernel.telemetry import correlation

POSITION = "Guichet-Feed-Position"
STORE = "Guichet-Store"


PATIENCE = 3.0


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
        return _object(response)

    async def post(self, path: str, body: dict[str, Any]) -> dict[str, Any] | None:
        """Post a JSON object; its answer, or None on 404."""
        response = await self._call("POST", path, "read", json=body)
        if response.status_code == 404:
            return None
        return _object(response)

    async def feed(self, after: int, wait: float) -> FeedPage:
        """The peer's public facts after a position. Raises EpochChanged when its log ends before that."""
        response = await self._call("GET", "/feed", "feed", params={"after": after, "wait": wait})
        if response.status_code == 409:
            raise EpochChanged(f"the log of {self.name} ends before position {after}")
        facts = _facts(response)
        try:
            return FeedPage(facts, int(response.headers[POSITION]), response.headers[STORE])
        except (KeyError, ValueError):
            raise unavailable() from None

    async def fact(self, stream: str, version: int) -> Recorded | None:
        """One public fact again."""
        response = await self._call("GET", "/feed", "feed", params={"stream": stream, "version": version})
        facts = _facts(response)
        return facts[0] if facts else None

    async def _call(self, method: str, path: str, purpose: str, **arguments: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self._signer.mint_service(self.name, purpose)}"}
        if identifier := correlation.get():
            headers["X-Request-Id"] = identifier
        try:
            patience = httpx.USE_CLIENT_DEFAULT if purpose == "feed" else httpx.Timeout(PATIENCE)
            return await self._client.request(
                method, f"{self._url}{path}", headers=headers, timeout=patience, **arguments
            )
        except (httpx.HTTPError, OSError) as error:
            raise unavailable() from error


def _json(response: httpx.Response) -> Any:
    if response.status_code >= 300:
        raise unavailable()
    try:
        return response.json()
    except ValueError:
        raise unavailable() from None


def _object(response: httpx.Response) -> dict[str, Any]:
    body = _json(response)
    if not isinstance(body, dict):
        raise unavailable()
    return body


def _facts(response: httpx.Response) -> list[Recorded]:
    try:
        return [from_cloudevent(event) for event in _json(response)]
    except (LookupError, ValueError, TypeError, AttributeError):
        raise unavailable() from None
