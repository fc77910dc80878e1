"""A service as a process."""

from __future__ import annotations

import gc
import socket

import uvicorn
from fastapi import FastAPI

from kernel.runtime.app import application
from kernel.runtime.declaration import Service
from kernel.telemetry import start_logging


def serve(service: Service) -> None:
    """Serve until SIGTERM or SIGINT; requests under way are finished first."""
    start_logging(service.name)
    spare_the_collector()
    settings = service.settings()
    host, port = settings.address
    app = application(service, settings=settings)
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=5,
    )
    _Server(config, app).run()


def spare_the_collector() -> None:
    """Facts hold no cycles, and there are many of them: looking for cycles takes half of the time of a replay."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


class _Server(uvicorn.Server):
    """Ends the long polls of followers first: a stop would wait for them otherwise."""

    def __init__(self, config: uvicorn.Config, app: FastAPI) -> None:
        super().__init__(config)
        self._app = app

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._app.state.runtime.stopping.set()
        await super().shutdown(sockets)
