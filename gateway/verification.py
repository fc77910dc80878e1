"""Asking identity whose token it is."""

from __future__ import annotations

from typing import Final

from aiohttp import ClientTimeout
from pydantic_core import to_json

from gateway.passes import Passes
from gateway.refusals import unavailable
from gateway.sessions import Verdict, read_verdict
from gateway.upstream import Upstream
from kernel.telemetry import correlation

PATH: Final = "/internal/sessions/verify"
PURPOSE: Final = "read"
PATIENCE: Final = ClientTimeout(total=4, connect=2)  # everything waits for this one


class Verification:
    """The `Verify` of `gateway.sessions`, over HTTP."""

    def __init__(self, upstream: Upstream, passes: Passes) -> None:
        self._upstream, self._passes = upstream, passes

    async def __call__(self, token: str) -> Verdict | None:
        """Who holds a token; None for nobody. Raises Refusal 503 when identity cannot tell."""
        headers = {
            "Authorization": self._passes.for_gateway("identity", PURPOSE),
            "Content-Type": "application/json",
            "X-Request-Id": correlation.get(),
        }
        answer = await self._upstream.ask(
            "identity", "POST", PATH, headers, to_json({"token": token}), timeout=PATIENCE
        )
        if answer.status == 404:
            return None
        if answer.status != 200:
            raise unavailable()
        return read_verdict(answer.json())
