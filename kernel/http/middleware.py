"""Around every request: its id, its figures, one log line."""

from __future__ import annotations

import logging
import re
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kernel.ids import random_uuid
from kernel.telemetry import Metrics, correlation

_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
QUIET = frozenset({"/livez", "/readyz", "/metrics", "/feed"})
log = logging.getLogger("guichet.access")


def correlation_id(given: str) -> str:
    """`given` when it is a well-formed request id, else a new one."""
    return given if _ID.fullmatch(given) else random_uuid().hex


class Observed:
    """Counts and times answers, and puts `X-Request-Id`, `Guichet-Stale` and `Guichet-As-Of` on them."""

    def __init__(self, app: ASGIApp, metrics: Metrics | None = None) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"x-request-id"), "")
        identifier = correlation_id(given)
        state = scope.setdefault("state", {})
        state["correlation"] = identifier
        token = correlation.set(identifier)
        started, status = time.perf_counter(), 500

        async def observed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = [*message.get("headers", ()), (b"x-request-id", identifier.encode())]
                if as_of := state.get("stale"):
                    headers += ((b"guichet-stale", b"true"), (b"guichet-as-of", as_of.encode()))
                message = {**message, "headers": headers}
            await send(message)

        try:
            await self.app(scope, receive, observed)
        finally:
            self._count(scope, status, time.perf_counter() - started)
            correlation.reset(token)

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "unmatched")
        method = scope["method"] if scope["method"] in METHODS else "other"
        metrics: Metrics | None = self.metrics or _metrics_of(scope)
        if metrics is not None:
            metrics.requests.labels(route, method, status).inc()
            metrics.seconds.labels(route).observe(seconds)
        if route not in QUIET:
            log.info("%s %s %d %.1f ms", method, route, status, seconds * 1000)


def _metrics_of(scope: Scope) -> Metrics | None:
    runtime = getattr(getattr(scope.get("app"), "state", None), "runtime", None)
    return getattr(runtime, "metrics", None)
