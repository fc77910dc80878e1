"""Whether the gateway lives, and whether the portal can serve: `/livez`, `/readyz`, `/metrics`."""

from __future__ import annotations

import asyncio
import ipaddress
import time
from collections.abc import Callable
from typing import Final

from aiohttp import ClientTimeout
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import JSONResponse, Response

from gateway.refusals import Refusal, not_found
from gateway.routes import SERVICES
from gateway.upstream import Upstream
from gateway.visits import Visit
from kernel.telemetry import Metrics

PATIENCE: Final = ClientTimeout(total=2)
KEPT: Final = 1.0  # seconds a verdict stands: a probe must not become a load


class Health:
    """`bus` tells whether NATS is connected; None when this installation has no bus."""

    def __init__(
        self,
        upstream: Upstream,
        bus: Callable[[], bool] | None,
        metrics: Metrics,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._upstream, self._bus, self._metrics, self._monotonic = upstream, bus, metrics, monotonic
        self._components: dict[str, bool] = {}
        self._looked_at = float("-inf")
        self._looking = asyncio.Lock()

    async def livez(self, visit: Visit) -> Response:
        """The process answers."""
        return JSONResponse({"status": "ok"})

    async def readyz(self, visit: Visit) -> Response:
        """200 once every service is ready and the bus is connected, else 503; the body says which is not."""
        async with self._looking:
            if self._monotonic() - self._looked_at > KEPT:
                self._components = await self._look()
                self._looked_at = self._monotonic()
        ready = all(self._components.values())
        body = {
            "status": "ok" if ready else "starting",
            "components": {name: "ok" if up else "down" for name, up in self._components.items()},
        }
        return JSONResponse(body, 200 if ready else 503, {} if ready else {"Retry-After": "2"})

    async def metrics(self, visit: Visit) -> Response:
        """Prometheus text format, for those inside. Raises Refusal 404 for everybody else."""
        forwarded = b"x-forwarded-for" in visit.head.headers or b"forwarded" in visit.head.headers
        if forwarded or not _inside(visit.head.peer):
            raise not_found()
        return Response(generate_latest(self._metrics.registry), media_type=CONTENT_TYPE_LATEST)

    async def _look(self) -> dict[str, bool]:
        found = await asyncio.gather(*(self._is_ready(service) for service in SERVICES))
        components = dict(zip(SERVICES, found, strict=True))
        return components if self._bus is None else components | {"nats": self._bus()}

    async def _is_ready(self, service: str) -> bool:
        try:
            answer = await self._upstream.ask(service, "GET", "/readyz", {}, timeout=PATIENCE)
        except Refusal:
            return False
        return answer.status == 200


def _inside(ip: str) -> bool:
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return False
    return address.is_loopback or address.is_private
