"""The composition root of the gateway: `python -m gateway.main`."""

from __future__ import annotations

import gc
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

import uvicorn
from starlette.types import Scope

from gateway.callers import Callers
from gateway.contract.publication import Publication
from gateway.cookies import Cookies
from gateway.crossing import Crossing
from gateway.csrf import Csrf
from gateway.door import Door
from gateway.errands import Errands
from gateway.export import Export
from gateway.federation import Federation
from gateway.federation_doors import FederationDoors
from gateway.headers import AnswerHeaders
from gateway.health import Health
from gateway.limits import ClientAddresses, Limits
from gateway.live import SOURCES, Live
from gateway.live_stream import LiveStream
from gateway.matching import Table
from gateway.pages.house import Handler, House
from gateway.pages.rooms import ROOMS
from gateway.pages.site import Site
from gateway.passes import Passes
from gateway.positions import Positions
from gateway.protocol import BoundedProtocol
from gateway.proxy import Proxy
from gateway.routes import SERVICES
from gateway.sessions import CLOSED_SUBJECT, Sessions
from gateway.settings import GatewaySettings
from gateway.table import ROUTES
from gateway.theme import load
from gateway.upstream import Upstream
from gateway.verification import Verification
from gateway.views import Views
from gateway.visits import Receive, Send
from kernel.bus import NatsBus
from kernel.http.tokens import Signer
from kernel.keys import derive
from kernel.telemetry import Metrics, start_logging

NEVER_STARTED: Final = 3  # exit status, as uvicorn's own command


class Gateway:
    """The ASGI application: a door, and what must be opened before it and closed after it."""

    def __init__(self, settings: GatewaySettings) -> None:
        cookies = Cookies(secure=settings.secure)
        csrf = Csrf(settings.origin, derive(settings.secret_bytes, "form tokens"))
        passes = Passes(Signer("gateway", settings.signing_key.get_secret_value()), settings.secret_bytes)
        headers = AnswerHeaders(secure=settings.secure, form_targets=settings.providers.values())
        metrics, table = Metrics(), Table(ROUTES)
        limits = Limits(overall=settings.limit_overall)
        self.upstream = Upstream({name: settings.peer_url(name) for name in SERVICES})
        self.sessions = Sessions(Verification(self.upstream, passes))
        self.bus = _bus(settings, self.sessions)
        positions, self.live = Positions(cookies), Live()
        crossing = Crossing(passes, positions, cookies, self.sessions)
        errands = Errands(table, limits, crossing, self.upstream)
        stream = LiveStream(self.live, errands, self.sessions, positions, connected=self.bus is not None)
        if self.bus is not None:
            self.bus.on_message(CLOSED_SUBJECT, stream.on_closed)
        federation = Federation(errands, cookies, settings.providers)
        done = {code: said for room in ROOMS for code, said in room.done.items()}
        site = Site(cookies, csrf, load(settings.theme), done, offers=frozenset(settings.providers))
        health = Health(self.upstream, None if self.bus is None else self._bus_is_up, metrics)
        self.door = Door(
            table=table,
            callers=Callers(self.sessions, cookies, csrf, ClientAddresses(settings.trusted_proxies.split(","))),
            limits=limits,
            proxy=Proxy(self.upstream, crossing),
            handlers=_handlers(House(site, errands, federation), health, stream),
            error_page=site.refusal,
            cookies=cookies,
            headers=headers,
            metrics=metrics,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            await self.door(scope, receive, send)

    def _bus_is_up(self) -> bool:
        return self.bus is not None and self.bus.connected

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await self.upstream.start()
        if self.bus is not None:
            self.live.start((source, self.bus.listen(source)) for source in SOURCES)
            self.bus.start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self.live.stop()
        if self.bus is not None:
            await self.bus.close()
        await self.upstream.close()
        await send({"type": "lifespan.shutdown.complete"})


def _bus(settings: GatewaySettings, sessions: Sessions) -> NatsBus | None:
    if settings.nats_url is None:
        return None
    seed = settings.nats_seed.get_secret_value() if settings.nats_seed else None
    bus = NatsBus("gateway", settings.nats_url, seed)
    bus.on_message(CLOSED_SUBJECT, sessions.on_closed)
    return bus


def _handlers(house: House, health: Health, stream: LiveStream) -> Mapping[tuple[str, str], Handler]:
    """What answers each line of the table that leads nowhere else."""
    site, errands = house.site, house.errands
    views, publication = Views(errands), Publication(site)
    pages = [FederationDoors(site, house.federation).handlers(), *(room.handlers(house) for room in ROOMS)]
    return {
        ("GET", "/api/me"): views.me,
        ("GET", "/api/me/export"): Export(errands).me,
        ("GET", "/api/audit/demandes/{id}/timeline"): views.timeline,
        ("GET", "/api/openapi.json"): publication.openapi,
        ("GET", "/api/asyncapi.json"): publication.asyncapi,
        ("GET", "/api/docs"): publication.documentation,
        ("GET", "/static/{file}"): site.asset,
        ("GET", "/api/demandes/{id}/live"): stream.show,
        ("GET", "/livez"): health.livez,
        ("GET", "/readyz"): health.readyz,
        ("GET", "/metrics"): health.metrics,
    } | {line: handler for handlers in pages for line, handler in handlers.items()}


class _Server(uvicorn.Server):
    """uvicorn waits for answers under way: those that never end must be told to."""

    def __init__(self, config: uvicorn.Config, live: Live) -> None:
        super().__init__(config)
        self._following = live

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._following.stop()
        await super().shutdown(sockets)


def serve(settings: GatewaySettings) -> None:
    """Serve until SIGTERM or SIGINT; requests under way are finished first."""
    host, port = settings.address
    gateway = Gateway(settings)
    # What start-up built lives for ever, and a request leaves hardly a cycle: a tenth of the processor time.
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    config = uvicorn.Config(
        gateway,
        host=host,
        port=port,
        http=BoundedProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        # X-Forwarded-For is ours to judge: uvicorn would believe any local peer.
        proxy_headers=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=5,
    )
    server = _Server(config, gateway.live)
    with suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(NEVER_STARTED)


def main() -> None:
    """The process's entry."""
    start_logging("gateway")
    serve(GatewaySettings())


if __name__ == "__main__":
    main()
