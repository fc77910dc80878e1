"""A service as a process."""

from __future__ import annotations

import uvicorn

from kernel.runtime.app import application
from kernel.runtime.declaration import Service
from kernel.telemetry import start_logging


def serve(service: Service) -> None:
    """Serve until SIGTERM or SIGINT; requests under way are finished first."""
    start_logging(service.name)
    settings = service.settings()
    host, port = settings.address
    uvicorn.run(
        application(service, settings=settings),
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=5,
    )
