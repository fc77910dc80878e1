"""The hot path: a request on its way to a service and the answer on its way back, bare ASGI.

Small bodies are read before the service is bothered, large ones stream through; so do long answers.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from aiohttp import ClientError, ClientResponse, ClientTimeout

from gateway.crossing import Crossing
from gateway.headers import Headers
from gateway.refusals import ClientGone, Refusal
from gateway.routes import SMALL
from gateway.upstream import BUFFERED, LONG, SHORT, Answer, Upstream, wire_path
from gateway.visits import Visit

# The second: once the whole file is there, what inspecting and storing it may take.
UPLOAD: Final = ClientTimeout(total=180, connect=2, sock_read=30)

# RFC 9110 §7.6.1, what the server says of itself, and what no service may set for a browser.
_DROPPED: Final = frozenset(
    {b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-connection", b"te", b"trailer"}
    | {b"transfer-encoding", b"upgrade", b"server", b"date", b"set-cookie", b"x-request-id"}
)


class Proxy:
    """Forwards visits to the services."""

    def __init__(self, upstream: Upstream, crossing: Crossing) -> None:
        self._upstream, self._crossing = upstream, crossing

    async def forward(self, visit: Visit) -> None:
        """Raises Refusal before the answer has begun, ClientGone when nobody waits for it."""
        head, route = visit.head, visit.match.route
        headers = self._crossing.inward(head, visit.caller, visit.match)
        timeout = LONG if route.streams else SHORT
        data: bytes | AsyncIterator[bytes] | None = None
        if head.has_body and route.body > SMALL:
            data, timeout = visit.body.chunks(), UPLOAD
        elif head.has_body:
            data = await visit.body.read()
            headers["Content-Length"] = str(len(data))
        method = "GET" if head.method == "HEAD" else head.method
        try:
            response = await self._upstream.open(
                visit.match.service, method, _target(visit), headers, data, timeout=timeout
            )
        except Refusal as refusal:
            # A body that stopped on our side looks like a broken connection from there.
            raise visit.body.failure or refusal from None
        try:
            await self._relay(visit, response)
        finally:
            response.release()

    async def _relay(self, visit: Visit, response: ClientResponse) -> None:
        headers: Headers = [
            (lower, value) for name, value in response.raw_headers if (lower := name.lower()) not in _DROPPED
        ]
        length = 0 if response.status in (204, 304) else response.content_length
        if visit.head.method == "HEAD":
            response.close()
            body = b""
        elif length is not None and length <= BUFFERED:
            body = await self._whole(visit, response)
        else:
            self._note(visit, response, b"")
            await self._stream(visit, response, headers)
            return
        self._note(visit, response, body)
        await visit.reply({"type": "http.response.start", "status": response.status, "headers": headers})
        await visit.reply({"type": "http.response.body", "body": body})

    async def _whole(self, visit: Visit, response: ClientResponse) -> bytes:
        try:
            return await response.read()
        except (ClientError, TimeoutError, OSError) as error:
            raise self._upstream.failed(visit.match.service, error) from error

    async def _stream(self, visit: Visit, response: ClientResponse, headers: Headers) -> None:
        # The client may leave while the service is silent: closing our side then ends the wait.
        gone = asyncio.create_task(visit.body.wait_for_departure())
        gone.add_done_callback(lambda _: response.close())
        reply = visit.reply
        await reply({"type": "http.response.start", "status": response.status, "headers": headers})
        try:
            async for chunk in response.content.iter_any():
                await reply({"type": "http.response.body", "body": chunk, "more_body": True})
        except (ClientError, TimeoutError, OSError) as error:
            if gone.done():
                raise ClientGone from None
            raise self._upstream.failed(visit.match.service, error) from error
        finally:
            gone.cancel()
        await reply({"type": "http.response.body", "body": b""})

    def _note(self, visit: Visit, response: ClientResponse, body: bytes) -> None:
        answer = Answer(response.status, response.headers, body)
        visit.reply.set_cookies(*self._crossing.outward(visit.head, visit.caller, visit.match, answer))


def _target(visit: Visit) -> str:
    """The service's path and query, as they go on the wire."""
    path, query = visit.match.path, visit.head.query
    if b"%" in visit.head.raw_path:
        path = wire_path(path)
    return f"{path}?{query.decode('ascii')}" if query else path
