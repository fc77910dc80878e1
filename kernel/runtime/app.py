"""The HTTP application of a service."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from kernel.http import audit, operations, problems
from kernel.http.middleware import Observed
from kernel.runtime.assembly import running
from kernel.runtime.declaration import Service
from kernel.runtime.runtime import Runtime
from kernel.settings import ServiceSettings


def application(service: Service, runtime: Runtime | None = None, settings: ServiceSettings | None = None) -> FastAPI:
    """The service over HTTP: its own routes and the doors all services have.

    It starts the runtime by itself from `settings`, unless one is handed in. With neither it can describe its routes
    and nothing else.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        if runtime is not None:
            app.state.runtime = runtime
            yield
        else:
            async with running(service, settings or service.settings()) as started:
                app.state.runtime = started
                yield

    app = FastAPI(
        title=f"Guichet, service {service.name}",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    if runtime is not None:
        app.state.runtime = runtime
    problems.install(app)
    for router in (operations.router, audit.router, *service.routers):
        app.include_router(router)
    app.add_middleware(Observed)
    return app
