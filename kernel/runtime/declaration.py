"""What a service is made of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter

from kernel.aggregate import Aggregate
from kernel.events import Event
from kernel.projection import Projection
from kernel.reactor import Reactor
from kernel.settings import ServiceSettings

if TYPE_CHECKING:
    from kernel.runtime.runtime import Runtime


@dataclass(frozen=True)
class Worker:
    """A loop that lives as long as the process; started again when it fails.

    One process of the service runs it at a time, unless `everywhere`: it shares its work by claims then.
    """

    name: str
    run: Callable[[Runtime], Awaitable[None]]
    everywhere: bool = False


@dataclass(frozen=True)
class Service:
    """The declaration of a service.

    `state_ddl`: its own durable tables. `ports`: builds its adapters by the port's type. `starting`: runs once before
    it answers. `entitled`: which reader of its feed sees the sealed values of which facts; nobody else does.
    """

    name: str
    settings: type[ServiceSettings]
    aggregates: Sequence[Aggregate[Any, Any]]
    routers: Sequence[APIRouter]
    projections: Sequence[Projection] = ()
    reactors: Sequence[Reactor[Runtime]] = ()
    workers: Sequence[Worker] = ()
    state_ddl: str = ""
    ports: Callable[[Any], Mapping[type, object]] = field(default=lambda settings: {})
    starting: Callable[[Runtime], Awaitable[None]] | None = None
    entitled: Mapping[str, Sequence[type[Event]]] = field(default_factory=dict)
