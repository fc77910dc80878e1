"""uvicorn's HTTP protocol with bounds on what comes before our code: the head of a request.

Without them one connection could send headers for ever, or never finish its request line.
"""

from __future__ import annotations

import asyncio
from typing import Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from gateway.headers import AnswerHeaders
from gateway.heads import MAX_HEADERS, MAX_URI, headers_too_large, new_request_id
from gateway.refusals import Refusal, malformed
from kernel.http.problems import problem

HEAD_PATIENCE: Final = 15.0  # seconds for a whole head to arrive
# What may come before the end of a head: it, and the start of a body in the same packet.
_MAX_HEAD: Final = MAX_HEADERS + MAX_URI + 1024


class BoundedProtocol(HttpToolsProtocol):
    """Cuts a head that is too long (431) or too slow, and says what is no HTTP in our own words (400)."""

    _head_size = 0
    _in_head = True
    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._in_head:
            self._head_size += len(data)
        super().data_received(data)
        if self._in_head and self._head_size > _MAX_HEAD and not self.transport.is_closing():
            self._refuse(headers_too_large())

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if not self._in_head:
            self._head_size = 0
            self._in_head = True
            self._await_head()

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._stop_timer()
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        self._refuse(malformed("La requête n'est pas un message HTTP valide."))

    def _await_head(self) -> None:
        self._head_timer = self.loop.call_later(HEAD_PATIENCE, self.transport.close)

    def _stop_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _refuse(self, refusal: Refusal) -> None:
        answer = problem(refusal.status, refusal.slug, refusal.detail, title=refusal.title)
        headers = AnswerHeaders(secure=False).complete(
            [*answer.raw_headers, (b"connection", b"close")], new_request_id(), personal=True
        )
        lines = [STATUS_LINE[refusal.status], *(name + b": " + value + b"\r\n" for name, value in headers)]
        self.transport.write(b"".join([*lines, b"\r\n", bytes(answer.body)]))
        self.transport.close()
