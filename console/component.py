"""What the supervisor needs to know of one process."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path


class Stage(IntEnum):
    """Stopping goes down this list: nothing loses a server that it still talks to."""

    GATEWAY = 0
    SERVICE = 1
    SERVER = 2


@dataclass(frozen=True)
class Component:
    """One process of an installation.

    `ready` is asked again and again after each start until it says yes; it may finish setting the component up.
    `patience` is how long, in seconds, it may take to stop before it is killed. `litter` are files that
    it leaves outside the data directory.
    """

    name: str
    stage: Stage
    argv: list[str]
    environment: Mapping[str, str]
    ready: Callable[[], Awaitable[bool]]
    folder: Path | None = None
    patience: float = 10.0
    litter: tuple[Path, ...] = field(default=())
